// The relay beside the NATS client's own loops, on one server that syncs each message: requests stored per
// second, and 10,000 waiting events read by `listen --from`. The loop behind node:http is what a relay could
// reach at most. RELYABLE_BENCH_RELAY_EVENTS is for memory: the relay's growth over that many requests.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  BIN,
  createHome,
  environment,
  medianRatio,
  median,
  printClaim,
  processorMs,
  residentMb,
  ROOT,
  startLoad,
  startProcess,
} from './harness.mjs';

const BODY_BYTES = 1024;
const WAITING = 10_000;
const ROUNDS = 3;
const STREAM = 'RELYABLE_default';

/** A server with a folder of its own; null where nats-server is not installed. */
async function startServer(home) {
  const config = join(home, 'nats.conf');
  writeFileSync(
    config,
    `listen: "127.0.0.1:-1"\njetstream { store_dir: "${home}/js", sync_interval: always }\n`,
  );
  const child = spawn('nats-server', ['-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  const failed = new Promise((done) => child.on('error', () => done(null)));
  const started = new Promise((done) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      const port = /client connections on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) done(port);
    });
  });
  const port = await Promise.race([failed, started]);
  if (port === null) return null;
  process.on('exit', () => child.kill('SIGKILL'));
  return { url: `nats://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') };
}

let published = 0;

/** Messages per second of the client's own loop, with this number in flight. */
async function publishBare(connection, inFlight, count) {
  const client = jetstream(connection);
  const data = Buffer.alloc(BODY_BYTES, 'x');
  let left = count;
  const startedAt = performance.now();
  const worker = async () => {
    while (left-- > 0) {
      await client.publish('relyable.default.bare', data, { msgID: `bare-${published++}` });
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  return (count / (performance.now() - startedAt)) * 1000;
}

/** A durable consumer that syncs and acknowledges each batch, in a process of its own as `listen` is. */
async function readBare(url, home) {
  const args = [join(ROOT, 'bench/bare-consumer.mjs'), url, STREAM, `${WAITING}`];
  const { line, ended } = await startProcess([...args, join(home, 'bare')], { home });
  await ended;
  return line;
}

/** `listen --from`, from its first line until it has caught up. */
async function readWithListen(url) {
  const home = createHome();
  const args = ['webhooks', 'listen', '--from', url, '--since', 'all', '-p', '0', '--json'];
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: home,
    env: environment(home),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.on('exit', kill);
  const ended = new Promise((done) => child.on('exit', done));
  let [upAt, usedBefore, tail] = [0, 0, ''];
  // Its 10,000 lines are not parsed, which would take processors from it.
  for await (const chunk of child.stdout) {
    tail = tail.slice(-200) + chunk;
    if (upAt === 0 && tail.includes('"state":"up"')) {
      [upAt, usedBefore] = [performance.now(), processorMs(child.pid)];
    }
    if (tail.includes('"state":"caught-up"')) break;
  }
  const perSecond = (WAITING * 1000) / (performance.now() - upAt);
  const processorUs = ((processorMs(child.pid) - usedBefore) * 1000) / WAITING;
  child.kill('SIGTERM');
  await ended;
  process.off('exit', kill);
  return { perSecond, processorUs };
}

function claim(name, values, baseline, target = {}) {
  const ratio = medianRatio({ values }, { values: baseline });
  printClaim({ name, median: median(values), unit: '/s', ratio, ...target });
}

export async function bench() {
  const home = createHome();
  const server = await startServer(home);
  if (server === null) {
    console.log('skipped: nats-server is not installed');
    return;
  }
  const connection = await connect({ servers: server.url });
  const manager = await jetstreamManager(connection);
  await manager.streams.add({ name: STREAM, subjects: ['relyable.default.>'] });
  const relay = await startProcess(
    [BIN, 'webhooks', 'relay', '--nats', server.url, '--port', '0', '--admin-port', '0', '--json'],
    { home, ready: ({ type }) => type === 'ready' },
  );
  relay.child.stdout.resume();
  const load = await startLoad(home);
  const bareRelay = await startProcess([join(ROOT, 'bench/bare-relay.mjs'), server.url], { home });
  const send = async (connections, count, { url } = relay.line) => {
    const settings = { url, connections, count, bodyBytes: BODY_BYTES };
    return (await load.run(settings)).perSecond;
  };
  try {
    for (const [inFlight, count, atLeast] of [
      [64, 4000, 0.8],
      [1, 1000, 0.7],
    ]) {
      const [bare, served, relayed] = [[], [], []];
      for (let round = -1; round < ROUNDS; round++) {
        const perSecond = [
          await publishBare(connection, inFlight, count),
          await send(inFlight, count, bareRelay.line),
          await send(inFlight, count),
        ];
        if (round < 0) continue;
        for (const [index, values] of [bare, served, relayed].entries()) {
          values.push(perSecond[index]);
        }
      }
      const name = `relay, 1 KB, ${inFlight} at once`;
      printClaim({ name: `${name}, bare client`, median: median(bare), unit: '/s' });
      claim(`${name}, bare client behind node:http`, served, bare);
      claim(name, relayed, bare, { atLeast });
    }
    const before = residentMb(relay.child.pid);
    const many = Number(process.env.RELYABLE_BENCH_RELAY_EVENTS ?? 10_000);
    await send(64, many);
    const grown = residentMb(relay.child.pid) - before;
    printClaim({
      name: `relay, growth over ${many} requests`,
      median: grown,
      unit: 'MB',
      atMost: 20,
    });
    await manager.streams.purge(STREAM);
    await send(64, WAITING);
    const [bare, listened] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      bare.push(await readBare(server.url, home));
      listened.push(await readWithListen(server.url));
    }
    const rates = (all) => all.map(({ perSecond }) => perSecond);
    const used = (all) => median(all.map(({ processorUs }) => processorUs));
    const name = `listen --from, ${WAITING} waiting`;
    printClaim({ name: `${name}, bare client`, median: median(rates(bare)), unit: '/s' });
    claim(name, rates(listened), rates(bare), { atLeast: 0.7 });
    printClaim({ name: `${name}, processor, bare client`, median: used(bare), unit: 'µs' });
    printClaim({
      name: `${name}, processor`,
      median: used(listened),
      unit: 'µs',
      ratio: used(listened) / used(bare),
    });
  } finally {
    await Promise.all([relay.stop(), bareRelay.stop(), load.stop(), connection.close()]);
    server.stop();
  }
}
