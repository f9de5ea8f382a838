// `listen` (verification, fsync'd capture) against a bare reverse proxy, same app, same load.
import { join } from 'node:path';
import {
  createHome,
  interleave,
  medianRatio,
  printClaim,
  ROOT,
  startListen,
  startLoad,
  startProcess,
  whenIdle,
} from './harness.mjs';

const script = (name) => join(ROOT, 'bench', name);

export async function bench() {
  const home = createHome();
  const app = await startProcess([script('clock-app.mjs')], { home });
  const proxy = await startProcess([script('bare-proxy.mjs'), app.line.url], { home });
  const listen = await startListen(home, app.line.url);
  const load = await startLoad(home);
  // The rounds of one run differ by a third, so the median of fewer rounds is unreliable.
  const compare = async (name, settings, key, limits, rounds = 21) => {
    const measure = (url) => async () => {
      const figure = (await load.run({ url, ...settings }))[key];
      // Work that the listener puts off must not slow down the next measurement.
      await whenIdle(listen.child.pid);
      return figure;
    };
    const results = await interleave(
      { proxy: measure(proxy.line.url), listen: measure(listen.url) },
      { rounds, warmUps: 2 },
    );
    const unit = key === 'perSecond' ? '/s' : 'µs';
    printClaim({ name: `bare proxy, ${name}`, median: results.proxy.median, unit });
    printClaim({
      name: `listen, ${name}`,
      median: results.listen.median,
      unit,
      ratio: medianRatio(results.listen, results.proxy),
      ...limits,
    });
  };
  await compare(
    '1 KB, 64 at once',
    { connections: 64, count: 12_000, bodyBytes: 1024 },
    'perSecond',
    {
      atLeast: 0.75,
    },
  );
  // No target: for comparison with the burst.
  await compare(
    '1 KB, 64 at once, 100,000 in a row',
    { connections: 64, count: 100_000, bodyBytes: 1024 },
    'perSecond',
    {},
    3,
  );
  await compare(
    '100 KB, 64 at once',
    { connections: 64, count: 1500, bodyBytes: 102_400 },
    'perSecond',
    {
      atLeast: 0.5,
    },
  );
  await compare(
    '1 KB, one at a time',
    { connections: 1, count: 2000, bodyBytes: 1024 },
    'perSecond',
    { atLeast: 0.6 },
  );
  await compare(
    '1 KB, one at a time, until the app has it',
    { connections: 1, count: 2000, bodyBytes: 1024 },
    'toAppUs',
    {
      atMost: 1.3,
    },
  );
  await load.stop();
  await listen.stop();
  await proxy.stop();
  await app.stop();
}
