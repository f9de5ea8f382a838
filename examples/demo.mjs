// A demo of the whole path on this machine, without an account: an app, a listener in front of it,
// and the four events. Run it with `npm run demo`.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const BIN = join(import.meta.dirname, '../bin/relyable.js');
const APP = join(import.meta.dirname, 'express/app.mjs');
const folder = mkdtempSync(join(tmpdir(), 'relyable-demo-'));
const running = [];
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Starts a Node program and prefixes its lines with a name. `until` resolves with the first group of
 * the first line that matches.
 */
function start(name, args, env = {}) {
  const child = spawn(process.execPath, args, {
    // A separate store and secret, so that the demo does not use yours.
    env: {
      ...process.env,
      RELYABLE_STORE: join(folder, 'captures.db'),
      RELYABLE_WEBHOOK_SECRET: 'whsec_demo',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  const waiting = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      console.log(`${name.padEnd(8)}| ${line}`);
      for (const waiter of waiting) waiter(line);
    });
  }
  const ended = new Promise((resolve) => child.on('close', resolve));
  const until = (pattern) =>
    new Promise((resolve, reject) => {
      waiting.push((line) => {
        const match = pattern.exec(line);
        if (match !== null) resolve(match[1]);
      });
      void ended.then(() => reject(new Error(`${name} ended before it was ready`)));
    });
  return { child, ended, until };
}

const app = start('app', [APP], { PORT: '0' });
const target = await app.until(/app on (\S+)/);
const listener = start('listen', [
  BIN,
  'webhooks',
  'listen',
  '--port',
  '0',
  '--forward-to',
  target,
]);
const url = await listener.until(/Listening on (\S+)/);
const trigger = start('trigger', [BIN, 'webhooks', 'trigger', 'all', '--to', url]);
const code = await trigger.ended;
const verify = start('verify', [BIN, 'webhooks', 'verify']);
const verified = await verify.ended;
listener.child.kill('SIGINT');
await listener.ended;
app.child.kill();
await app.ended;
if (code !== 0 || verified !== 0) process.exitCode = 1;
else
  console.log(
    '\nFour signed events were sent, stored, verified and handled. Next, in your own project: relyable init (npm link puts it on your path)',
  );
