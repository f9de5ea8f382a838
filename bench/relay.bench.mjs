// The relay beside the NATS client's own loops, on one server that syncs each message: requests stored per
// second, and 10,000 waiting events read by `listen --from`. RELYABLE_BENCH_RELAY_EVENTS is for memory: the
// relay's growth over that many requests.
import { spawn } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import {
  BIN,
  createHome,
  medianRatio,
  median,
  printClaim,
  residentMb,
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

/** Messages per second of a durable consumer that syncs and acknowledges each batch. */
async function readBare(connection, home) {
  const manager = await jetstreamManager(connection);
  const name = `bare${published++}`;
  await manager.consumers.add(STREAM, { durable_name: name, ack_policy: AckPolicy.All });
  const consumer = await jetstream(connection).consumers.get(STREAM, name);
  const file = openSync(join(home, name), 'w');
  const startedAt = performance.now();
  let read = 0;
  while (read < WAITING) {
    let last;
    for await (const message of await consumer.fetch({ max_messages: 100, expires: 1000 })) {
      writeSync(file, message.data);
      last = message;
      read += 1;
    }
    fdatasyncSync(file);
    last?.ack();
  }
  closeSync(file);
  await manager.consumers.delete(STREAM, name);
  return (WAITING / (performance.now() - startedAt)) * 1000;
}

/** Events per second of `listen --from`, from its first line until it has caught up. */
async function readWithListen(url) {
  const home = createHome();
  const args = [BIN, 'webhooks', 'listen', '--from', url, '--since', 'all', '-p', '0', '--json'];
  let upAt = 0;
  const { stop } = await startProcess(args, {
    home,
    ready: (line) => {
      if (line.type === 'source' && line.state === 'up') upAt = performance.now();
      return line.type === 'source' && line.state === 'caught-up';
    },
  });
  const perSecond = (WAITING / (performance.now() - upAt)) * 1000;
  await stop();
  return perSecond;
}

function claim(name, values, baseline, atLeast) {
  const ratio = medianRatio({ values }, { values: baseline });
  printClaim({ name: `${name}, bare client`, median: median(baseline), unit: '/s' });
  printClaim({ name, median: median(values), unit: '/s', ratio, atLeast });
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
  const send = async (connections, count) => {
    const settings = { url: relay.line.url, connections, count, bodyBytes: BODY_BYTES };
    return (await load.run(settings)).perSecond;
  };
  try {
    for (const [inFlight, count, atLeast] of [
      [64, 4000, 0.8],
      [1, 1000, 0.7],
    ]) {
      const [bare, relayed] = [[], []];
      for (let round = -1; round < ROUNDS; round++) {
        const one = await publishBare(connection, inFlight, count);
        const other = await send(inFlight, count);
        if (round < 0) continue;
        bare.push(one);
        relayed.push(other);
      }
      claim(`relay, 1 KB, ${inFlight} at once`, relayed, bare, atLeast);
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
      bare.push(await readBare(connection, home));
      listened.push(await readWithListen(server.url));
    }
    claim(`listen --from, ${WAITING} waiting`, listened, bare, 0.7);
  } finally {
    await Promise.all([relay.stop(), load.stop(), connection.close()]);
    server.stop();
  }
}
