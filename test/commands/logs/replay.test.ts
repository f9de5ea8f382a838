import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signPayload } from '../../../src/signature/sign.ts';
import { startApp } from '../../support/app.ts';
import { fillStore, FORWARD, makeCapture, readStore, SECRET } from '../../support/captures.ts';
import { type CliResult, temporaryFolder } from '../../support/cli.ts';
import {
  bodyOf,
  type DeliveryApi,
  signedHeaders,
  startDeliveryApi,
  wireDelivery,
} from '../../support/delivery-api.ts';
import { runCli } from '../../support/run-cli.ts';

const SIGNATURE = 'x-relyable-signature';
/** The secret of this machine, with which the log's requests are not signed. */
const LOCAL = 'whsec_local_0123456789';

const storeFile = (): string => join(temporaryFolder(), 'captures.db');

function replay(
  api: Pick<DeliveryApi, 'url'>,
  store: string,
  ...args: readonly string[]
): Promise<CliResult> {
  return runCli(['webhooks', 'logs', 'replay', ...args, '--api-url', api.url], {
    env: { RELYABLE_WEBHOOK_SECRET: LOCAL, RELYABLE_STORE: store },
  });
}

const lines = ({ stdout }: CliResult): any[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

const unsigned = (n: number, headers: Record<string, string> = {}) =>
  wireDelivery(n, { headers: { 'content-type': 'application/json', ...headers } });

describe('relyable webhooks logs replay', () => {
  it('sends the payload and signature of the log, and stores them as of the log', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(1)]);
    const store = storeFile();
    const result = await replay(api, store, 'dlv_1', '--to', `${app.port}/hook`);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(
      new RegExp(
        `^→ 200 .* dlv_1 {2}http://localhost:${app.port}/hook\\?team=7 {2}from the delivery log\n$`,
      ),
    );
    const [received] = app.received;
    expect(received?.body.toString()).toBe(bodyOf(1));
    expect(received?.url).toBe('/hook?team=7');
    expect(received?.headers).toMatchObject({
      host: `localhost:${app.port}`,
      [SIGNATURE]: signPayload(Buffer.from(bodyOf(1)), SECRET),
      'x-trace': 'abc',
    });
    const [capture, ...others] = readStore(store);
    expect(others).toEqual([]);
    expect(capture).toMatchObject({
      source: 'log',
      event: 'test_run.failed',
      receivedAt: Date.UTC(2026, 0, 31, 10, 0, 1),
      forwards: [{ kind: 'replay', status: 200, edited: false }],
    });
  });

  it.each([
    ['does not have it', {}],
    ['only shows that there was one', { 'X-Relyable-Signature': '***' }],
  ])('signs with the local secret where the log %s, and says so', async (_, headers) => {
    const app = await startApp();
    const api = await startDeliveryApi([unsigned(2, headers), wireDelivery(1)]);
    const store = storeFile();
    const result = await replay(api, store, '--failed', '--to', app.url, '--json');
    expect(result.code).toBe(0);
    const [first, second, summary] = lines(result);
    expect(first).toMatchObject({ deliveryId: 'dlv_1', source: 'log', resigned: false });
    expect(first).not.toHaveProperty('note');
    expect(second).toMatchObject({
      type: 'replay',
      v: 1,
      deliveryId: 'dlv_2',
      resigned: true,
      note: 'no signature recorded, signed with RELYABLE_WEBHOOK_SECRET',
    });
    expect(summary).toEqual({
      type: 'summary',
      v: 1,
      selected: 2,
      sent: 2,
      delivered: 2,
      statuses: { 200: 2 },
    });
    expect(app.received.map((received) => received.headers[SIGNATURE])).toEqual([
      signPayload(Buffer.from(bodyOf(1)), SECRET),
      signPayload(Buffer.from(bodyOf(2)), LOCAL),
    ]);
    const people = await replay(api, store, 'dlv_2', '--to', app.url);
    expect(people.stdout).toContain(
      'from the delivery log; no signature recorded, signed with RELYABLE_WEBHOOK_SECRET',
    );
    expect(people.stdout + people.stderr).not.toContain(LOCAL);
    const [, stored] = readStore(store);
    expect(stored?.verification).toEqual({ valid: false, reason: 'signature_not_recorded' });
    expect(stored?.forwards).toMatchObject([{ resigned: true }, { resigned: true }]);
  });

  it('sends oldest first, whatever order the ids have', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(3), wireDelivery(2), wireDelivery(1)]);
    const ids = ['dlv_2', 'dlv_3', 'dlv_1'];
    const result = await replay(api, storeFile(), ...ids, '--to', app.url, '--json');
    expect(lines(result).map(({ deliveryId }) => deliveryId)).toEqual(['dlv_1', 'dlv_2', 'dlv_3']);
  });

  it('adds the attempt to the capture that a listener made of the same request', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(1)]);
    const store = storeFile();
    const received = makeCapture(1, {
      body: Buffer.from(bodyOf(1)),
      headers: Object.entries(signedHeaders(bodyOf(1))),
      forwards: [{ ...FORWARD, url: `${app.url}/last` }],
    });
    fillStore(store, [received]);
    const result = await replay(api, store, 'dlv_1', '--json');
    expect(result.code).toBe(0);
    expect(result.stderr).toContain(`to ${app.url}/last, where dlv_1 was last sent`);
    expect(lines(result)[0]).toMatchObject({ id: received.id, deliveryId: 'dlv_1' });
    const [capture, ...others] = readStore(store);
    expect(others).toEqual([]);
    expect(capture?.forwards.map(({ kind, status }) => [kind, status])).toEqual([
      ['forward', 500],
      ['replay', 200],
    ]);
  });

  it('stores a delivery once, however often it is sent', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(1)]);
    const store = storeFile();
    for (let i = 0; i < 2; i++) await replay(api, store, 'dlv_1', '--to', app.url);
    const captures = readStore(store);
    expect(captures).toHaveLength(1);
    expect(captures[0]?.forwards).toHaveLength(2);
  });

  it('--failed leaves out what the same target has answered with 200 meanwhile', async () => {
    let status = 503;
    const app = await startApp((response) => response.writeHead(status).end());
    const api = await startDeliveryApi([wireDelivery(2), wireDelivery(1)]);
    const store = storeFile();
    const args = ['--failed', '--to', app.url];
    expect((await replay(api, store, ...args)).code).toBe(1);
    status = 200;
    expect((await replay(api, store, ...args)).code).toBe(0);
    const again = await replay(api, store, ...args);
    expect(again).toMatchObject({ code: 0, stdout: '' });
    expect(again.stderr).toContain('left out 2 deliveries that this target has answered with 200');
    expect(app.received).toHaveLength(4);
    expect((await replay(api, store, 'dlv_1', '--to', app.url)).code).toBe(0);
    const other = await replay(api, store, '--failed', '--to', `${app.port}/other`);
    expect(other.code).toBe(0);
    expect(app.received).toHaveLength(7);
  });

  it('--since limits --failed, --dry-run sends and stores nothing', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(40), unsigned(30), wireDelivery(1)]);
    const store = storeFile();
    const args = ['--failed', '--since', '2026-01-31T10:00:20Z', '--to', app.url];
    const planned = await replay(api, store, ...args, '--dry-run', '--json');
    expect(planned.code).toBe(0);
    expect(lines(planned)).toMatchObject([
      {
        deliveryId: 'dlv_30',
        dryRun: true,
        url: `http://127.0.0.1:${app.port}/hooks/relyable?team=7`,
        note: expect.any(String),
      },
      { deliveryId: 'dlv_40', dryRun: true, event: 'test_run.failed' },
    ]);
    const people = await replay(api, store, ...args, '--dry-run');
    expect(people.stdout).toMatch(/^would send dlv_30 {2}test_run.failed {2}→ http/);
    expect(app.received).toEqual([]);
    expect(readStore(store)).toEqual([]);
  });

  it('asks for the payload that a list leaves out', async () => {
    const app = await startApp();
    const whole = wireDelivery(1);
    const api = await startDeliveryApi([whole]);
    api.before = (request) =>
      request.url.includes('/dlv_1')
        ? undefined
        : Response.json({ success: true, data: [{ ...whole, request: null }] });
    const result = await replay(api, storeFile(), '--failed', '--to', app.url);
    expect(result.code).toBe(0);
    expect(app.received[0]?.body.toString()).toBe(bodyOf(1));
  });

  it('names a delivery without a payload, sends the others, and ends with 1', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(2, { body: null }), wireDelivery(1)]);
    const result = await replay(api, storeFile(), '--failed', '--to', app.url);
    expect(result.code).toBe(1);
    expect(app.received).toHaveLength(1);
    expect(result.stderr).toContain('dlv_2: the log does not have its payload');
    expect(result.stderr).toContain('1 delivery was not sent');
    expect(result.stdout).toContain('sent 1 of 1 delivery: 1 answered 200');
    const alone = await replay(api, storeFile(), 'dlv_2', '--to', app.url);
    expect(alone).toMatchObject({ code: 1, stdout: '' });
  });

  it('ends with 1 for another answer, with 4 for none, and stores both', async () => {
    const app = await startApp((response) => response.writeHead(500).end('no'));
    const api = await startDeliveryApi([wireDelivery(1)]);
    const store = storeFile();
    const refused = await replay(api, store, '--failed', '--to', app.url);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('sent 1 of 1 delivery: 0 answered 200, 1 not (500: 1)');
    await app.close();
    const silent = await replay(api, store, '--failed', '--to', app.url);
    expect(silent.code).toBe(4);
    expect(readStore(store)[0]?.forwards.map(({ status }) => status)).toEqual([500, null]);
  });

  it('sends nothing where a delivery is unknown, the log is gone, or no target is known', async () => {
    const app = await startApp();
    const api = await startDeliveryApi([wireDelivery(2), wireDelivery(1)]);
    const unknown = await replay(api, storeFile(), 'dlv_1', 'dlv_9', '--to', app.url);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain('no delivery dlv_9');
    const nowhere = await replay(api, storeFile(), 'dlv_1');
    expect(nowhere.code).toBe(2);
    expect(nowhere.stderr).toContain('dlv_1 was never forwarded');
    expect(nowhere.stderr).toContain('add --to with the address of your app');
    api.before = (request) =>
      request.url.includes('/dlv_2') ? new Response('{}', { status: 403 }) : undefined;
    const refused = await replay(api, storeFile(), 'dlv_1', 'dlv_2', '--to', app.url);
    expect(refused.code).toBe(3);
    expect(app.received).toEqual([]);
  });

  it('wants ids or --failed, and says how to get an API key', async () => {
    const api = await startDeliveryApi([]);
    for (const args of [[], ['dlv_1', '--failed'], ['dlv_1', '--since', '2h']]) {
      expect((await replay(api, storeFile(), ...args)).code).toBe(2);
    }
    const both = await replay(api, storeFile(), 'dlv_1', '--failed');
    expect(both.stderr).toContain('expected delivery ids, or --failed, got both');
    const args = ['webhooks', 'logs', 'replay', '--failed', '--to', '1'];
    const { code, stderr } = await runCli(args, {
      env: { RELYABLE_API_URL: 'https://api.example.test/api' },
    });
    expect(code).toBe(3);
    expect(stderr).toContain('expected an API key');
    expect(stderr).toContain('Settings → API Keys');
  });

  it.each(['', '..', 'd'.repeat(501)])(
    'refuses what cannot be an id, as the API is not asked',
    async (id) => {
      const api = await startDeliveryApi([]);
      for (const command of ['show', 'replay', 'resend']) {
        const args = ['webhooks', 'logs', command, id, '--api-url', api.url];
        const { code, stderr } = await runCli(args);
        expect(code).toBe(2);
        expect(stderr).toContain('expected a delivery id of 1 to 500 characters');
        expect(stderr.length).toBeLessThan(300);
      }
      expect(api.paths).toEqual([]);
    },
  );

  it('shows nothing of what a log could do to a terminal', async () => {
    const app = await startApp((response) => response.writeHead(500).end('\u001B]0;x\u0007'));
    const id = 'dlv_\u001B[2J\u202Eevil';
    const delivery = { ...wireDelivery(1, { id, headers: {} }), event: '\u001B[31m' };
    const api = await startDeliveryApi([delivery]);
    for (const args of [['--failed'], ['--failed', '--dry-run'], [id]]) {
      const { stdout, stderr } = await replay(api, storeFile(), ...args, '--to', app.url);
      expect(stdout).toContain('evil');
      // oxlint-disable-next-line no-control-regex
      expect(stdout + stderr).not.toMatch(/[\u001b\u0007\u202e\r]/);
    }
  });
});
