import { describe, expect, it } from 'vitest';
import { triggerCommand, type TriggerOptions } from '../../../src/commands/trigger/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

const parse = (...args: string[]): TriggerOptions => parseOptions(triggerCommand, args);

describe('the options of trigger', () => {
  it('have their defaults, and leave settings to the config', () => {
    expect(parse()).toEqual({
      list: false,
      set: [],
      validate: true,
      wire: 'compact',
      concurrency: 1,
      retry: false,
      speed: 1,
      probe: true,
      dryRun: false,
      header: [],
      insecure: false,
      secret: [],
      secretFile: [],
    });
  });

  it('are parsed', () => {
    const args =
      '--to 3000/hook --seed 42 --timestamp sample --wire decimal --tamper body --no-validate ' +
      '--expect-status 422 --count 5 --concurrency 2 --rate 1.5 --duration 2s --no-probe --timeout 1m';
    expect(parse(...args.split(' '))).toMatchObject({
      to: { value: new URL('http://localhost:3000/hook'), text: '3000/hook' },
      seed: 42,
      timestamp: 'sample',
      wire: 'decimal',
      tamper: 'body',
      validate: false,
      expectStatus: 422,
      count: 5,
      concurrency: 2,
      rate: 1.5,
      duration: 2000,
      probe: false,
      timeout: { value: 60_000, text: '1m' },
    });
  });

  it('count repeats', () => {
    expect(parse().duplicate).toBeUndefined();
    expect(parse('--duplicate').duplicate).toBe(1);
    expect(parse('--duplicate', '3').duplicate).toBe(3);
  });

  it.each([
    ['instant', 'instant'],
    ['60x', 60],
    ['0.5', 0.5],
  ])('take --speed %s', (text, speed) => {
    expect(parse('--retry', '--speed', text).speed).toBe(speed);
  });

  it('accumulate where they are repeatable', () => {
    const { set, header } = parse('--set', 'a=1', '--set', 'b.c=x', '-H', 'A: 1', '-H', 'B: 2');
    expect(set).toEqual([
      { path: ['a'], value: 1 },
      { path: ['b', 'c'], value: 'x' },
    ]);
    expect(header).toEqual([
      ['A', '1'],
      ['B', '2'],
    ]);
  });

  it.each([
    ['--to 1 --to 2', '--to is given twice'],
    ['--wire pretty --wire ascii', '--wire is given twice'],
    ['--duplicate --duplicate 2', '--duplicate is given twice'],
    ['--wire compct', 'expected compact, spaced, pretty, ascii, decimal or reordered'],
    ['--tamper bdy', 'got "bdy"'],
    ['--timestamp soon', '--timestamp: expected now, sample or a time'],
    ['--seed -1', '--seed: expected a whole number'],
    ['--duration 0', '--duration: expected a duration above 0'],
    ['--rate 5', '--rate needs --count or --duration'],
    ['--concurrency 2', '--concurrency needs --count or --duration'],
    ['--speed instant', '--speed needs --retry'],
    ['--retry-reading offsets', '--retry-reading needs --retry'],
    ['--retry --count 2', '--count and --retry exclude each other'],
    ['--dry-run --duration 2s', '--duration and --dry-run exclude each other'],
    ['--tamper body --retry', '--tamper and --retry exclude each other'],
    ['--data - --set a=1', '--data and --set exclude each other'],
    ['--data - --wire pretty', '--data and --wire exclude each other'],
    ['--to ftp://x', '--to: expected a URL or port'],
  ])('%s is refused', (args, message) => {
    expect(() => parse(...args.split(' '))).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });
});
