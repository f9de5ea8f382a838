// From the start of `listen` to its `ready` line, against a bare `node -e 0`.
import {
  BIN,
  createHome,
  interleave,
  medianRatio,
  printClaim,
  startApp,
  startProcess,
  timeProcess,
} from './harness.mjs';

export async function bench() {
  const home = createHome();
  const app = await startApp(home);
  const untilReady = async () => {
    const startedAt = performance.now();
    const args = [BIN, 'webhooks', 'listen', '--port', '0', '--json', '--forward-to', app.url];
    const { stop } = await startProcess(args, { home, ready: ({ type }) => type === 'ready' });
    const durationMs = performance.now() - startedAt;
    await stop();
    return durationMs;
  };
  const { bare, listen } = await interleave(
    { bare: () => timeProcess(['-e', '0'], { home }), listen: untilReady },
    { rounds: 15 },
  );
  await app.stop();
  printClaim({ name: 'node -e 0', median: bare.median, unit: 'ms' });
  printClaim({
    name: 'listen, start to ready',
    median: listen.median,
    unit: 'ms',
    ratio: medianRatio(listen, bare),
    atMost: 4,
  });
}
