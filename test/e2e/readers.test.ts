import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { BIN, cleanEnvironment, spawnCli, startCli, temporaryHome } from '../support/cli.ts';

const SECRET = 'whsec_test_readers';
const READS = 9;
/** Readers that run at the same time. */
const READERS = 3;

it('readers beside a loaded listener show all it has answered', async () => {
  const home = temporaryHome();
  const store = join(home, 'captures.db');
  const env = { RELYABLE_WEBHOOK_SECRET: SECRET };
  const listener = startCli(['webhooks', 'listen', '--port', '0', '--json', '--store', store], {
    home,
    env,
  });
  const { url } = JSON.parse(
    await listener.nextLine((line) => line.includes('"type":"ready"')),
  ) as {
    url: string;
  };
  let acknowledged = 0;
  let isDone = false;
  const send = async (): Promise<void> => {
    while (!isDone) {
      const body = Buffer.from(`{"event":"test_run.completed","n":"${crypto.randomUUID()}"}`);
      const headers = { 'x-relyable-signature': signPayload(body, SECRET) };
      const { status } = await fetch(url, { method: 'POST', headers, body });
      expect(status).toBe(200);
      acknowledged += 1;
    }
  };
  const read = async (): Promise<void> => {
    const before = acknowledged;
    const args = ['webhooks', 'captures', 'list', '--store', store, '--json', '--limit', '100000'];
    const { code, stdout, stderr } = await spawnCli(args, { home });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.split('\n').length - 1).toBeGreaterThanOrEqual(before);
  };
  let reads = READS;
  const reader = async (): Promise<void> => {
    while (reads-- > 0) await read();
  };
  const senders = [send(), send(), send(), send()];
  await Promise.all(Array.from({ length: READERS }, reader));
  isDone = true;
  await Promise.all(senders);
  listener.child.kill('SIGINT');
  const { code, stderr } = await listener.done;
  expect(code).toBe(0);
  expect(stderr).not.toContain('warning');
}, 120_000);

it.runIf(process.platform === 'linux').each(['listen', 'emulate'])(
  '%s ends with its reader, also while there is nothing to print',
  async (command) => {
    const home = temporaryHome();
    const script = `set -o pipefail; '${process.execPath}' '${BIN}' webhooks ${command} --json --port 0 | head -1`;
    const child = spawn('bash', ['-c', script], { env: cleanEnvironment(home), stdio: 'pipe' });
    onTestFinished(() => void child.kill('SIGKILL'));
    child.stdout.resume();
    child.stderr.resume();
    expect(await once(child, 'close')).toEqual([0, null]);
  },
);
