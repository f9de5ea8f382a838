import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from '../../../src/commands/kit/invocation-config.ts';
import { listenCommand } from '../../../src/commands/listen/options.ts';
import { type ListenSettings, readListenSettings } from '../../../src/commands/listen/settings.ts';
import { createTerminal } from '../../../src/terminal/terminal.ts';
import { testContext } from '../../support/context.ts';
import { parseOptions } from '../../support/parse-options.ts';

/** The settings of `listen` with these arguments and config files. */
async function settingsOf(
  args: readonly string[],
  files: { readonly project?: object; readonly user?: object; readonly profile?: string } = {},
): Promise<ListenSettings> {
  const context = testContext();
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

describe('--events', () => {
  it.each([
    ['all', undefined],
    ['*', undefined],
    ['test_run.*', ['test_run.completed', 'test_run.failed']],
  ])('%s', async (given, types) => {
    const { listener } = await settingsOf(['--events', given]);
    expect(listener.events && [...listener.events]).toEqual(types);
  });
});
