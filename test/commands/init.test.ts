import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.ts';
import { startPtyCli } from '../support/pty.ts';

function nextProject(): string {
  const folder = temporaryFolder();
  const manifest = { dependencies: { next: '15' }, scripts: { dev: 'next dev -p 4123' } };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  return folder;
}

const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

it('sets a project up without a question, so that trigger and app share the secret', async () => {
  const cwd = nextProject();
  const home = temporaryFolder();
  const { code, stdout, stderr } = await runCli(['init', '--yes'], { cwd, home });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(read(cwd, '.relyablerc.json'))).toEqual({
    forwardTo: 'http://localhost:4123/api/webhooks/relyable',
    secretEnv: 'RELYABLE_WEBHOOK_SECRET',
  });
  const secret = await runCli(['webhooks', 'listen', '--print-secret'], { cwd, home });
  expect(read(cwd, '.env.local')).toBe(`RELYABLE_WEBHOOK_SECRET=${secret.stdout.trim()}\n`);
  expect(secret.stdout).toMatch(/^whsec_dev_/);
  expect(stdout).not.toContain(secret.stdout.trim());
  expect(stdout.trimEnd().split('\n').at(-1)).toBe('Next: relyable webhooks listen');

  const again = await runCli(['init', '--yes', '--json'], { cwd, home });
  expect(JSON.parse(again.stdout)).toMatchObject({
    type: 'init',
    v: 1,
    config: { status: 'kept' },
    env: { status: 'kept', file: '.env.local' },
  });
});

it('takes everything from flags', async () => {
  const cwd = temporaryFolder();
  const args = ['init', '--port', '8123', '--path', '/in', '--dotenv', '.env'];
  const { code } = await runCli([...args, '--secret-env', 'HOOK_SECRET'], { cwd });
  expect(code).toBe(0);
  expect(JSON.parse(read(cwd, '.relyablerc.json'))).toEqual({
    forwardTo: 'http://localhost:8123/in',
    secretEnv: 'HOOK_SECRET',
  });
  expect(read(cwd, '.env')).toMatch(/^HOOK_SECRET=whsec_dev_/);
});

it('refuses to put the secret where git would commit it, exit 1, and says what to type', async () => {
  const cwd = nextProject();
  execFileSync('git', ['init', '-q'], { cwd });
  const { code, stdout } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(1);
  expect(existsSync(join(cwd, '.env.local'))).toBe(false);
  expect(stdout).toContain('Next: echo .env.local >> .gitignore && relyable init');
});

it('writes no secret where the environment has one', async () => {
  const cwd = nextProject();
  const env = { RELYABLE_WEBHOOK_SECRET: 'whsec_production' };
  const { code, stdout } = await runCli(['init', '--yes'], { cwd, env });
  expect(code).toBe(0);
  expect(existsSync(join(cwd, '.env.local'))).toBe(false);
  expect(stdout).not.toContain('whsec_production');
});

it('says so where the env file cannot be read', async () => {
  const cwd = temporaryFolder();
  mkdirSync(join(cwd, '.env'));
  const { code, stderr } = await runCli(['init', '--yes'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain('.env');
});

it.each([
  [['--yes', '--port', '70000']],
  [['--yes', '--path', 'no-slash']],
  [['--yes', '--dotenv', '../outside']],
  [['--yes', '--dotenv', 'folder/']],
  [['--yes', '--secret-env', 'not a name']],
  [['--yes', '--framework', 'nxt']],
  [[]],
])('refuses init %j and writes nothing', async (args) => {
  const cwd = temporaryFolder();
  const { code, stdout } = await runCli(['init', ...args], { cwd });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(false);
  expect(existsSync(join(cwd, '.env'))).toBe(false);
});

it('asks four questions on a terminal, suggesting what it found', async () => {
  const cwd = nextProject();
  const cli = startPtyCli(['init'], { cwd, columns: 200 });
  await cli.waitFor('[next]: ');
  cli.type('\r');
  await cli.waitFor('[4123]: ');
  cli.type('99999\r');
  await cli.waitFor('expected a port');
  await cli.waitFor('[4123]: ');
  cli.type('4124\r');
  await cli.waitFor('[/api/webhooks/relyable]: ');
  cli.type('/hooks\r');
  await cli.waitFor('[.env.local]: ');
  cli.type('.env\r');
  await cli.waitFor('Next: ');
  expect(await cli.exitCode).toBe(0);
  expect(cli.screen().match(/\]: /g)).toHaveLength(5);
  expect(read(cwd, '.relyablerc.json')).toContain('http://localhost:4124/hooks');
  expect(read(cwd, '.env')).toContain('RELYABLE_WEBHOOK_SECRET=');
});

it.each([
  ['\u0003', 130],
  ['\u0004', 2],
])('ends at %j without writing, exit %i', async (key, exitCode) => {
  const cwd = nextProject();
  const cli = startPtyCli(['init'], { cwd });
  await cli.waitFor('[next]: ');
  cli.type(key);
  expect(await cli.exitCode).toBe(exitCode);
  expect(existsSync(join(cwd, '.relyablerc.json'))).toBe(false);
});
