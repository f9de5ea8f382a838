import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSameSignature, signPayload } from '../../../src/signature/sign.ts';
import { startApp, type TestApp } from '../../support/app.ts';
import { type RunningCli, startCli, temporaryHome } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

const KEY = { authorization: 'Bearer any-key' };

interface Running extends RunningCli {
  readonly api: string;
  readonly endpointId: string;
}

async function startEmulate(
  args: readonly string[],
  options: { home?: string; env?: Record<string, string> } = {},
): Promise<Running> {
  const running = startCli(['webhooks', 'emulate', '--port', '0', '--json', ...args], options);
  const ready = JSON.parse(await running.nextLine((line) => line.includes('"ready"')));
  return { ...running, api: ready.url, endpointId: ready.endpoints[0]?.id };
}

async function sendTest({ api, endpointId }: Running): Promise<string> {
  const response = await fetch(`${api}/webhooks/${endpointId}/test`, {
    method: 'POST',
    headers: KEY,
  });
  expect(response.status).toBe(201);
  return ((await response.json()) as { data: { id: string } }).data.id;
}

const nextOfType = async (running: RunningCli, type: string): Promise<any> =>
  JSON.parse(await running.nextLine((line) => line.includes(`"type":"${type}"`)));

function signatureOf(app: TestApp, index: number): { signature: string; body: Buffer } {
  const received = app.received[index];
  return {
    signature: String(received?.headers['x-relyable-signature']),
    body: received?.body ?? Buffer.alloc(0),
  };
}

