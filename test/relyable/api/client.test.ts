import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type ApiClientOptions, createApiClient } from '../../../src/relyable/api/client.ts';
import { RelyableError } from '../../../src/errors.ts';
import { createFakeSender, startEmulator } from '../../support/emulator.ts';

const BASE = 'https://api.example.test/api';
const LOG = `${BASE}/webhooks/deliveries`;
const KEY = 'rk_live_0123456789abcdef';
const PAGE = {
  success: true,
  data: [{ id: 'dlv_1', event: 'e', endpoint: 'u', state: 'pending', attempts: [] }],
};

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledRequest: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

/** A client on a clock that stands still but for what it sleeps. */
function createClient(options: Partial<ApiClientOptions> = {}): {
  client: ReturnType<typeof createApiClient>;
  sleeps: number[];
  told: string[];
} {
  let now = Date.UTC(2026, 0, 31, 10);
  const sleeps: number[] = [];
  const told: string[] = [];
  const client = createApiClient({
    fetch: (...args) => fetch(...args),
    baseUrl: new URL(BASE),
    deliveriesPath: '/webhooks/deliveries',
    key: KEY,
    userAgent: 'test',
    timeoutMs: 30_000,
    tries: 3,
    now: () => now,
    sleep: async (ms) => {
      sleeps.push(ms);
      now += ms;
    },
    random: () => 1,
    onWait: (why) => told.push(why),
    ...options,
  });
  return { client, sleeps, told };
}

/** Answers one after the other, the last for ever; counts the requests. */
function answer(...answers: Array<() => Response>): { count: number; last?: Request } {
  const seen: { count: number; last?: Request } = { count: 0 };
  server.use(
    http.get(/\/api\//, ({ request }) => {
      const make = answers[Math.min(seen.count, answers.length - 1)];
      seen.count += 1;
      seen.last = request;
      return make?.() ?? HttpResponse.error();
    }),
  );
  return seen;
}

async function failure(promise: Promise<unknown>): Promise<RelyableError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof RelyableError) return error;
    throw error;
  }
  throw new Error('expected a RelyableError');
}

const query = { page: 1, limit: 100 };

