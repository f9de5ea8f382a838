import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn } from '@lydell/node-pty';
import { expect, it, onTestFinished } from 'vitest';
import type { Capture } from '../../../src/request/capture.ts';
import { fillStore, makeCapture } from '../../support/captures.ts';
import { cleanEnvironment, spawnCli, temporaryFolder, temporaryHome } from '../../support/cli.ts';
import { pathWithRelyable } from '../../support/on-path.ts';
import { runCli } from '../../support/run-cli.ts';

function storeWith(...captures: Capture[]): string {
  const file = join(temporaryFolder(), 'captures.db');
  fillStore(file, captures);
  return file;
}

/** The words offered for what was typed, the last word unfinished. */
async function complete(
  words: readonly string[],
  options: Parameters<typeof spawnCli>[1] = {},
): Promise<string[]> {
  const { code, stdout, stderr } = await spawnCli(['complete', '--', ...words], options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const lines = stdout.trimEnd().split('\n');
  expect(lines.at(-1)).toMatch(/^:\d+$/);
  return lines.slice(0, -1).map((line) => line.split('\t')[0] ?? '');
}

it('completes commands, flags, events and values', async () => {
  expect(await complete(['webh'])).toEqual(['webhooks']);
  expect(await complete(['webhooks', 'tri'])).toEqual(['trigger']);
  expect(await complete(['wh', 'trigger', 'test_run.'])).toEqual([
    'test_run.completed',
    'test_run.failed',
  ]);
  expect(await complete(['webhooks', 'trigger', '--tam'])).toEqual(['--tamper']);
  expect(await complete(['webhooks', 'trigger', '--wire', ''])).toContain('reordered');
  expect(await complete(['webhooks', 'listen', '--respond', ''])).toEqual(['mirror', 'ack']);
  expect(await complete(['open', 'api'])).toEqual(['api-keys']);
  expect(await complete(['completion', 'f'])).toEqual(['fish']);
  expect(await complete(['init', '--framework', 'fast'])).toEqual(['fastify', 'fastapi']);
  expect(await complete(['init', '--framework', 'r'])).toEqual(['remix', 'rails']);
  expect(await complete(['wh', 'verify', '--framework', 'r'])).toEqual(['remix', 'rails']);
  expect(await complete(['webhooks', 'check', '--reporter', ''])).toContain('github');
  expect(await complete(['config', 'get', 'api.'])).toEqual(['api.url', 'api.deliveriesPath']);
});

it('completes the short forms like the whole ones', async () => {
  expect(await complete(['lis'])).toEqual(['listen']);
  expect(await complete(['logs', 'ta'])).toEqual(['tail']);
  expect(await complete(['listen', '--respond', ''])).toEqual(['mirror', 'ack']);
});

it('completes what stands behind a comma', async () => {
  const first = 'test_run.completed,';
  expect(await complete(['webhooks', 'listen', '--events', `${first}test_run`])).toEqual([
    `${first}test_run.failed`,
  ]);
  expect(await complete(['wh', 'logs', 'list', '--status', '4xx,fa'])).toEqual(['4xx,failed']);
});

it('completes the flags of every command, the hidden one aside', async () => {
  expect(await complete(['doctor', '--j'])).toEqual(['--json']);
  expect(await complete(['webhooks', 'verify', '--prof'])).toEqual(['--profile']);
  expect(await complete(['comp'])).toEqual(['completion']);
});

it('completes capture ids, newest first, and files', async () => {
  const store = storeWith(makeCapture(1), makeCapture(2));
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, 'dump.http'), '');
  const words = await complete(['webhooks', 'verify', ''], { env: { RELYABLE_STORE: store }, cwd });
  expect(words[0]).toBe('last');
  expect(words[1]).toMatch(/^cap_/);
  expect(words).toHaveLength(4);
  expect(words[3]).toBe('dump.http');
});

it('shows nothing of a hostile event to the shell', async () => {
  const body = Buffer.from(JSON.stringify({ event: 'a\u001B]0;x\u0007\n:0' }));
  const store = storeWith(makeCapture(1, { body }));
  const env = { RELYABLE_STORE: store };
  const { stdout } = await spawnCli(['complete', '--', 'webhooks', 'verify', 'cap_'], { env });
  // oxlint-disable-next-line no-control-regex
  expect(stdout).not.toMatch(/[\u001b\u0007]/);
  expect(stdout.trimEnd().split('\n')).toHaveLength(2);
});

it('is silent where the store or the config cannot be read', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.relyablerc.json'), '{');
  expect(await complete(['webhooks', 'verify', 'cap_'], { cwd })).toEqual([]);
});

it.each(['bash', 'zsh', 'fish', 'powershell'])('prints a script for %s', async (shell) => {
  const { code, stdout } = await spawnCli(['completion', shell]);
  expect(code).toBe(0);
  expect(stdout).toContain('relyable complete');
});

it('refuses another shell', async () => {
  const { code, stderr, stdout } = await spawnCli(['completion', 'powershel']);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('did you mean powershell?');
});

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

it.skipIf(!has('bash'))('works in bash, loaded twice, without bash-completion', () => {
  const script = `
    eval "$(relyable completion bash)"; eval "$(relyable completion bash)"
    compopt() { :; } # only there while a real TAB is handled
    COMP_WORDS=(relyable webhooks trigger test_r); COMP_CWORD=3
    __relyable_complete; echo "\${COMPREPLY[@]}"
    COMP_WORDS=(relyable webhooks trigger --wire ""); COMP_CWORD=4
    __relyable_complete; echo "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = spawnSync('bash', ['--norc', '-c', script], {
    env: { ...cleanEnvironment(temporaryFolder()), PATH: pathWithRelyable() },
    encoding: 'utf8',
  });
  expect({ stdout, stderr }).toEqual({
    stdout: 'test_run.completed test_run.failed\ncompact spaced pretty ascii decimal reordered\n',
    stderr: '',
  });
});

it.skipIf(!has('fish'))('works in fish', () => {
  const script =
    'relyable completion fish | source; complete -C "relyable webhooks trigger test_r"';
  const { stdout } = spawnSync('fish', ['--no-config', '-c', script], {
    env: { ...cleanEnvironment(temporaryFolder()), PATH: pathWithRelyable() },
    encoding: 'utf8',
  });
  expect(stdout.match(/test_run\.\w+/g)).toEqual(['test_run.completed', 'test_run.failed']);
});

it.skipIf(!has('zsh'))('works in zsh', async () => {
  const home = temporaryHome();
  writeFileSync(
    join(home, '.zshrc'),
    'PS1="ready> "; autoload -Uz compinit; compinit -u; source <(relyable completion zsh)\n',
  );
  const shell = spawn('zsh', ['-i'], {
    cwd: home,
    cols: 100,
    env: { ...cleanEnvironment(home, { TERM: 'xterm' }), PATH: pathWithRelyable() },
  });
  onTestFinished(() => shell.kill('SIGKILL'));
  let screen = '';
  let isReady = false;
  await new Promise<void>((resolve) => {
    shell.onData((chunk) => {
      screen += chunk;
      if (!isReady && screen.includes('ready> ')) {
        isReady = true;
        shell.write('relyable webhooks trigger agent\t');
      }
      if (screen.includes('score_dropped')) resolve();
    });
  });
  expect(screen).toContain('score_dropped');
});

it('has no JSON form', async () => {
  const result = await runCli(['completion', 'bash', '--json']);
  expect(JSON.parse(result.stderr)).toMatchObject({ code: 'USAGE', exitCode: 2 });
  expect(result.stdout).toBe('');
});
