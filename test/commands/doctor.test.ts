import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startApp } from '../support/app.ts';
import { runCli, temporaryFolder } from '../support/cli.ts';

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
  expect(stdout).toMatch(/^FAIL {2}config {5}RELYABLE_STORE: expected a file, got the folder \/$/m);
  expect(stdout).toMatch(/^ok {4}node/);
  expect((await runCli(['doctor', '--store', '/'])).code).toBe(2);
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
