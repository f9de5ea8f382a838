import { expect, test } from 'vitest';
import { spawnCli } from '../support/cli.ts';
import { runCli } from '../support/run-cli.ts';

// Without a signing secret, so that each of them would have something to say first.
test.for(
  [
    'listen --start-timeout soon',
    'listen --port 70000',
    'listen --events later.event --expect test_run.complete',
    'listen --expect later.event --junit x.xml --where a=1 --timeout-after soon',
    'listen --cacert missing.pem',
    'check 3000 --start-timeout soon',
    'check 3000 --seed x',
    'check 3000 -H nothing',
    'emulate --seed x',
    'trigger test_run.completed --to 1 --set data.scoer=x --timeout soon',
    'trigger test_run.completed --to 1 --set data.scoer=x --set data.score=x',
    'trigger test_run.completed --set data.scoer=1',
    'verify missing.http',
    'verify --format httpp missing.http',
    'verify --signature abc',
    'captures replay last --to 1 --resign --timeout soon',
    'captures replay last --to 1 --resign',
    'captures import last',
    'captures import missing.http',
    'logs tail --resume --limit x',
  ].map((line) => line.split(' ')),
)('%s: the error comes alone', async (args) => {
  const run = args[0] === 'listen' ? spawnCli : runCli;
  const env = { RELYABLE_API_KEY: 'key' };
  const { code, stdout, stderr } = await run(['webhooks', ...args], { env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^error: [^\n]*\n(hint: [^\n]*\n)?$/);
});
