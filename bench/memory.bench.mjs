// Resident memory of `listen` at 64 at once, from the 10,000th to the 200,000th event.
import {
  createHome,
  median,
  printClaim,
  residentMb,
  startApp,
  startListen,
  startLoad,
} from './harness.mjs';

const STEP = 10_000;

export async function bench() {
  if (process.platform !== 'linux') {
    console.log('resident memory is read from /proc: Linux only');
    return;
  }
  const home = createHome();
  const app = await startApp(home);
  const listen = await startListen(home, app.url);
  const load = await startLoad(home);
  const samples = [];
  for (let sent = 0; sent < 200_000; sent += STEP) {
    await load.run({ url: listen.url, connections: 64, count: STEP, bodyBytes: 1024 });
    samples.push(residentMb(listen.child.pid));
  }
  await load.stop();
  await listen.stop();
  await app.stop();
  const middle = median(samples);
  printClaim({
    name: 'resident, median over 200,000 events',
    median: middle,
    unit: 'MB',
    atMost: 110,
  });
  printClaim({
    name: 'resident, highest',
    median: Math.max(...samples),
    unit: 'MB',
    ratio: Math.max(...samples) / middle,
    atMost: 1.1,
  });
  printClaim({
    name: 'resident, lowest',
    median: Math.min(...samples),
    unit: 'MB',
    ratio: Math.min(...samples) / middle,
    atLeast: 0.9,
  });
}