describe('relyable webhooks emulate', () => {
  it('delivers, retries, gives up and says so, as NDJSON', async () => {
    const app = await startApp((response) => response.writeHead(503).end('no'));
    const running = await startEmulate(['--endpoint', String(app.port), '--speed', 'instant'], {
      env: { RELYABLE_WEBHOOK_SECRET: 'whsec_of_the_test' },
    });
    const id = await sendTest(running);
    for (let n = 1; n <= 5; n++) {
      expect(await nextOfType(running, 'attempt')).toMatchObject({
        v: 1,
        deliveryId: id,
        attempt: n,
        maxAttempts: 5,
        status: 503,
        responseBody: 'no',
        state: n === 5 ? 'failed' : 'retrying',
      });
    }
    expect(await nextOfType(running, 'notice')).toMatchObject({ deliveryId: id });
    const { signature, body } = signatureOf(app, 4);
    expect(isSameSignature(signature, signPayload(body, 'whsec_of_the_test'))).toBe(true);
    running.child.kill('SIGINT');
    const { code, stdout, stderr } = await running.done;
    expect(code).toBe(0);
    expect(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')).toMatchObject({
      type: 'summary',
      attempts: 5,
      delivered: 0,
      failed: 1,
    });
    expect(stdout + stderr).not.toContain('whsec_of_the_test');
  });

  it('shows people the schedule, the endpoint and how to go on', async () => {
    const app = await startApp((response) => response.writeHead(500).end('\u001B[31mred'));
    const running = startCli(
      ['webhooks', 'emulate', '--port', '0', '--endpoint', app.url, '--speed', 'instant'],
      {},
    );
    const line = await running.nextErrorLine((text) => text.includes('send:'));
    const url = /http\S+test/.exec(line)?.[0] ?? '';
    await fetch(url, { method: 'POST', headers: KEY });
    await running.nextErrorLine((text) => text.includes('Subject:'));
    running.child.kill('SIGTERM');
    const { code, stdout, stderr } = await running.done;
    expect(code).toBe(0);
    expect(stdout).toMatch(/✗ 500 .* 5\/5 /);
    expect(stdout).toContain('FAILED for good after 5 attempts');
    expect(stdout).toContain('\\u{1b}[31mred');
    expect(stdout).not.toContain('\u001B');
    expect(stderr).toContain('+1h 21m after the first, speed instant');
    expect(stderr).toContain('using the development secret');
  });

  it('a reader of stdout that stands still holds up nothing, and hears how much it missed', async () => {
    // Lines of 25 KB: twice what is kept for such a reader.
    const app = await startApp((response) => response.writeHead(500).end('\u0001'.repeat(4096)));
    const running = await startEmulate(['--endpoint', app.url, '--speed', 'instant']);
    running.child.stdout.pause();
    for (let i = 0; i < 140; i++) await sendTest(running);
    await app.waitFor(140 * 5);
    await running.nextErrorLine((line) => line.includes('nothing is printed until it reads'));
    running.child.kill('SIGINT');
    const told = await running.nextErrorLine((line) => line.includes('lines not printed'));
    running.child.stdout.resume();
    const { code, stdout } = await running.done;
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n').slice(1);
    expect(JSON.parse(lines.pop() ?? '')).toEqual({
      type: 'summary',
      v: 1,
      attempts: 140 * 5,
      delivered: 0,
      failed: 140,
    });
    const omitted = Number(/^warning: (\d+) lines/.exec(told)?.[1]);
    expect(omitted).toBeGreaterThan(100);
    // An attempt's line each, and one for every notice.
    expect(lines.length + omitted).toBe(140 * 6);
  });

  it('killed in the middle of a schedule, goes on with it after a restart', async () => {
    const home = temporaryHome();
    const store = join(home, 'state.db');
    let answered = 0;
    const app = await startApp((response) => {
      answered += 1;
      response.writeHead(answered < 4 ? 500 : 200).end(`n ${answered}`);
    });
    const args = ['--speed', '600x', '--store', store];
    const first = await startEmulate([...args, '--endpoint', app.url], { home });
    const id = await sendTest(first);
    await nextOfType(first, 'attempt');
    await nextOfType(first, 'attempt');
    first.child.kill('SIGKILL');
    await first.done;

    const second = await startEmulate(args, { home });
    expect(second.endpointId).toBe(first.endpointId);
    await second.nextLine((line) => line.includes('"state":"delivered"'));
    const response = await fetch(`${second.api}/webhooks/deliveries/${id}`, { headers: KEY });
    const { data } = (await response.json()) as any;
    expect(data.state).toBe('delivered');
    expect(
      data.attempts.map(({ attempt, response_body }: any) => [attempt, response_body]),
    ).toEqual([1, 2, 3, 4].map((n) => [n, `n ${n}`]));
    const bodies = app.received.map(({ body }) => body.toString());
    expect(new Set(bodies).size).toBe(1);
    const secret = readFileSync(join(home, '.local/share/relyable/dev-secret'), 'utf8').trim();
    const { signature, body } = signatureOf(app, 3);
    expect(isSameSignature(signature, signPayload(body, secret))).toBe(true);
    second.child.kill('SIGINT');
    await second.done;
    for (const suffix of ['', '-wal']) {
      try {
        expect(readFileSync(`${store}${suffix}`).includes(secret)).toBe(false);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOENT' });
      }
    }
  });

  it('keeps the secret of an endpoint over a restart, outside the store', async () => {
    const home = temporaryHome();
    const app = await startApp();
    const args = ['--speed', 'instant', '--store', join(home, 'state.db')];
    const first = await startEmulate(args, { home });
    await fetch(`${first.api}/webhooks`, {
      method: 'POST',
      headers: KEY,
      body: JSON.stringify({ url: app.url, secret: 'whsec_own_of_this_one' }),
    });
    first.child.kill('SIGKILL');
    await first.done;
    const second = await startEmulate(args, { home });
    await sendTest(second);
    await app.waitFor(1);
    const { signature, body } = signatureOf(app, 0);
    expect(isSameSignature(signature, signPayload(body, 'whsec_own_of_this_one'))).toBe(true);
    expect(readFileSync(join(home, 'state.db')).includes('whsec_own')).toBe(false);
  });

  it('makes the same ids and samples from one seed', async () => {
    const run = async (): Promise<string> => {
      const app = await startApp();
      const running = await startEmulate(['--seed', '5', '--endpoint', app.url]);
      const id = await sendTest(running);
      const { requestBody } = await nextOfType(running, 'attempt');
      return [id, running.endpointId, requestBody.replace(/"timestamp":"[^"]*"/, '')].join();
    };
    expect(await run()).toBe(await run());
  });

  it('sends samples at the start, and ends with the summary while an endpoint hangs', async () => {
    const [good, hanging] = await Promise.all([startApp(), startApp(() => undefined)]);
    const endpoints = ['--endpoint', good.url, '--endpoint', hanging.url];
    const running = await startEmulate([...endpoints, '--send', 'all']);
    await Promise.all([good.waitFor(4), hanging.waitFor(4)]);
    for (let i = 0; i < 4; i++) {
      expect(await nextOfType(running, 'attempt')).toMatchObject({ state: 'delivered' });
    }
    running.child.kill('SIGINT');
    const { code, stdout } = await running.done;
    const lines = stdout.trim().split('\n');
    expect(lines).toHaveLength(6);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ type: 'summary', attempts: 4 });
    expect(code).toBe(0);
  });

  it('refuses what it cannot do, with the right exit code', async () => {
    const refused = await runCli(['webhooks', 'emulate', '--endpoint', 'http://example.test/']);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('HTTPS');
    for (const args of [
      ['--speed', 'fast'],
      ['--faults', 'fire'],
      ['--port', '99999'],
      ['--rate-limit', '0'],
      ['--seed', '-1'],
      ['--send', 'all', '--port', '0'],
    ]) {
      expect((await runCli(['webhooks', 'emulate', ...args])).code).toBe(2);
    }
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    const busy = await runCli(['webhooks', 'emulate', '--port', String(port)]);
    taken.close();
    expect(busy.code).toBe(4);
    expect(busy.stderr).toContain(`port ${port}`);
  });
});
