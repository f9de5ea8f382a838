// Requests per second of `trigger --count`, against a plain undici Pool loop in its own process.
import { join } from 'node:path';
import {
  BIN,
  createHome,
  interleave,
  medianRatio,
  printClaim,
  ROOT,
  startApp,
  startProcess,
} from './harness.mjs';

const COUNT = '20000';
const CONCURRENCY = '64';

export async function bench() {
  const home = createHome();
  const app = await startApp(home);
  const perSecond = (args) => async () => {
    const { line, ended } = await startProcess(args, { home });
    await ended;
    return line.perSecond;
  };
  const loop = [join(ROOT, 'bench/undici-loop.mjs'), app.url, COUNT, CONCURRENCY];
  const many = ['--count', COUNT, '--concurrency', CONCURRENCY, '--json', '--quiet'];
  const trigger = [BIN, 'webhooks', 'trigger', 'test_run.completed', '--to', app.url, ...many];
  const results = await interleave(
    { loop: perSecond(loop), trigger: perSecond(trigger) },
    { rounds: 7, warmUps: 1 },
  );
  await app.stop();
  printClaim({ name: 'plain undici Pool loop', median: results.loop.median, unit: '/s' });
  printClaim({
    name: `relyable webhooks trigger --count ${COUNT}`,
    median: results.trigger.median,
    unit: '/s',
    ratio: medianRatio(results.trigger, results.loop),
    atLeast: 0.8,
  });
}
