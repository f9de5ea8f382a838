import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { spawnCli, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

function project(config: unknown): string {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.relyablerc.json'), JSON.stringify(config));
  return folder;
}

it('shows every setting with its origin', async () => {
  const cwd = project({ forwardTo: 3000, port: 4401, profiles: { ci: { port: 0 } } });
  const { code, stdout } = await runCli(['config', '--json', '--profile', 'ci'], {
    cwd,
    env: { RELYABLE_API_URL: 'http://127.0.0.1:2/api' },
  });
  expect(code).toBe(0);
  const file = join(cwd, '.relyablerc.json');
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'config',
    v: 1,
    settings: {
      forwardTo: { value: '3000', origin: `project config ${file}` },
      port: { value: 0, origin: `project config ${file}, profile ci` },
      host: { value: '127.0.0.1', origin: 'default' },
      'api.url': { value: 'http://127.0.0.1:2/api', origin: 'RELYABLE_API_URL' },
      apiKey: { value: null, origin: 'default' },
    },
    files: [{ kind: 'project', file }],
  });
});

it('never shows a secret, a key or a header that carries one', async () => {
  const home = temporaryFolder();
  const folder = join(home, '.config', 'relyable');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'config.json'), '{"apiKey":"rk_live_1","secret":"whsec_2"}');
  chmodSync(join(folder, 'config.json'), 0o600);
  const cwd = project({ headers: { Authorization: 'Bearer three', 'X-Team': 'voice' } });
  const outputs = await Promise.all([
    runCli(['config'], { cwd, home }),
    runCli(['config', '--json', '--verbose'], { cwd, home }),
    runCli(['config', 'get', 'headers'], { cwd, home }),
    runCli(['config', 'get', 'apiKey'], { cwd, home }),
    runCli(['config', 'get', 'secret'], { cwd, home, env: { RELYABLE_WEBHOOK_SECRET: 'whsec_4' } }),
  ]);
  const all = outputs.map(({ stdout, stderr }) => stdout + stderr).join('');
  expect(all).not.toMatch(/rk_live_1|whsec_2|three|whsec_4/);
  expect(all).toContain('X-Team: voice');
  expect(outputs.map(({ code }) => code)).toEqual([0, 0, 0, 0, 0]);
});

it('shows a target without its password', async () => {
  const cwd = project({ forwardTo: 'http://me:pw4@localhost:3000/hook' });
  const outputs = await Promise.all([
    runCli(['config'], { cwd }),
    runCli(['config', 'get', 'forwardTo'], { cwd }),
  ]);
  expect(outputs[1]?.stdout).toBe('http://(hidden)@localhost:3000/hook\n');
  expect(JSON.stringify(outputs)).not.toContain('pw4');
});

it.each([
  ['timeout', { timeout: '5 parsecs' }, 'expected a duration'],
  ['maxBody', { maxBody: 'big' }, 'expected a size'],
  ['host', { host: ' ' }, 'expected an address'],
  ['forwardTo', { forwardTo: 'ftp://x' }, 'expected a URL or port'],
  ['store', { store: 'data/' }, 'expected a file'],
  ['headers.X-A', { headers: { 'X-A': 'a\nb' } }, 'expected a header'],
  ['events', { events: ['test_run.complete'] }, 'unknown event type'],
])('a wrong %s names the file and the key', async (key, config, message) => {
  const cwd = project(config);
  const { code, stderr } = await spawnCli(['webhooks', 'listen'], { cwd });
  expect(code).toBe(2);
  expect(stderr).toContain(
    `error: project config ${join(cwd, '.relyablerc.json')}: ${key}: ${message}`,
  );
});

it('gets one value alone', async () => {
  const cwd = project({ forwardTo: 'localhost:3000/hook' });
  expect(await runCli(['config', 'get', 'forwardTo'], { cwd })).toMatchObject({
    code: 0,
    stdout: 'localhost:3000/hook\n',
  });
  expect(await runCli(['config', 'get', 'events'])).toMatchObject({ code: 0, stdout: 'all\n' });
  expect(await runCli(['config', 'get', 'forwardTo'])).toMatchObject({ code: 1, stdout: '' });
  const wrong = await runCli(['config', 'get', 'forwardto']);
  expect(wrong).toMatchObject({ code: 2, stdout: '' });
  expect(wrong.stderr).toContain('did you mean forwardTo?');
});

it('names the files that count', async () => {
  const cwd = project({});
  expect(await runCli(['config', 'path'], { cwd })).toMatchObject({
    code: 0,
    stdout: `${join(cwd, '.relyablerc.json')}\n`,
  });
  const none = await runCli(['config', 'path']);
  expect(none).toMatchObject({ code: 0, stdout: '' });
  expect(none.stderr).toContain('relyable init');
});

it.each([[['put']], [['path', 'x']], [['get', 'port', 'x']]])('refuses config %j', async (args) => {
  expect(await runCli(['config', ...args])).toMatchObject({ code: 2, stdout: '' });
});
