import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { defineBelow } from '../../src/command-tree.ts';
import { createProgram } from '../../src/program.ts';
import type { Context } from '../../src/system/context.ts';
import { ROOT } from '../support/cli.ts';
import { runCli } from '../support/run-cli.ts';

const FOLDER = join(ROOT, 'fixtures', 'help');

/** Every command's words, e.g. `webhooks listen`; the program itself is the empty one. */
function commandPaths(command: Command, words: readonly string[]): Array<readonly string[]> {
  const visible = command.createHelp().visibleCommands(command);
  const below = visible
    .filter((child) => child.name() !== 'help')
    .flatMap((child) => commandPaths(child, [...words, child.name()]));
  return [words, ...below];
}

// Nothing of the world but the width of the terminal is asked for until a command runs.
const world = { stdout: { write: () => true }, env: {} } as unknown as Context;
const program = createProgram(world, () => undefined);
defineBelow(program);
const webhooks = program.commands.find((command) => command.name() === 'webhooks');
const webhookNames = new Set(webhooks?.commands.map((command) => command.name()));
/** `relyable listen` and its like have the same help as the whole form. */
const isShortForm = ([name = '']: readonly string[]): boolean => webhookNames.has(name);
const allPaths = commandPaths(program, []);
const paths = allPaths.filter((words) => !isShortForm(words));
const shortForms = allPaths.filter(isShortForm);
const fileOf = (words: readonly string[]): string => `${['relyable', ...words].join('-')}.txt`;

// After a change that is meant: npm run help:update.
it.each(paths.map((words) => [['relyable', ...words].join(' '), words] as const))(
  '%s --help is as pinned',
  async (_, words) => {
    const { code, stdout, stderr } = await runCli([...words, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot(join(FOLDER, fileOf(words)));
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
    const examples = stdout.match(/^ {2}\$ /gm) ?? [];
    expect(examples.length).toBeGreaterThanOrEqual(2);
    expect(examples.length).toBeLessThanOrEqual(4);
    expect(stdout).toContain('Exit codes:');
    const page = /^Page: (\S+) in this package\.$/m.exec(stdout)?.[1] ?? '';
    expect(existsSync(join(ROOT, page)), page).toBe(true);
  },
);

it('has a short form of every command of webhooks, but of two that print code', () => {
  const names = shortForms.filter(({ length }) => length === 1).flat();
  expect(names).toEqual([...webhookNames].filter((name) => name !== 'schema' && name !== 'code'));
});

it.each(shortForms.map((words) => [words.join(' '), words] as const))(
  'relyable %s is short for a command of webhooks',
  async (name, words) => {
    const short = await runCli([...words, '--help']);
    const whole = await runCli(['webhooks', ...words, '--help']);
    const renamed = (text: string): string =>
      text.replaceAll(`relyable webhooks ${name}`, `relyable ${name}`).replaceAll(/\\?\s+/g, ' ');
    expect(renamed(short.stdout)).toBe(renamed(whole.stdout));
  },
);

it.each([50, 60, 100, 120])('wraps at %i columns', async (columns) => {
  for (const words of allPaths) {
    const { stdout } = await runCli([...words, '--help'], { env: { COLUMNS: String(columns) } });
    const wide = stdout.split('\n').filter((line) => line.length > columns);
    expect(wide, words.join(' ')).toEqual([]);
  }
});

it('continues the command in an example so that it still runs as printed', async () => {
  const { stdout } = await runCli(['listen', '--help'], { env: { COLUMNS: '60' } });
  expect(stdout).toContain(
    '  $ export RELYABLE_WEBHOOK_SECRET="$(relyable webhooks \\\n      listen --print-secret)"\n',
  );
});

it('lists commands before options', async () => {
  const { stdout } = await runCli(['--help']);
  expect(stdout.indexOf('Commands:')).toBeLessThan(stdout.indexOf('Options:'));
});

it.each([
  ['help', '--help'],
  ['help init', 'init --help'],
  ['help wh listen', 'webhooks listen --help'],
  ['webhooks help', 'webhooks --help'],
  ['webhooks help captures show', 'webhooks captures show --help'],
])('%s is %s', async (help, flag) => {
  expect(await runCli(help.split(' '))).toEqual(await runCli(flag.split(' ')));
});

it('helps with no command that there is not', async () => {
  const { code, stderr } = await runCli(['help', 'innit']);
  expect(code).toBe(2);
  expect(stderr).toContain('did you mean relyable init?');
});

it('pins no command that is gone', () => {
  const known = new Set(paths.map(fileOf));
  expect(readdirSync(FOLDER).filter((file) => !known.has(file))).toEqual([]);
});

/** Words of a shell line up to a pipe or a redirection; quotes are taken off. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.split(/ [|>&]/);
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? '',
  );
}

it.each(paths.map((words) => [['relyable', ...words].join(' '), words] as const))(
  'the examples of %s --help are understood',
  async (_, words) => {
    const help = readFileSync(join(FOLDER, fileOf(words)), 'utf8');
    const whole = help.replaceAll(/ \\\n +/g, ' ');
    const lines = [...whole.matchAll(/^ {2}\$ (relyable .*)$/gm)].map(([, line = '']) => line);
    for (const line of lines) {
      const idle = createProgram(world, () => undefined);
      defineBelow(idle);
      const ran: string[] = [];
      silence(idle, ran);
      await idle.parseAsync(wordsOf(line).slice(1), { from: 'user' });
      expect(ran, line).toHaveLength(1);
    }
  },
);

/** Every command only says that it would have run. */
function silence(command: Command, ran: string[]): void {
  command.action(() => {
    ran.push(command.name());
  });
  for (const child of command.commands) silence(child, ran);
}

it.each(['--help', 'webhooks', 'help listen', 'webhooks listen --help'])(
  '%s is an object under --json',
  async (line) => {
    const args = line.split(' ');
    const text = (await runCli(args)).stdout;
    const { code, stdout } = await runCli([...args, '--json']);
    expect(JSON.parse(stdout)).toEqual({ type: 'help', v: 1, text: text.trimEnd() });
    expect(code).toBe(0);
  },
);

it.each([
  ['an error', 'recipe nope', /^error: /m],
  ['a hint', 'webhooks trigger all --to 1 --timeout 1s', /^hint: /m],
])('wraps %s at COLUMNS in a pipe, between words', async (_, line, start) => {
  const { stderr } = await runCli(line.split(' '), { env: { COLUMNS: '50' } });
  const lines = stderr.slice(stderr.search(start)).split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(50);
});
