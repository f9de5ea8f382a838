// Resident memory of `listen` at 64 at once: 200,000 events of 1 KB, and 5,000 of 100 KB.
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

/** Resident MB of a listener of its own, after each of `steps` runs of `count` events. */
async function sample({ steps, count, bodyBytes }) {
  const home = createHome();
  const app = await startApp(home);
  const listen = await startListen(home, app.url);
  const load = await startLoad(home);
  const samples = [];
  for (let step = 0; step < steps; step++) {
    await load.run({ url: listen.url, connections: 64, count, bodyBytes });
    samples.push(residentMb(listen.child.pid));
  }
  const peak = peakMb(listen.child.pid);
  await load.stop();
  await listen.stop();
  await app.stop();
  return { samples, peak };
}

export async function bench() {
  if (process.platform !== 'linux') {
    console.log('resident memory is read from /proc: Linux only');
    return;
  }
  const small = await sample({ steps: 20, count: 10_000, bodyBytes: 1024 });
  printClaim({ name: 'resident peak, 1 KB', median: small.peak, unit: 'MB', atMost: 90 });
  const middle = median(small.samples);
  const claim = (name, value, limits) =>
    printClaim({ name, median: value, unit: 'MB', ratio: value / middle, ...limits });
  claim('resident, 1 KB, highest', Math.max(...small.samples), { atMost: 1.1 });
  claim('resident, 1 KB, lowest', Math.min(...small.samples), { atLeast: 0.9 });
  const large = await sample({ steps: 5, count: 1000, bodyBytes: 102_400 });
  printClaim({ name: 'resident peak, 100 KB', median: large.peak, unit: 'MB', atMost: 150 });
}
