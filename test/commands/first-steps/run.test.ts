import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { BIN, cleanEnvironment, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

it('says what to do first, on stdout, with exit code 0', async () => {
  const { code, stdout, stderr } = await runCli([]);
  expect(code).toBe(0);
  expect(stderr).toBe('');
  const lines = stdout.trimEnd().split('\n');
  expect(lines.length).toBeLessThanOrEqual(6);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(80);
  for (const command of [
    'webhooks listen',
    'webhooks trigger',
    'webhooks verify',
    'init',
    '--help',
  ]) {
    expect(stdout).toContain(`relyable ${command}`);
  }
});

it('adapts to a project that is set up', async () => {
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.relyablerc.json'), '{}');
  const { code, stdout } = await runCli([], { cwd });
  expect(code).toBe(0);
  expect(stdout).toContain('.relyablerc.json');
  expect(stdout).toContain('relyable doctor');
  expect(stdout).not.toContain('relyable init');
});

it.skipIf(process.platform === 'win32')('says so where the current folder is gone', () => {
  const folder = temporaryFolder();
  const script = `mkdir "$1/gone" && cd "$1/gone" && rmdir "$1/gone" && exec "$2" "$3"`;
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', folder, process.execPath, BIN], {
    env: cleanEnvironment(folder),
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: 'error: expected a current folder, but it is gone\nhint: cd to one that exists\n',
  });
});

it('is one JSON object under --json', async () => {
  const { stdout } = await runCli(['--json']);
  const object: unknown = JSON.parse(stdout);
  expect(object).toMatchObject({ type: 'first_steps', v: 1, config: null });
});

it.each([
  ['docter', 'relyable doctor'],
  ['lisen', 'relyable listen'],
  ['prune', 'relyable captures prune'],
])('refuses an unknown command: %s', async (word, meant) => {
  const { code, stderr } = await runCli([word]);
  expect(code).toBe(2);
  expect(stderr).toContain(`did you mean ${meant}?`);
});

it.each([
  ['lisen --help', 'relyable listen'],
  ['webhooks lisen -h', 'relyable webhooks listen'],
  ['captures lst --help', 'relyable captures list'],
])('refuses an unknown command that is asked for its help: %s', async (line, meant) => {
  const { code, stdout, stderr } = await runCli(line.split(' '));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(`did you mean ${meant}?`);
});
