// The emulator: events delivered per second to a trivial endpoint, and memory with 10,000 in retry.
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import {
  BIN,
  createHome,
  median,
  printClaim,
  residentMb,
  startApp,
  startProcess,
} from './harness.mjs';

const EVENTS = 10_000;
const ROUNDS = 5;
const HEADERS = { authorization: 'Bearer bench' };

async function startEmulate(home, endpoint) {
  const args = [BIN, 'webhooks', 'emulate', '--port', '0', '--json', '--endpoint', endpoint];
  const { line, child, stop } = await startProcess(args, {
    home,
    ready: ({ type }) => type === 'ready',
  });
  const pool = new Pool(new URL(line.url).origin, { connections: 32 });
  const total = async (state) => {
    const path = `/api/webhooks/deliveries?limit=1&state=${state}`;
    const answer = await pool.request({ method: 'GET', path, headers: HEADERS });
    return (await answer.body.json()).pagination.total;
  };
  const send = async () => {
    const path = `/api/webhooks/${line.endpoints[0].id}/test`;
    const answer = await pool.request({ method: 'POST', path, headers: HEADERS });
    await answer.body.dump();
    if (answer.statusCode !== 201) throw new Error(`test event: ${answer.statusCode}`);
  };
  /** Sends events, 64 at once, and waits until all are in that state. */
  const run = async (count, state) => {
    const target = (await total(state)) + count;
    let left = count;
    const startedAt = performance.now();
    const worker = async () => {
      while (left-- > 0) await send();
    };
    await Promise.all(Array.from({ length: 64 }, worker));
    while ((await total(state)) < target) await sleep(5);
    return (count / (performance.now() - startedAt)) * 1000;
  };
  return { child, run, stop: () => Promise.all([pool.close(), stop()]) };
}

export async function bench() {
  const home = createHome();
  const app = await startApp(home);
  const emulate = await startEmulate(home, app.url);
  await emulate.run(EVENTS, 'delivered');
  const rates = [];
  for (let round = 0; round < ROUNDS; round++) rates.push(await emulate.run(EVENTS, 'delivered'));
  await emulate.stop();
  await app.stop();
  printClaim({
    name: 'emulate, events delivered',
    median: median(rates),
    unit: '/s',
    atLeast: 2000,
  });

  const broken = createServer((request, response) => {
    request.resume();
    response.writeHead(500).end('not today');
  });
  await new Promise((done) => broken.listen(0, '127.0.0.1', done));
  const retrying = await startEmulate(home, `http://127.0.0.1:${broken.address().port}`);
  await retrying.run(EVENTS, 'retrying');
  const resident = residentMb(retrying.child.pid);
  await retrying.stop();
  broken.close();
  broken.closeAllConnections();
  printClaim({
    name: 'emulate, 10,000 in retry, resident',
    median: resident,
    unit: 'MB',
    atMost: 300,
  });
}
