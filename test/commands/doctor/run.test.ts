import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp } from '../../support/app.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

/** No test asks the API. */
const NO_API = { RELYABLE_API_URL: 'http://127.0.0.1:2/api' };

interface DoctorObject {
  readonly ok: boolean;
  readonly findings: ReadonlyArray<{ check: string; level: string; fix: string | null }>;
}

it('examines everything and ends with the verdict', async () => {
  const app = await startApp();
  const env = { RELYABLE_API_URL: `${app.url}/api` };
  const json = await runCli(['doctor', '--json', '--to', String(app.port)], { env });
  expect(json.code).toBe(0);
  const { ok, findings } = JSON.parse(json.stdout) as DoctorObject;
  expect(ok).toBe(true);
  expect(new Set(findings.map(({ check }) => check))).toEqual(
    new Set([
      'node',
      'config',
      'secret',
      'store',
      'ports',
      'target',
      'probe',
      'captures',
      'deliveries',
      'tunnel',
      'container',
      'proxy',
      'api',
      'key',
      'clock',
    ]),
  );
  const text = await runCli(['doctor', '--to', String(app.port)], { env });
  expect(text.stdout).toMatch(/^ok {4}node/);
  expect(text.stdout.trimEnd().split('\n').at(-1)).toMatch(/^nothing is broken/);
});

it('examines the rest where a setting cannot be used', async () => {
  const { code, stdout } = await runCli(['doctor'], { env: { RELYABLE_STORE: '/' } });
  expect(code).toBe(1);
  expect(stdout).toMatch(/^FAIL {2}config {6}RELYABLE_STORE: expected a file, got the folder \/$/m);
  expect(stdout).toMatch(/^ok {4}node/);
  expect((await runCli(['doctor', '--store', '/'])).code).toBe(2);
});

it('names a config further up that is not read, and how to', async () => {
  const root = temporaryFolder();
  const cwd = join(root, 'apps', 'web');
  mkdirSync(join(root, '.git'));
  mkdirSync(cwd, { recursive: true });
  writeFileSync(join(cwd, 'package.json'), '{"name": "web"}');
  const config = async (...args: string[]): Promise<unknown[]> => {
    const { stdout } = await runCli(['doctor', '--json', ...args], { cwd, env: NO_API });
    return (JSON.parse(stdout) as DoctorObject).findings.filter(({ check }) => check === 'config');
  };
  const none = [{ level: 'info', message: 'no config file' }];
  expect(await config()).toMatchObject(none);
  // Outside of the repository is none of ours.
  const [repository, file] = [join(root, 'apps', '.git'), join(root, 'package.json')];
  writeFileSync(file, '{"relyable": {"port": 4401}}');
  const fix = `name it with --config ${file}, or RELYABLE_CONFIG=${file}`;
  const message = `${file} is not read: the search ends at ${join(cwd, 'package.json')}`;
  expect(await config()).toMatchObject([{ level: 'info', message, fix }]);
  expect(await config('--config', file)).toMatchObject([{ level: 'ok' }]);
  mkdirSync(repository);
  expect(await config()).toMatchObject(none);
});

it('exits 1 with a fix for everything that is broken, a bad config included', async () => {
  const app = await startApp();
  await app.close();
  const cwd = temporaryFolder();
  writeFileSync(join(cwd, '.relyablerc.json'), '{"forwadTo": 3000}');
  const env = { RELYABLE_API_URL: `${app.url}/api` };
  const { code, stdout } = await runCli(['doctor', '--json', '--to', String(app.port)], {
    cwd,
    env,
  });
  expect(code).toBe(1);
  const { ok, findings } = JSON.parse(stdout) as DoctorObject;
  expect(ok).toBe(false);
  const broken = findings.filter(({ level }) => level === 'failure');
  expect(broken.map(({ check }) => check)).toEqual(['config', 'target']);
  expect(broken[0]?.fix).toContain('forwardTo');
  expect(findings.filter(({ level, fix }) => level === 'failure' && fix === null)).toEqual([]);
});
