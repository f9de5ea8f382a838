import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/commands/kit/invocation-config.ts';
import { listenCommand } from '../../../src/commands/listen/options.ts';
import { type ListenSettings, readListenSettings } from '../../../src/commands/listen/settings.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { testContext } from '../../support/context.ts';
import { parseOptions } from '../../support/parse-options.ts';

/** The settings of `listen` with these arguments and config files; `said` takes what goes to stderr. */
async function settingsOf(
  args: readonly string[],
  files: { readonly project?: object; readonly user?: object; readonly profile?: string } = {},
  said: string[] = [],
): Promise<ListenSettings> {
  const context = testContext({ stderr: { write: (text) => said.push(String(text)) > 0 } });
  const write = (file: string, values: object | undefined): void => {
    if (values === undefined) return;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(values));
  };
  write(join(context.cwd, '.relyablerc.json'), files.project);
  write(join(context.paths.config, 'config.json'), files.user);
  const invocation = {
    context,
    terminal: createTerminal(context, {}),
    globals: { profile: files.profile },
    options: parseOptions(listenCommand, args),
    args: [],
  };
  return readListenSettings(invocation, await readConfig(invocation));
}

describe('the headers that are added', () => {
  it('come from the strongest source that has the name', async () => {
    const project = {
      headers: { 'X-Team': 'project', 'X-Region': 'project', 'X-Only': 'project' },
      profiles: { ci: { headers: { 'x-region': 'profile' } } },
    };
    const user = { headers: { 'X-TEAM': 'user', 'X-User': 'user' } };
    const args = ['-f', '3000', '-H', 'x-team: one', '-H', 'x-team: two'];
    const { listener } = await settingsOf(args, { project, user, profile: 'ci' });
    expect(listener.forward?.addedHeaders).toEqual([
      ['x-team', 'one'],
      ['x-team', 'two'],
      ['x-region', 'profile'],
      ['X-Only', 'project'],
      ['X-User', 'user'],
    ]);
  });
});

describe('--route', () => {
  it('gives event types a target of their own, without --forward-to', async () => {
    const args = ['--route', 'test_run.*=3001/runs?a=b', '--route', 'x.new=3002', '--keep-host'];
    const { listener } = await settingsOf(args);
    expect(listener.forward).toBeUndefined();
    const routes = listener.routes?.map(([event, { target }]) => [event, target.href]);
    expect(routes).toEqual([
      ['test_run.completed', 'http://localhost:3001/runs?a=b'],
      ['test_run.failed', 'http://localhost:3001/runs?a=b'],
      ['x.new', 'http://localhost:3002/'],
    ]);
    expect(listener.routes?.every(([, { keepsHost }]) => keepsHost)).toBe(true);
  });

  it.each([
    [['--route', '3000'], '--route: expected <event>=<url>'],
    [['--route', 'test_run.faild=3000'], '--route: unknown event type "test_run.faild"'],
    [['--route', 'a=3000', '--route', 'a=3001'], '--route: a is given two targets'],
    [['--route', 'a=4400'], '--route: expected your app, got the port of this listener, 4400'],
  ])('%j is refused', async (args, message) => {
    await expect(async () => settingsOf(args)).rejects.toThrow(message);
  });
});

describe('--events', () => {
  it('given twice accumulates', async () => {
    const args = ['--events', 'test_run.failed', '-e', 'agent.*'];
    const { listener } = await settingsOf(args);
    expect(listener.events && [...listener.events]).toEqual([
      'test_run.failed',
      'agent.score_dropped',
    ]);
  });

  it.each([
    ['all', undefined],
    ['*', undefined],
    ['test_run.*', ['test_run.completed', 'test_run.failed']],
  ])('%s', async (given, types) => {
    const { listener } = await settingsOf(['--events', given]);
    expect(listener.events && [...listener.events]).toEqual(types);
  });
});

it('an app that serves one connection at a time is named on stderr', async () => {
  const said: string[] = [];
  const { listener } = await settingsOf(['-f', '3000', '--route', 'x.new=3001'], {}, said);
  const targets = [listener.forward, ...(listener.routes ?? []).map(([, forward]) => forward)];
  for (const forward of targets) if (forward) forward.onSerial?.(forward.target);
  expect(said.join('')).toMatch(
    /^warning: localhost:3000 serves one connection at a time: .*\nwarning: localhost:3001 serves/m,
  );
});

describe('incomplete request bodies', () => {
  const MB = 1024 * 1024;

  it.each([
    [[], Infinity],
    [['--host', 'localhost'], Infinity],
    [['--host', '::1'], Infinity],
    [['--host', '0.0.0.0'], 64 * MB],
    [['--host', '192.168.1.7'], 64 * MB],
    [['--tunnel', 'ngrok'], 64 * MB],
    [['--public-url', 'https://hooks.example.com'], 64 * MB],
    [['--host', '0.0.0.0', '--max-body', '100mb'], 200 * MB],
  ])('%j: %d bytes at once', async (args, bytes) => {
    expect((await settingsOf(args)).listener.maxPartialBytes).toBe(bytes);
  });
});

it('refuses, before it listens, a start that a relay does not have', async () => {
  const args = ['--from', 'nats://127.0.0.1:1', '--since'];
  await expect(settingsOf([...args, 'last'])).rejects.toThrow(
    '--since last is of the delivery log',
  );
  expect((await settingsOf([...args, 'all'])).relayStart).toBe('all');
  expect((await settingsOf(args.slice(0, 2))).relayStart).toBe('new');
  expect((await settingsOf([...args, '2026-01-31T10:00Z'])).relayStart).toEqual({
    since: new Date('2026-01-31T10:00Z'),
  });
});
