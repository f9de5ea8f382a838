// The live view of `listen` against its plain lines, both in a pseudo-terminal: share of one
// processor at 50 events a second, and how fast it forwards under load.
import { existsSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';
import { spawn } from '@lydell/node-pty';
import {
  BIN,
  createHome,
  environment,
  interleave,
  median,
  medianRatio,
  printClaim,
  processorMs,
  startApp,
  startLoad,
} from './harness.mjs';
import { closePacedLoad, sendPaced } from './paced-load.mjs';

const PER_SECOND = 50;
const SECONDS = 5;
/** `listen` in a terminal of 120 by 40: `{ url, pid, stop }`. */
function startInTerminal(home, target, extra) {
  const args = ['webhooks', 'listen', '--port', '0', '--forward-to', target, ...extra];
  const pty = spawn(process.execPath, [BIN, ...args], {
    cwd: home,
    cols: 120,
    rows: 40,
    env: environment(home, { TERM: 'xterm-256color', RELYABLE_NO_UPDATE_CHECK: '1' }),
  });
  process.on('exit', () => pty.kill('SIGKILL'));
  const stop = () =>
    new Promise((done) => {
      pty.onExit(done);
      pty.kill('SIGTERM');
    });
  return new Promise((resolve) => {
    let text = '';
    const reader = pty.onData((chunk) => {
      text += chunk;
      const url = /Listening on (http:\S+)\r?\n/.exec(stripVTControlCharacters(text))?.[1];
      if (url === undefined) return;
      reader.dispose();
      pty.onData(() => undefined);
      resolve({ url, pid: pty.pid, stop });
    });
  });
}

/** Percent of one processor used while events come at an even pace. */
async function share({ url, pid }) {
  const startedAt = performance.now();
  const usedBefore = processorMs(pid);
  await sendPaced(url, { perSecond: PER_SECOND, seconds: SECONDS });
  return ((processorMs(pid) - usedBefore) * 100) / (performance.now() - startedAt);
}

export async function bench() {
  const home = createHome();
  const app = await startApp(home);
  const plain = await startInTerminal(home, app.url, ['--output', 'plain']);
  const live = await startInTerminal(home, app.url, ['--store', `${home}/live.db`]);
  if (existsSync('/proc/self/stat')) {
    const shares = await interleave(
      { plain: () => share(plain), live: () => share(live) },
      { rounds: 3, warmUps: 1 },
    );
    const name = `at ${PER_SECOND} events a second`;
    printClaim({ name: `plain lines, ${name}`, median: shares.plain.median, unit: '%' });
    printClaim({ name: `live view, ${name}`, median: shares.live.median, unit: '%' });
    const added = median(shares.live.values.map((used, n) => used - shares.plain.values[n]));
    printClaim({ name: 'what the live view adds', median: added, unit: '%', atMost: 5 });
  }
  const load = await startLoad(home);
  const settings = { connections: 64, count: 6000, bodyBytes: 1024 };
  const measure =
    ({ url }) =>
    async () =>
      (await load.run({ url, ...settings })).perSecond;
  const rates = await interleave(
    { plain: measure(plain), live: measure(live) },
    { rounds: 7, warmUps: 1 },
  );
  printClaim({ name: 'plain lines, 64 at once', median: rates.plain.median, unit: '/s' });
  printClaim({
    name: 'live view, 64 at once',
    median: rates.live.median,
    unit: '/s',
    ratio: medianRatio(rates.live, rates.plain),
    // The target allows for the difference between two runs of the same program.
    atLeast: 0.95,
  });
  await load.stop();
  await plain.stop();
  await live.stop();
  closePacedLoad();
  await app.stop();
}
