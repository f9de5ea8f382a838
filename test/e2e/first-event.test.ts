import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { startApp } from '../support/app.ts';
import { type RunningCli, startCli, temporaryHome } from '../support/cli.ts';
import { ngrokStandIn } from '../support/ngrok-stand-in.ts';

const EVENT = '{"event":"test_run.completed"}';

/** `init` on the way to the first event, in a project whose config is there. */
function startInit(forwardTo: string, ...args: string[]): RunningCli {
  const home = temporaryHome();
  writeFileSync(join(home, '.relyablerc.json'), JSON.stringify({ forwardTo, port: 0 }));
  const { env } = ngrokStandIn();
  return startCli(['init', '--yes', '--tunnel', 'ngrok', ...args], { home, env });
}

function send(url: string, secret: string): Promise<Response> {
  const headers = { 'X-Relyable-Signature': signPayload(Buffer.from(EVENT), secret) };
  return fetch(url, { method: 'POST', body: EVENT, headers });
}

it('leads from the address to a verified event, each step when it is done', async () => {
  const app = await startApp();
  const { nextErrorLine, home, done } = startInit(`${app.url}/hook`);
  await nextErrorLine((line) => line.startsWith('1. Add a webhook'));
  const url = (await nextErrorLine((line) => line.includes('http://127.0.0.1'))).trim();
  await nextErrorLine((line) => line.startsWith('2. Write the signing secret'));
  await send(url, 'whsec_other');
  await nextErrorLine((line) => line.includes('its signature is not valid'));
  writeFileSync(join(home, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_dashboard\n');
  await nextErrorLine((line) => line.startsWith('3. Start your app again'));
  await send(url, 'whsec_dashboard');
  const { code, stdout, stderr } = await done;
  expect(stderr).toContain('Your app answered 200: it is delivered.');
  expect(code).toBe(0);
  expect(`${stdout}${stderr}`).not.toContain('whsec_dashboard');
});

it('is one object under --json, and 1 where the app refused the event', async () => {
  const app = await startApp((response) => response.writeHead(401).end());
  const { nextErrorLine, home, done } = startInit(`${app.url}/hook`, '--json');
  const url = (await nextErrorLine((line) => line.includes('http://127.0.0.1'))).trim();
  writeFileSync(join(home, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_dashboard\n');
  await nextErrorLine((line) => line.startsWith('3. '));
  await send(url, 'whsec_dashboard');
  const { code, stdout } = await done;
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'init',
    firstEvent: { publicUrl: url, event: 'test_run.completed', status: 401 },
  });
});

it('ends with the words of the tunnel where there is none', async () => {
  const home = temporaryHome();
  const env = { RELYABLE_NGROK_PATH: '/nonexistent' };
  const { done } = startCli(['init', '--yes', '--tunnel', 'ngrok'], { home, env });
  const { code, stdout, stderr } = await done;
  expect(code).toBe(2);
  expect(stdout).toContain('.relyablerc.json: forwards to');
  expect(stderr).toContain('RELYABLE_NGROK_PATH: expected a program, /nonexistent is not one');
});

it('stops its listener with Ctrl-C', async () => {
  const { nextErrorLine, child, done } = startInit('http://127.0.0.1:9/hook');
  await nextErrorLine((line) => line.startsWith('1. '));
  const url = (await nextErrorLine((line) => line.includes('http://127.0.0.1'))).trim();
  child.kill('SIGINT');
  expect((await done).code).toBe(130);
  await expect(send(url, 'x')).rejects.toThrow();
});