describe('the API client', () => {
  it('asks with the key, the page and the filters', async () => {
    const seen = answer(() => HttpResponse.json(PAGE));
    const { client } = createClient();
    const page = await client.listDeliveries({ ...query, event: 'e', state: 'failed', since: 0 });
    expect(page.deliveries).toHaveLength(1);
    expect(seen.last?.headers.get('authorization')).toBe(`Bearer ${KEY}`);
    expect(seen.last?.url).toBe(
      `${LOG}?page=1&limit=100&event=e&state=failed&since=1970-01-01T00%3A00%3A00.000Z`,
    );
  });

  it.each([
    [401, 'NOT_AUTHENTICATED', 3, /API Keys/],
    [403, 'NOT_PERMITTED', 3, /API Keys/],
    [400, 'USAGE', 2, /^$/],
    [404, 'NOT_FOUND', 2, /api\.deliveriesPath.*dashboard/],
  ])('%i is %s with exit code %i, and is not tried again', async (status, code, exitCode, hint) => {
    const seen = answer(() =>
      HttpResponse.json({ success: false, error: { code: 'X', message: 'said' } }, { status }),
    );
    const error = await failure(createClient().client.listDeliveries(query));
    expect(error).toMatchObject({ code, exitCode });
    expect(error.hint ?? '').toMatch(hint);
    expect(seen.count).toBe(1);
  });

  it('says of a 404 on the log that the endpoint is not publicly documented', async () => {
    answer(() => HttpResponse.text('Not Found', { status: 404 }));
    const error = await failure(createClient().client.listDeliveries(query));
    expect(error.message).toContain('not publicly document');
    expect(error.message).toContain(LOG);
  });

  it.each([
    ['a 5xx', () => HttpResponse.text('oops', { status: 503 })],
    ['a lost connection', () => HttpResponse.error()],
  ])('tries again after %s, later each time', async (_, fault) => {
    const seen = answer(fault, fault, () => HttpResponse.json(PAGE));
    const { client, sleeps } = createClient();
    expect((await client.listDeliveries(query)).deliveries).toHaveLength(1);
    expect(seen.count).toBe(3);
    expect(sleeps).toEqual([500, 1000]);
  });

  it('asks for a delivery once more only where the first time had no effect', async () => {
    let count = 0;
    const [limited, broken] = [429, 500].map((status) => new Response('{}', { status }));
    const answers = [limited, broken];
    server.use(http.post(`${LOG}/dlv_1/resend`, () => answers[count++]));
    expect((await failure(createClient().client.resend('dlv_1'))).code).toBe('API_ERROR');
    expect(count).toBe(2);
  });

  it('does not wait for the reset of the rate limit after a 5xx', async () => {
    const headers = { 'X-RateLimit-Reset': '60' };
    answer(
      () => new Response('', { status: 500, headers }),
      () => HttpResponse.json(PAGE),
    );
    const { client, sleeps } = createClient();
    await client.listDeliveries(query);
    expect(sleeps).toEqual([500]);
  });

  it('ends with API_ERROR after the last 5xx and with UNREACHABLE after the last lost connection', async () => {
    answer(() => HttpResponse.text('oops', { status: 500 }));
    expect(await failure(createClient().client.listDeliveries(query))).toMatchObject({
      code: 'API_ERROR',
      exitCode: 4,
    });
    answer(() => HttpResponse.error());
    expect(await failure(createClient().client.listDeliveries(query))).toMatchObject({
      code: 'UNREACHABLE',
      exitCode: 4,
    });
  });

  it('gives up on an answer that takes too long', async () => {
    server.use(http.get(LOG, () => new Promise<Response>(() => undefined)));
    const { client } = createClient({ timeoutMs: 20, tries: 2 });
    const error = await failure(client.listDeliveries(query));
    expect(error.code).toBe('UNREACHABLE');
    expect(error.message).toContain('no answer within 0.02 s');
  });

  it('stops at once when told to', async () => {
    server.use(http.get(LOG, () => new Promise<Response>(() => undefined)));
    const stop = new AbortController();
    const pending = createClient({ signal: stop.signal }).client.listDeliveries(query);
    stop.abort();
    await expect(pending).rejects.toThrow(/aborted/);
  });

  it('stays away as long as Retry-After says', async () => {
    answer(
      () => new Response('', { status: 429, headers: { 'Retry-After': '7' } }),
      () => HttpResponse.json(PAGE),
    );
    const { client, sleeps, told } = createClient();
    await client.listDeliveries(query);
    expect(sleeps).toEqual([7500]);
    expect(told[0]).toContain('429');
  });

  it('waits for X-RateLimit-Reset by the server’s clock, though ours is an hour behind', async () => {
    const serverNow = Date.UTC(2026, 0, 31, 11);
    answer(
      () =>
        new Response('', {
          status: 429,
          headers: {
            Date: new Date(serverNow).toUTCString(),
            'X-RateLimit-Reset': String(serverNow / 1000 + 20),
          },
        }),
      () => HttpResponse.json(PAGE),
    );
    const { client, sleeps } = createClient();
    await client.listDeliveries(query);
    expect(sleeps).toEqual([20_000 - 500 + 500]);
    expect(client.serverNow()).toBeGreaterThan(0);
  });

  it('slows down before the limit is reached, and not while there is plenty', async () => {
    const serverNow = Date.UTC(2026, 0, 31, 10);
    const limited = (remaining: number) => () =>
      HttpResponse.json(PAGE, {
        headers: {
          Date: new Date(serverNow).toUTCString(),
          'X-RateLimit-Limit': '60',
          'X-RateLimit-Remaining': String(remaining),
          'X-RateLimit-Reset': String(serverNow / 1000 + 30.5),
        },
      });
    answer(limited(50), limited(2), limited(50));
    const { client, sleeps } = createClient();
    await client.listDeliveries(query);
    await client.listDeliveries(query);
    expect(sleeps).toEqual([]);
    await client.listDeliveries(query);
    expect(sleeps).toEqual([10_000]);
  });

  it.each([
    ['HTML from a proxy', '<html><body>Sign in</body></html>', /expected JSON, got HTML/],
    [
      'an error page',
      '<html><head><title>Error</title><style>x{}</style></head><body><h1>No quota</h1></body></html>',
      /got HTML: No quota \(/,
    ],
    ['truncated JSON', '{"success":true,"data":[{"id":"d', /JSON that breaks off/],
    ['an empty body', '', /an empty answer/],
    ['success: false', '{"success":false,"error":{"code":"X","message":"no"}}', /X: no/],
    ['no list', '{"success":true,"data":"x"}', /expected a list of deliveries/],
  ])('%s with a 200 is API_ERROR and says so', async (_, body, message) => {
    answer(() => new Response(body, { status: 200, headers: { 'content-type': 'text/html' } }));
    const error = await failure(createClient().client.listDeliveries(query));
    expect(error).toMatchObject({ code: 'API_ERROR', exitCode: 4 });
    expect(error.message).toMatch(message);
  });

  it('follows no redirect and says where it led', async () => {
    answer(() => new Response('', { status: 302, headers: { location: 'https://sso.test/' } }));
    const error = await failure(createClient().client.listDeliveries(query));
    expect(error.message).toContain('https://sso.test/');
  });

  it('never lets the key out, though the server echoes it', async () => {
    answer(() =>
      HttpResponse.json({ success: false, error: { message: `bad key ${KEY}` } }, { status: 401 }),
    );
    const error = await failure(createClient().client.listDeliveries(query));
    expect(JSON.stringify([error.message, error.hint])).not.toContain(KEY);
    answer(() => HttpResponse.json({ success: true, data: [{ ...PAGE.data[0], event: KEY }] }));
    const page = await createClient().client.listDeliveries(query);
    expect(JSON.stringify(page)).not.toContain(KEY);
  });

  it('reads one delivery in either envelope, and says when there is none', async () => {
    for (const body of [
      { success: true, data: PAGE.data[0] },
      { message: 'ok', data: PAGE.data[0] },
    ]) {
      const seen = answer(() => HttpResponse.json(body));
      const { delivery } = await createClient().client.getDelivery('dlv/1');
      expect(delivery.id).toBe('dlv_1');
      expect(seen.last?.url).toBe(`${LOG}/dlv%2F1`);
    }
    answer(() =>
      HttpResponse.json({ success: false, error: { code: 'NOT_FOUND' } }, { status: 404 }),
    );
    expect(await failure(createClient().client.getDelivery('x'))).toMatchObject({ exitCode: 2 });
  });
});

it('reads what the emulator serves, through the same handler the real server uses', async () => {
  const emulator = startEmulator({ sender: createFakeSender(() => ({ status: 200 })) });
  server.use(http.all(`${BASE}/*`, ({ request }) => emulator.handler(request)));
  const created = await emulator.call('POST', '/webhooks', { url: 'http://127.0.0.1:9/hook' });
  const { id } = created.body.data as { id: string };
  const sent = await emulator.call('POST', `/webhooks/${id}/test`, { event: 'test_run.failed' });
  const delivery = sent.body.data as { id: string };
  const { client } = createClient();
  await expect
    .poll(async () => (await client.listDeliveries(query)).deliveries, { timeout: 30_000 })
    .toMatchObject([{ id: delivery.id, event: 'test_run.failed', state: 'delivered' }]);
});
