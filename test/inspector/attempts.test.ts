import { expect, test } from 'vitest';
import type { AttemptsDocument, CapturesDocument } from '../../src/inspector/api-types.ts';
import { toWireDelivery } from '../../src/relyable/api/wire.ts';
import type { Delivery } from '../../src/relyable/delivery.ts';
import type { Capture } from '../../src/request/capture.ts';
import { makeCapture } from '../support/captures.ts';
import { inspect } from './inspector-world.ts';

const KEY = 'rk_live_0123456789abcdef';
const API = {
  url: 'https://api.example/api',
  deliveriesPath: '/webhooks/deliveries',
  key: KEY,
  proxy: undefined,
};
const HOUR_MS = 3_600_000;

/** The delivery that a capture came with, tried again a minute later. */
function deliveryOf(capture: Capture, changes: Partial<Delivery> = {}): Delivery {
  const { receivedAt: at } = capture;
  const attempt = { at, responseBody: null, durationMs: 5, error: null };
  return {
    id: `dlv_${capture.id}`,
    eventId: null,
    event: capture.event,
    endpoint: 'https://app.example/hook',
    state: 'delivered',
    requestBody: capture.body.toString('utf8'),
    requestHeaders: {},
    attempts: [
      { ...attempt, attempt: 1, status: 500 },
      { ...attempt, attempt: 2, status: 200, at: at + 60_000 },
    ],
    nextRetryAt: null,
    ...changes,
  };
}

type Answer = (page: number) => Response | Promise<Response>;

/** An inspector whose API gives these answers, and the requests it got. */
async function inspectWithApi(captures: readonly Capture[], answer: Answer) {
  const requests: Array<{ page: number; authorization: string | null }> = [];
  const world = await inspect(
    captures,
    { api: API },
    {
      now: () => captures.at(-1)!.receivedAt + HOUR_MS,
      fetch: (input, init) => {
        const page = Number((input as URL).searchParams.get('page'));
        const authorization = new Headers(init?.headers).get('authorization');
        requests.push({ page, authorization });
        return Promise.resolve(answer(page));
      },
    },
  );
  const attempts = ({ id }: Capture): Promise<AttemptsDocument> =>
    world.read(`/api/captures/${id}/attempts`);
  return { ...world, requests, attempts };
}

const page = (deliveries: readonly Delivery[], headers: Record<string, string> = {}): Response =>
  Response.json({ success: true, data: deliveries.map(toWireDelivery) }, { headers });

test('shows which attempt of which delivery a capture is', async () => {
  const first = makeCapture(1);
  const again = makeCapture(61, { body: first.body, duplicateOf: first.id });
  const other = makeCapture(2);
  const deliveries = [deliveryOf(other), deliveryOf(first)];
  const { attempts, requests } = await inspectWithApi([first, other, again], (n) =>
    page(n === 1 ? deliveries : []),
  );
  const found = await attempts(again);
  expect(found).toMatchObject({ type: 'attempts', isComplete: false, searched: 2 });
  expect(found.attempts).toMatchObject([
    { attempt: 1, maxAttempts: 5, status: 500, state: 'retrying', captureId: first.id },
    { attempt: 2, status: 200, state: 'delivered', captureId: again.id },
  ]);
  expect(requests[0]?.authorization).toBe(`Bearer ${KEY}`);
});

test('one walk through the log serves the captures that are looked at', async () => {
  const captures = Array.from({ length: 30 }, (_, n) => makeCapture(n));
  const { attempts, requests } = await inspectWithApi(captures, (n) =>
    page(n === 1 ? [...captures].reverse().map((it) => deliveryOf(it)) : []),
  );
  const found = await Promise.all(captures.map(attempts));
  expect(found.every((it) => it.attempts.length === 2)).toBe(true);
  expect(requests).toHaveLength(1);
});

test('reads no further than the event can be, and says so', async () => {
  const capture = makeCapture(30_000);
  const older = Array.from({ length: 100 }, (_, n) => deliveryOf(makeCapture(100 - n)));
  const { attempts, requests } = await inspectWithApi([capture], () => page(older));
  expect(await attempts(capture)).toMatchObject({ attempts: [], searched: 100, isComplete: true });
  expect(requests).toHaveLength(1);
});

test('reads at most five pages, and says that older deliveries were not looked through', async () => {
  const capture = makeCapture(1);
  const { attempts, requests } = await inspectWithApi([capture], (n) =>
    page(Array.from({ length: 100 }, (_, i) => deliveryOf(makeCapture(90_000 - n * 100 - i)))),
  );
  expect(await attempts(capture)).toMatchObject({ searched: 500, isComplete: false });
  expect(requests.map((it) => it.page)).toEqual([1, 2, 3, 4, 5]);
});

test.each<[string, Answer, string]>([
  [
    'a refused key',
    () => Response.json({ error: { message: `unknown ${KEY}` } }, { status: 401 }),
    'the API refused the key (401): unknown (API key)',
  ],
  [
    'a used-up rate limit',
    () => new Response('', { status: 429, headers: { 'Retry-After': '60' } }),
    "the API's rate limit is used up (429)",
  ],
  ['no connection', () => Promise.reject(new Error('lost')), 'the API cannot be reached: lost'],
  ['no log', () => new Response('', { status: 404 }), 'no delivery log at'],
])('%s is a sentence, without the key, and is not asked again at once', async (_, answer, text) => {
  const captures = [makeCapture(1), makeCapture(2)];
  const { call, requests } = await inspectWithApi(captures, answer);
  for (const { id } of captures) {
    const said = await call(`/api/captures/${id}/attempts`);
    expect(said.status).toBeGreaterThanOrEqual(400);
    expect(JSON.parse(said.text)).toMatchObject({ type: 'error' });
    expect(said.text).toContain(text);
    expect(said.text).not.toContain(KEY);
  }
  expect(requests).toHaveLength(1);
});

test('waits for no rate limit: says when the API can be asked again', async () => {
  const capture = makeCapture(1);
  const limits = {
    'X-RateLimit-Limit': '100',
    'X-RateLimit-Remaining': '0',
    'X-RateLimit-Reset': '40',
  };
  const full = Array.from({ length: 100 }, (_, n) => deliveryOf(makeCapture(9000 - n)));
  const { call } = await inspectWithApi([capture], () => page(full, limits));
  const { text } = await call(`/api/captures/${capture.id}/attempts`);
  expect(JSON.parse(text).message).toBe(
    "the API's rate limit is nearly used up; it can be asked again in 40 s",
  );
});

test('an API that does not answer holds up nothing else', async () => {
  const capture = makeCapture(1);
  const { attempts, read } = await inspectWithApi([capture], () => new Promise(() => undefined));
  void attempts(capture).catch(() => undefined);
  expect((await read<CapturesDocument>('/api/captures')).total).toBe(1);
});

test('without an API the page is told so', async () => {
  const { read, call } = await inspect([makeCapture(1)]);
  expect(await read('/api/state')).toMatchObject({ hasApi: false });
  expect((await call(`/api/captures/${makeCapture(1).id}/attempts`)).status).toBe(404);
});
