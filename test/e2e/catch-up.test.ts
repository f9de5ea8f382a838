import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { parseFaults } from '../../src/commands/emulate/emulator/faults.ts';
import { serveHandler } from '../../src/commands/emulate/emulator/server.ts';
import type { Capture } from '../../src/request/capture.ts';
import { startApp } from '../support/app.ts';
import { readStore } from '../support/captures.ts';
import {
  type CliResult,
  type RunningCli,
  spawnCli,
  startCli,
  temporaryHome,
} from '../support/cli.ts';
import { startEmulator } from '../support/emulator.ts';
import { reservePort } from '../support/reserve-port.ts';

const SECRET = 'whsec_test_catch_up';
const DELIVERIES = 1000;
/** The listener is killed among this many, once the app has had most of them. */
const KILLED_AMONG = 500;
const KILLED_AFTER = 400;
/** Sent while the second listener catches up. */
const LATE = 300;

const bodyOf = (n: number): Buffer =>
  Buffer.from(`{"event":"test_run.completed","data":{"test_run_id":"run_${n}"}}`);

function countBy<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

it('a listener killed among 1,000 deliveries: each reaches the app, none twice without its mark', async () => {
  const app = await startApp();
  // The whole schedule of 81 minutes takes 10 ms.
  const emulator = startEmulator({
    speed: 500_000,
    faults: parseFaults('500:1,reset:1,429:1,shift:2', 'test'),
  });
  const api = await serveHandler(emulator.handler, { host: '127.0.0.1', port: 0 });
  onTestFinished(() => api.close(0));
  const port = await reservePort();
  const endpoint = await emulator.register(`http://127.0.0.1:${port}/hook`, SECRET);
  const home = temporaryHome();
  const store = join(home, 'captures.db');
  const listen = (...more: string[]): RunningCli =>
    startCli(
      ['webhooks', 'listen', '--json', '--store', store, '--port', String(port)].concat(
        ['--forward-to', String(app.port), '--api-url', `${api.url}/api`],
        more,
      ),
      { home, env: { RELYABLE_WEBHOOK_SECRET: SECRET } },
    );
  const deliver = async (from: number, to: number): Promise<void> => {
    for (let n = from; n < to; n++) await emulator.engine.deliver(endpoint, bodyOf(n));
  };

  const first = listen();
  await first.nextLine((line) => line.includes('"type":"ready"'));
  await deliver(0, KILLED_AMONG);
  await app.waitFor(KILLED_AFTER);
  first.child.kill('SIGKILL');
  await first.done;
  await deliver(KILLED_AMONG, DELIVERIES - LATE);
  await emulator.engine.idle();

  const second = listen('--since', 'last');
  await second.nextLine((line) => line.includes('"state":"up"'));
  await deliver(DELIVERIES - LATE, DELIVERIES);
  const done = await second.nextLine((line) => line.includes('"state":"caught-up"'));
  await emulator.engine.idle();
  second.child.kill('SIGINT');
  expect((await second.done).code).toBe(0);

  expect(JSON.parse(done)).toMatchObject({ source: 'log', failed: 0, skipped: 0, message: null });
  const times = countBy(app.received, ({ body }) => body.toString());
  for (let n = 0; n < DELIVERIES; n++) expect(times.has(bodyOf(n).toString())).toBe(true);
  const isMarked = (capture: Capture): boolean =>
    capture.source === 'log' || capture.duplicateOf !== null;
  const marked = countBy(readStore(store).filter(isMarked), ({ body }) => body.toString());
  for (const [body, count] of times) {
    expect(count).toBeLessThanOrEqual(1 + (marked.get(body) ?? 0));
  }
  for (let n = DELIVERIES - LATE; n < DELIVERIES; n++) {
    expect(times.get(bodyOf(n).toString())).toBe(1);
  }
}, 180_000);

it('needs an API key, a moment to begin at, and --since for --dry-run', async () => {
  const run = (...more: string[]): Promise<CliResult> => spawnCli(['webhooks', 'listen', ...more]);
  const [keyless, neverUsed, alone] = await Promise.all([
    run('--since', '2h', '--port', '0'),
    run('--since', 'last', '--api-url', 'http://127.0.0.1:4009/api'),
    run('--dry-run'),
  ]);
  expect(keyless).toMatchObject({ code: 3, stdout: '' });
  expect(keyless.stderr).toContain('Settings → API Keys');
  expect(neverUsed.code).toBe(2);
  expect(neverUsed.stderr).toContain('--since 2h');
  expect(alone.code).toBe(2);
});
