// Resident memory of `listen` at 64 at once: 200,000 events of 1 KB, and 5,000 of 100 KB. The bare proxy, which
// stores nothing, shows what Node and undici alone take.
import { join } from 'node:path';
import {
  createHome,
  median,
  peakMb,
  printClaim,
  residentMb,
  ROOT,
  startApp,
  startListen,
  startLoad,
  startProcess,
} from './harness.mjs';

async function startProxy(home, target) {
  const proxy = await startProcess([join(ROOT, 'bench/bare-proxy.mjs'), target], { home });
  return { ...proxy, url: proxy.line.url };
}

/** Resident MB of a new process, after each of `steps` runs of `count` events. */
async function sample(start, { steps, count, bodyBytes }) {
  const home = createHome();
  const app = await startApp(home);
  const receiver = await start(home, app.url);
  const load = await startLoad(home);
  const samples = [];
  for (let step = 0; step < steps; step++) {
    await load.run({ url: receiver.url, connections: 64, count, bodyBytes });
    samples.push(residentMb(receiver.child.pid));
  }
  const peak = peakMb(receiver.child.pid);
  await load.stop();
  await receiver.stop();
  await app.stop();
  return { samples, peak };
}

/** The peak of `listen` beside that of the bare proxy; the samples of `listen`. */
async function comparePeaks(name, settings, atMost) {
  const proxy = await sample(startProxy, settings);
  const { samples, peak } = await sample(startListen, settings);
  printClaim({ name: `bare proxy, resident peak, ${name}`, median: proxy.peak, unit: 'MB' });
  printClaim({ name: `resident peak, ${name}`, median: peak, unit: 'MB', atMost });
  const ratio = peak / proxy.peak;
  printClaim({ name: `resident peak, ${name}, beside the proxy`, median: peak, unit: 'MB', ratio });
  return samples;
}

export async function bench() {
  if (process.platform !== 'linux') {
    console.log('resident memory is read from /proc: Linux only');
    return;
  }
  const samples = await comparePeaks('1 KB', { steps: 20, count: 10_000, bodyBytes: 1024 }, 90);
  const middle = median(samples);
  const claim = (name, value, limits) =>
    printClaim({ name, median: value, unit: 'MB', ratio: value / middle, ...limits });
  claim('resident, 1 KB, highest', Math.max(...samples), { atMost: 1.1 });
  claim('resident, 1 KB, lowest', Math.min(...samples), { atLeast: 0.9 });
  await comparePeaks('100 KB', { steps: 5, count: 1000, bodyBytes: 102_400 }, 150);
}
