// Whole processes, from spawn to exit, against a bare `node -e 0`.
import {
  BIN,
  createHome,
  interleave,
  medianRatio,
  printClaim,
  startApp,
  timeProcess,
} from './harness.mjs';

export async function bench() {
  const home = createHome();
  const app = await startApp(home);
  const time =
    (...args) =>
    () =>
      timeProcess(args, { home });
  const results = await interleave(
    {
      bare: time('-e', '0'),
      version: time(BIN, '--version'),
      help: time(BIN, '--help'),
      triggerHelp: time(BIN, 'webhooks', 'trigger', '--help'),
      trigger: time(BIN, 'webhooks', 'trigger', 'test_run.completed', '--to', app.url),
    },
    { rounds: 21 },
  );
  await app.stop();
  const { bare, version, help, triggerHelp, trigger } = results;
  printClaim({ name: 'node -e 0', median: bare.median, unit: 'ms' });
  const claim = (name, result, atMost) =>
    printClaim({
      name,
      median: result.median,
      unit: 'ms',
      ratio: medianRatio(result, bare),
      atMost,
    });
  claim('relyable --version', version, 1.5);
  claim('relyable --help', help, 1.5);
  claim('relyable webhooks trigger --help', triggerHelp, 1.5);
  claim('relyable webhooks trigger, to a local app', trigger, 2.2);
}
