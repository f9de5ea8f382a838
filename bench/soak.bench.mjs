// Whether the memory of `listen` grows with what it has received: 200,000 requests, most of them
// events of 1 KB at 64 at once, and in between what senders get wrong. Takes minutes; not in CI.
// On Node 20.20 and two shared cores, 5.5 minutes: 102 MB after 10,000 requests, 103 after 200,000,
// between 103 and 109 in between; growth 0.93 MB per 100,000, which is within the noise.
import { once } from 'node:events';
import { connect } from 'node:net';
import {
  createHome,
  median,
  peakMb,
  printClaim,
  residentMb,
  startApp,
  startListen,
  startLoad,
} from './harness.mjs';

const STEPS = 20;
/** The numbers of events and of odd requests in each step. */
const EVENTS = 9500;
const ODD = 500;
/** The first steps fill pools and caches; memory is judged after them. */
const WARM_UP_STEPS = 4;

const HEAD = 'POST /hook HTTP/1.1\r\nHost: bench\r\n';
/** What each odd sender writes; one that does not end its request leaves. */
const ODD_REQUESTS = [
  `${HEAD}Content-Length: 2\r\nConnection: close\r\n\r\n{}`,
  `${HEAD}Content-Length: 2\r\nConnection: close\r\nX-Relyable-Signature: ${'0'.repeat(64)}\r\n\r\n{}`,
  'GET /hook HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n',
  `${HEAD}Content-Length: 99999999\r\nConnection: close\r\n\r\n`,
  `${HEAD}Content-Length: x\r\n\r\n`,
  `${HEAD}Content-Length: 1000\r\n\r\n{`,
];

/** One request that is refused, or whose sender leaves before its end. */
async function sendOdd(port, index) {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => undefined);
  socket.resume();
  const closed = once(socket, 'close');
  socket.end(ODD_REQUESTS[index % ODD_REQUESTS.length]);
  await closed;
}

/** MB per 100,000 requests: the median slope of all pairs of samples, which outliers do not move. */
function slopeOf(samples) {
  const perStep = samples.flatMap((mb, i) =>
    samples.slice(i + 1).map((later, distance) => (later - mb) / (distance + 1)),
  );
  return (median(perStep) * 100_000) / (EVENTS + ODD);
}

export async function bench() {
  if (process.platform !== 'linux') {
    console.log('resident memory is read from /proc: Linux only');
    return;
  }
  const home = createHome();
  const app = await startApp(home);
  const listen = await startListen(home, app.url);
  const load = await startLoad(home);
  const port = Number(new URL(listen.url).port);
  const samples = [];
  for (let step = 0; step < STEPS; step++) {
    await load.run({ url: listen.url, connections: 64, count: EVENTS, bodyBytes: 1024 });
    for (let i = 0; i < ODD; i += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, n) => sendOdd(port, i + n)));
    }
    samples.push(residentMb(listen.child.pid));
  }
  const { received } = await (await fetch(listen.url)).json();
  const peak = peakMb(listen.child.pid);
  await load.stop();
  await listen.stop();
  await app.stop();
  console.log(`after each ${EVENTS + ODD} requests, MB: ${samples.map(Math.round).join(' ')}`);
  printClaim({
    name: 'answered 200 of the events',
    median: received,
    unit: '',
    atLeast: STEPS * EVENTS,
  });
  printClaim({ name: 'resident peak', median: peak, unit: 'MB' });
  const slope = slopeOf(samples.slice(WARM_UP_STEPS));
  printClaim({ name: 'growth per 100,000 requests', median: slope, unit: 'MB', atMost: 1 });
}
