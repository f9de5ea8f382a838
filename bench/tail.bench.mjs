// `logs tail` over a log of 100,000 attempts: how soon it shows, what it holds, what it asks for.
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { BIN, createHome, median, printClaim, residentMb, ROOT, startProcess } from './harness.mjs';

const ROUNDS = 5;
const INTERVAL_MS = 200;
const INTERVALS = 25;

export async function bench() {
  const home = createHome();
  const log = await startProcess([join(ROOT, 'bench/log-app.mjs')], { home });
  const requests = async () => Number(await (await fetch(`${log.line.url}/requests`)).text());
  const args = [BIN, 'webhooks', 'logs', 'tail', '--api-url', `${log.line.url}/api`];
  args.push('--interval', `${INTERVAL_MS}ms`, '--json', '--quiet');
  const shown = [];
  const resident = [];
  const perInterval = [];
  for (let round = 0; round < ROUNDS; round++) {
    const startedAt = performance.now();
    const tail = await startProcess(args, { home, ready: (line) => line.type === 'attempt' });
    shown.push(performance.now() - startedAt);
    // By then the tail has made the requests of its start.
    await sleep(5 * INTERVAL_MS);
    const before = await requests();
    await sleep(INTERVALS * INTERVAL_MS);
    perInterval.push(((await requests()) - before) / INTERVALS);
    resident.push(residentMb(tail.child.pid));
    await tail.stop();
  }
  await log.stop();
  printClaim({ name: 'tail, first line', median: median(shown), unit: 'ms', atMost: 1000 });
  printClaim({ name: 'tail, resident', median: median(resident), unit: 'MB', atMost: 120 });
  printClaim({
    name: 'tail, requests per interval',
    median: median(perInterval),
    unit: '',
    atMost: 1.05,
  });
}
