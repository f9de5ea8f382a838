// Reading from a store of a million captures of 1 KB, whole processes, against a bare `node -e 0`.
import { join } from 'node:path';
import { fillStore } from './fill-store.mjs';
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

export async function bench() {
  const home = createHome();
  const file = join(home, 'captures.db');
  const listen = await startListen(home, '9', ['--store', file]);
  await listen.stop();
  await fillStore(file, COUNT, (n) => ({ id: `evt_${n}`, data: { note: 'x'.repeat(940) } }));
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
