import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startApp } from '../support/app.ts';
import { BIN, cleanEnvironment, spawnCli, startCli, temporaryFolder } from '../support/cli.ts';
import { runCli } from '../support/run-cli.ts';

/** Nothing of libuv's or OpenSSL's notation. */
const RAW = /E[A-Z]{4,}:|EPROTO|SSL routines|fetch failed|a bug in relyable/;

describe('a file that cannot be used', () => {
  test.for([
    ['verify nowhere.http', 'nowhere.http: no such file or folder'],
    ['verify nowhere.json --signature 00', 'nowhere.json: no such file or folder'],
    ['captures import nowhere', 'nowhere: no such file or folder'],
    ['trigger --data nowhere', '--data nowhere: no such file or folder'],
    ['trigger --data .', '--data .: it is a folder, not a file'],
    ['trigger all --to 1 --secret-file nowhere', '--secret-file nowhere: no such file or folder'],
    ['trigger all --to 1 --cacert nowhere', '--cacert nowhere: no such file or folder'],
    ['logs list --api-key-file nowhere', '--api-key-file nowhere: no such file or folder'],
    ['verify x --config .', 'cannot be read: it is a folder, not a file'],
    ['listen --port 0 --timeout-after 1ms --junit .', '--junit .: it is a folder, not a file'],
    ['listen --port 0 --ready-file .', '--ready-file .: it is a folder, not a file'],
    ['emulate --port 0 --ready-file .', '--ready-file .: it is a folder, not a file'],
    ['listen --port 0 -- nowhere', 'cannot start nowhere: no such program'],
  ] as const)('%s', async ([line, message]) => {
    const run = line.startsWith('listen') ? spawnCli : runCli;
    const { code, stderr } = await run(['webhooks', ...line.split(' ')]);
    expect(code).toBe(2);
    expect(stderr).toContain(`${message}\n`);
    expect(stderr).not.toMatch(RAW);
  });

  test.runIf(process.platform === 'linux')('a store that cannot be made below /proc', async () => {
    const store = '/proc/none/of/this.db';
    const args = ['webhooks', 'listen', '--port', '0', '--store', store];
    const { code, stderr } = await spawnCli(args);
    expect(code).toBe(2);
    expect(stderr).toContain(`error: the store ${store} cannot be used: `);
  });

  test.runIf(process.platform === 'linux')('a home that cannot be made below /proc', async () => {
    const env = { HOME: '/proc/none', USERPROFILE: '/proc/none' };
    expect((await spawnCli([], { env })).code).toBe(0);
    const { code, stderr } = await spawnCli(['webhooks', 'listen', '--print-secret'], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('a development secret cannot be stored at /proc/none/');
  });

  test.runIf(process.platform === 'linux')(
    'a listener announced nowhere still listens',
    async () => {
      const env = {
        HOME: '/proc/none',
        USERPROFILE: '/proc/none',
        RELYABLE_WEBHOOK_SECRET: 'whsec_x',
      };
      const store = join(temporaryFolder(), 'captures.db');
      const args = ['webhooks', 'listen', '--port', '0', '--store', store, '--exit-after', '1'];
      const listener = startCli([...args, '--json'], { env });
      const ready = JSON.parse(await listener.nextLine((line) => line.includes('"ready"')));
      await spawnCli(['webhooks', 'trigger', 'test_run.failed', '--to', ready.url], { env });
      expect((await listener.done).code).toBe(0);
    },
  );

  test.runIf(process.platform === 'linux')('a file on a full disk behind stdout', () => {
    const { status, stderr } = spawnSync(
      'sh',
      ['-c', '"$1" "$2" webhooks trigger --list > /dev/full', 'sh', process.execPath, BIN],
      { env: cleanEnvironment(temporaryFolder()), encoding: 'utf8' },
    );
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'error: stdout cannot be written: no space is left on the disk\n',
    });
  });

  test('a step summary that cannot be written', async () => {
    const env = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: 'no/x' };
    const args = ['webhooks', 'listen', '--port', '0', '--timeout-after', '1ms'];
    const { code, stderr } = await spawnCli(args, { env });
    expect(code).toBe(2);
    expect(stderr).toContain('error: GITHUB_STEP_SUMMARY no/x: no such file or folder\n');
  });
});

test.for([
  'trigger test_run.completed --to URL',
  'trigger test_run.completed --to URL --count 2',
  'check URL --only refuses.missing',
  'logs list --api-url URL',
])('%s: TLS to a port that speaks HTTP', async (line) => {
  const app = await startApp((response) => void response.end());
  const { host } = new URL(app.url);
  const args = line.replace('URL', `https://${host}`).split(' ');
  const env = { RELYABLE_API_KEY: 'key_1234567890' };
  const { code, stdout, stderr } = await runCli(['webhooks', ...args], { env });
  expect(code).toBe(4);
  expect(stdout + stderr).toContain(
    `${host} does not speak TLS: use http:// instead of https://\n`,
  );
  expect(stdout + stderr).not.toMatch(RAW);
});

test('an app on a host that is not there', async () => {
  const args = ['webhooks', 'listen', '--port', '0', '-f', 'no.invalid', '--', 'sleep', '1'];
  const { code, stderr } = await spawnCli(args);
  expect(code).toBe(4);
  expect(stderr).toContain('error: no address found for no.invalid\n');
});
