import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { initCommand } from '../../src/commands/init/options.ts';
import { run as init } from '../../src/commands/init/run.ts';
import { run as open } from '../../src/commands/open/run.ts';
import { readConfigFile } from '../../src/config/read.ts';
import { storeSetting } from '../../src/config/settings.ts';
import { type Context, signalExitCode } from '../../src/system/context.ts';
import { checkSecret } from '../../src/commands/doctor/checks/secret.ts';
import { createTerminal } from '../../src/terminal/terminal.ts';
import { never, testSubject } from '../commands/doctor/subject.ts';
import { temporaryFolder } from '../support/cli.ts';
import { testContext } from '../support/context.ts';
import { parseOptions } from '../support/parse-options.ts';

// What cannot be run here is decided on `context.platform` and tried with another one.
// docs/platforms.md lists what that leaves open.

/** A command's module run in a context; what it printed to stdout. */
async function runIn<Options>(
  command: (invocation: {
    context: Context;
    terminal: ReturnType<typeof createTerminal>;
    globals: object;
    options: Options;
    args: readonly string[];
  }) => Promise<number>,
  overrides: Partial<Context>,
  options: Options,
  args: readonly string[] = [],
): Promise<{ code: number; stdout: string }> {
  let stdout = '';
  const write = (text: string | Uint8Array): boolean => {
    stdout += String(text);
    return true;
  };
  const context = testContext({ ...overrides, stdout: { write } });
  const terminal = createTerminal(context, {});
  const code = await command({ context, terminal, globals: {}, options, args });
  return { code, stdout };
}

it.each<[NodeJS.Platform, Record<string, string>, boolean]>([
  ['win32', {}, true],
  ['darwin', {}, true],
  ['linux', {}, false],
  ['linux', { DISPLAY: ':0' }, true],
  ['linux', { WAYLAND_DISPLAY: 'wayland-0' }, true],
  ['linux', { WSL_DISTRO_NAME: 'Ubuntu' }, true],
])('on %s with %j a browser is started: %s', async (platform, env, isStarted) => {
  const opened: string[] = [];
  const openUrl = async (url: string): Promise<void> => {
    opened.push(url);
  };
  const { code, stdout } = await runIn(open, { platform, env, openUrl }, { print: false }, [
    'docs',
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'https://help-center.relyable.ai/\n' });
  expect(opened).toEqual(isStarted ? ['https://help-center.relyable.ai/'] : []);
});

it('says the address where the browser does not start', async () => {
  const openUrl = (): Promise<void> => Promise.reject(new Error('spawn ENOENT'));
  const { code, stdout } = await runIn(open, { platform: 'darwin', openUrl }, { print: false }, [
    'docs',
  ]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'https://help-center.relyable.ai/\n' });
});

it.skipIf(process.platform === 'win32')(
  'asks for a private user config where files have modes, and not on Windows',
  async () => {
    const file = join(temporaryFolder(), 'config.json');
    writeFileSync(file, '{"apiKey":"rk_1"}');
    chmodSync(file, 0o644);
    await expect(readConfigFile(file, 'user', 'linux')).rejects.toThrow('others can read it');
    await expect(readConfigFile(file, 'user', 'darwin')).rejects.toThrow('others can read it');
    await expect(readConfigFile(file, 'user', 'win32')).resolves.toEqual({ apiKey: 'rk_1' });
  },
);

it('refuses a folder as the store, however its name is written', () => {
  expect(() => storeSetting(testContext(), [], 'C:\\data\\')).toThrow('expected a file');
  expect(() => storeSetting(testContext(), [], '/data/')).toThrow('expected a file');
});

it.each<[NodeJS.Platform, RegExp]>([
  ['linux', /export RELYABLE_WEBHOOK_SECRET=/],
  ['darwin', /export RELYABLE_WEBHOOK_SECRET=/],
  ['win32', /^set RELYABLE_WEBHOOK_SECRET in this shell/],
])('on %s doctor speaks the language of its shell', async (platform, fix) => {
  const context = testContext({ platform, env: { RELYABLE_WEBHOOK_SECRET: 'mine' } });
  writeFileSync(join(context.cwd, '.env'), 'RELYABLE_WEBHOOK_SECRET=theirs\n');
  const found = await checkSecret(testSubject({}, context), never);
  expect(found.find(({ level }) => level === 'warning')?.fix).toMatch(fix);
});

it.each<[NodeJS.Platform, string]>([
  ['linux', 'echo .env >> .gitignore && relyable init'],
  ['win32', 'add the line .env to .gitignore, then relyable init'],
])('on %s init ends with what its shell understands', async (platform, next) => {
  const cwd = temporaryFolder();
  execFileSync('git', ['init', '-q'], { cwd });
  const { code, stdout } = await runIn(
    init,
    { platform, cwd },
    parseOptions(initCommand, ['--yes']),
  );
  expect(code).toBe(1);
  expect(stdout.trimEnd().split('\n').at(-1)).toBe(`Next: ${next}`);
});

it('ends on a signal as shells report it', () => {
  expect(signalExitCode('SIGHUP')).toBe(129);
  expect(signalExitCode('SIGINT')).toBe(130);
  expect(signalExitCode('SIGTERM')).toBe(143);
});
