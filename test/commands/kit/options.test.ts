import type { Command, Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { defineBelow } from '../../../src/command-tree.ts';
import { createProgram } from '../../../src/program.ts';
import type { Context } from '../../../src/system/context.ts';

// Nothing of the world but the width of the terminal is asked for until a command runs.
const world = { stdout: { write: () => true }, env: {} } as unknown as Context;
const program = createProgram(world, () => undefined);
defineBelow(program);

/** Every option that takes a value, by command; the program's own are under `relyable`. */
function valueOptions(command: Command, path: string): [name: string, option: Option][] {
  return [
    ...command.options
      .filter(({ required, optional }) => required || optional)
      .map((option): [string, Option] => [`${path} ${option.long ?? ''}`, option]),
    ...command.commands.flatMap((child) => valueOptions(child, `${path} ${child.name()}`)),
  ];
}

/** Each option takes one of these, or one of its own words. */
const VALUES = [
  '1',
  '200',
  '429',
  '1s',
  '/a',
  'a',
  'now',
  '2026-01-01',
  'http://a',
  'https://a.example',
  'a=1',
  'test_run.failed=http://a',
];

/** A parser of ours, and a value that it takes. */
function parserOf(option: Option): { parse: (previous: unknown) => unknown; first: unknown } {
  const { parseArg, words } = option as Option & { words?: readonly string[] };
  if (parseArg === undefined) throw new Error('no parser');
  for (const value of [...(words ?? []), ...VALUES]) {
    try {
      const first = parseArg(value, undefined);
      return { parse: (previous) => parseArg(value, previous), first };
    } catch {
      // Of another kind.
    }
  }
  throw new Error('no value fits: add one to VALUES');
}

/** The number of values that an accumulating option has. */
function countOf(parsed: unknown): number | undefined {
  if (Array.isArray(parsed)) return parsed.length;
  const { value } = parsed as { value?: unknown };
  return Array.isArray(value) ? value.length : undefined;
}

// The short forms are made from the same declarations.
const options = valueOptions(program, 'relyable').filter(
  ([name]) =>
    !/^relyable (listen|inspect|trigger|verify|check|emulate|captures|logs|relay|recipe) /.test(
      name,
    ),
);

describe('an option given twice', () => {
  it.each(options)('%s accumulates or is refused', (_, option) => {
    const { parse, first } = parserOf(option);
    let second: unknown;
    try {
      second = parse(first);
    } catch (error) {
      expect((error as Error).message).toBe(`${option.long} is given twice; it takes one value`);
      return;
    }
    expect(countOf(second)).toBe(2 * (countOf(first) ?? 0));
    expect(option.description).toMatch(/repeat|accumulat|comma/);
  });
});
