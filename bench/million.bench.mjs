// Reading from a store of a million captures of 1 KB, whole processes, against a bare `node -e 0`.
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import {
  BIN,
  createHome,
  interleave,
  medianRatio,
  printClaim,
  startListen,
  timeProcess,
} from './harness.mjs';

const COUNT = 1_000_000;

/** Fills a store that `listen` has made, in the form in which `listen` writes. */
async function fill(file) {
  const { DatabaseSync } = await import('@photostructure/sqlite');
  const database = new DatabaseSync(file);
  database.exec('PRAGMA synchronous = OFF; BEGIN');
  const insert = database.prepare(
    `INSERT INTO captures (id, received_at, method, path, http_version, headers, body, event, event_id, event_key, valid, reason, duplicate_of, answered)
     VALUES (?, ?, 'POST', ?, '1.1', ?, ?, ?, ?, ?, 1, 'ok', NULL, 200)`,
  );
  const event = Buffer.from('test_run.completed');
  for (let n = 0; n < COUNT; n++) {
    const body = Buffer.from(
      JSON.stringify({
        event: 'test_run.completed',
        id: `evt_${n}`,
        data: { note: 'x'.repeat(940) },
      }),
    );
    const signature = createHmac('sha256', 'whsec_bench').update(body).digest('hex');
    const headers = Buffer.from(JSON.stringify([['X-Relyable-Signature', signature]]));
    const id = `cap_${String(n).padStart(16, '0')}`;
    insert.run(
      id,
      1_700_000_000_000 + n,
      Buffer.from('/'),
      headers,
      body,
      event,
      Buffer.from(`evt_${n}`),
      n,
    );
  }
  database.exec('COMMIT');
  database.close();
}

export async function bench() {
  const home = createHome();
  const file = join(home, 'captures.db');
  const listen = await startListen(home, '9', ['--store', file]);
  await listen.stop();
  await fill(file);
  const time =
    (...args) =>
    () =>
      timeProcess(args, { home });
  const results = await interleave(
    {
      bare: time('-e', '0'),
      last: time(BIN, 'webhooks', 'verify', 'last', '--store', file),
      list: time(BIN, 'webhooks', 'captures', 'list', '--limit', '50', '--store', file),
    },
    { rounds: 15 },
  );
  printClaim({ name: 'node -e 0', median: results.bare.median, unit: 'ms' });
  for (const [name, result] of [
    ['verify last, of 1,000,000', results.last],
    ['captures list --limit 50, of 1,000,000', results.list],
  ]) {
    const ratio = medianRatio(result, results.bare);
    printClaim({ name, median: result.median, unit: 'ms', ratio, atMost: 4 });
  }
}
