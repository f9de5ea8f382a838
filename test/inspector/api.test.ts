import { createServer } from 'node:http';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import type {
  ActivityDocument,
  CaptureDocument,
  CapturesDocument,
  ExplanationDocument,
} from '../../src/inspector/api-types.ts';
import type { Capture } from '../../src/request/capture.ts';
import { verifyRequest } from '../../src/signature/verify.ts';
import { openStore } from '../../src/store/writer.ts';
import { FORWARD, fillStore, makeCapture, readStore, SECRET } from '../support/captures.ts';
import { runCli } from '../support/run-cli.ts';
import { inspect } from './inspector-world.ts';

const range = (count: number): Capture[] => Array.from({ length: count }, (_, n) => makeCapture(n));

test('lists captures newest first, page by page', async () => {
  const captures = range(120);
  const { read } = await inspect(captures);
  const first = await read<CapturesDocument>('/api/captures?limit=50');
  expect(first.total).toBe(120);
  expect(first.isComplete).toBe(true);
  expect(first.captures.map(({ id }) => id)).toEqual(
    captures
      .slice(70)
      .reverse()
      .map(({ id }) => id),
  );
  const last = await read<CapturesDocument>('/api/captures?offset=100&limit=50');
  expect(last.captures.at(-1)?.id).toBe(captures[0]?.id);
  expect(last.captures).toHaveLength(20);
});

const odd = makeCapture(3, {
  body: Buffer.from('{"event":"agent.score_dropped","note":"Straße 100%"}'),
  verification: { valid: false, reason: 'body_reserialized' },
  answered: 401,
});
const failed = makeCapture(4, { forwards: [FORWARD] });
const replayed = makeCapture(5, {
  forwards: [
    FORWARD,
    { ...FORWARD, kind: 'replay', status: 200, responseBody: Buffer.from('fine') },
  ],
});
const unreachable = makeCapture(6, {
  answered: 502,
  forwards: [{ ...FORWARD, status: null, error: 'nothing listens there' }],
});
const ALL = [makeCapture(1), odd, failed, replayed, unreachable];

test.each([
  ['event=agent.score_dropped', [odd]],
  ['signature=invalid', [odd]],
  ['signature=body_reserialized', [odd]],
  ['signature=valid&outcome=2xx', [replayed, makeCapture(1)]],
  ['outcome=5xx', [failed]],
  ['outcome=4xx', [odd]],
  ['outcome=none', [unreachable]],
  ['outcome=unforwarded', [odd, makeCapture(1)]],
  ['replayed=yes', [replayed]],
  ['replayed=no&outcome=5xx', [failed]],
  ['since=2026-01-02T03:04:10Z', [unreachable, replayed]],
  ['since=2026-01-02T03:04:09Z&until=2026-01-02T03:04:10Z', [failed]],
  ['q=stra%C3%9Fe', [odd]],
  ['q=100%25', [odd]],
  ['q=fine', [replayed]],
  ['q=NOTHING+listens', [unreachable]],
  ['q=x-twice', [unreachable, replayed, failed]],
  ['q=nowhere', []],
])('%s', async (filter, expected) => {
  const { read } = await inspect(ALL);
  const { captures, total } = await read<CapturesDocument>(`/api/captures?${filter}`);
  expect(captures.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  expect(total).toBe(expected.length);
});

test.each(['signature=perhaps', 'outcome=6xx', 'since=yesterday', 'limit=many', 'replayed=1'])(
  'refuses %s and says what it expects',
  async (filter) => {
    const { call } = await inspect(ALL);
    const { status, text } = await call(`/api/captures?${filter}`);
    expect(status).toBe(400);
    expect(JSON.parse(text)).toMatchObject({ type: 'error', code: 'USAGE' });
    expect(text).toContain('expected');
  },
);

test('a list follows the store: new captures, later forwards, removed captures', async () => {
  const { read, storeFile } = await inspect(range(3));
  const ids = async (filter = ''): Promise<string[]> =>
    (await read<CapturesDocument>(`/api/captures?${filter}`)).captures.map(({ id }) => id);
  expect(await ids()).toHaveLength(3);
  expect(await ids('outcome=5xx')).toEqual([]);
  fillStore(storeFile, [makeCapture(9)]);
  expect((await ids())[0]).toBe(makeCapture(9).id);
  const store = openStore(storeFile);
  store.write({ forwards: [[makeCapture(1).id, FORWARD]] });
  expect(await ids('outcome=5xx')).toEqual([makeCapture(1).id]);
  store.remove([makeCapture(2).id]);
  store.close();
  expect(await ids()).toEqual([9, 1, 0].map((n) => makeCapture(n).id));
});

test('a forward of an old capture moves it between filters', async () => {
  const { read, storeFile } = await inspect(range(2500));
  const filter = '/api/captures?outcome=unforwarded';
  expect((await read<CapturesDocument>(filter)).total).toBe(2500);
  const store = openStore(storeFile);
  store.write({ forwards: [[makeCapture(7).id, FORWARD]] });
  store.close();
  expect((await read<CapturesDocument>(filter)).total).toBe(2499);
});

test('a store that does not exist yet is an empty list, and then is not', async () => {
  const { read, storeFile } = await inspect([]);
  expect((await read<CapturesDocument>('/api/captures')).total).toBe(0);
  fillStore(storeFile, range(2));
  expect((await read<CapturesDocument>('/api/captures')).total).toBe(2);
});

test('a capture has its headers in order, its forwards and the repeats of its event', async () => {
  const repeat = makeCapture(8, { body: failed.body, duplicateOf: failed.id });
  const { read, call } = await inspect([failed, repeat]);
  const capture = await read<CaptureDocument>(`/api/captures/${failed.id}`);
  expect(capture.headers).toEqual(failed.headers);
  expect(capture.forwards[0]).toMatchObject({ status: 500, kind: 'forward' });
  expect(capture.repeats.map(({ id }) => id)).toEqual([failed.id, repeat.id]);
  const { text, headers } = await call(`/api/captures/${failed.id}/body`);
  expect(text).toBe(failed.body.toString('utf8'));
  expect(headers['content-disposition']).toContain('attachment');
});

test('an unknown capture is 404', async () => {
  const { call } = await inspect(ALL);
  expect((await call('/api/captures/cap_none')).status).toBe(404);
});

test('a page is offered only from a signed payload, and only by https', async () => {
  const withUrl = (n: number, url: string, valid: boolean): Capture =>
    makeCapture(n, {
      body: Buffer.from(JSON.stringify({ event: 'x', data: { view_url: url } })),
      verification: valid ? { valid, reason: 'ok' } : { valid, reason: 'signature_missing' },
    });
  const captures = [
    withUrl(1, 'https://app.relyable.ai/x', true),
    withUrl(2, 'https://app.relyable.ai/x', false),
    withUrl(3, 'javascript:alert(1)', true),
    withUrl(4, 'http://127.0.0.1/', true),
  ];
  const { read } = await inspect(captures);
  const urls = captures.map(
    async ({ id }) => (await read<CaptureDocument>(`/api/captures/${id}`)).viewUrl,
  );
  expect(await Promise.all(urls)).toEqual(['https://app.relyable.ai/x', null, null, null]);
});

test('explains a signature as verify does', async () => {
  const signed = makeCapture(1, { body: Buffer.from('{"event":"test_run.completed"}') });
  const capture = { ...signed, body: Buffer.from('{"event":"test_run.completed"}\n') };
  const recipe = { title: 'Express', code: 'app.post(…)' };
  const { read, storeFile } = await inspect([capture], { recipe });
  const path = `/api/captures/${capture.id}/explanation`;
  const explanation = await read<ExplanationDocument>(path);
  const verify = ['webhooks', 'verify', capture.id, '--store', storeFile, '--secret', SECRET];
  const { stdout } = await runCli([...verify, '--explain', '--json']);
  const { explanation: steps, ...verdict } = JSON.parse(stdout.split('\n')[0] ?? '');
  // A command knows the development secret as well, so it tries more.
  expect(explanation).toMatchObject({ ...steps, tried: { bodies: steps.tried.bodies } });
  for (const name of ['valid', 'reason', 'reasons', 'detail', 'fix', 'secretSource'] as const) {
    expect(explanation[name]).toEqual(verdict[name]);
  }
  expect(explanation).toMatchObject({ valid: false, reason: 'body_trailing_newline', recipe });
  expect(explanation.fix).not.toBeNull();
  expect(explanation.difference).toMatchObject({ offset: 30, body: { differs: '\\n' } });
});

test('the signing secret is in no answer', async () => {
  const { call } = await inspect(ALL);
  const paths = ['/api/state', '/api/captures', `/api/captures/${odd.id}/explanation`];
  for (const path of paths) expect((await call(path)).text).not.toContain(SECRET);
});

test('counts captures by time', async () => {
  const { read } = await inspect(ALL);
  const { buckets } = await read<ActivityDocument>('/api/activity?bucket=60000');
  expect(buckets).toEqual([
    expect.objectContaining({
      received: 5,
      invalid: 1,
      failed: 2,
      start: '2026-01-02T03:04:00.000Z',
    }),
  ]);
});

interface Received {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** An app that answers 200 and keeps what it got. */
async function startApp(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (chunk: Buffer) => (body += chunk.toString('utf8')));
    incoming.on('end', () => {
      received.push({ path: incoming.url ?? '', headers: incoming.headers, body });
      response.end('thanks');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, received };
}

const post = (token: string, body: object) => ({
  method: 'POST',
  headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

test('replays the exact bytes to the target and stores the attempt', async () => {
  const app = await startApp();
  const { call, token, storeFile } = await inspect([odd], { target: app.url });
  const { status, text } = await call(`/api/captures/${odd.id}/replay`, post(token, {}));
  expect(status).toBe(200);
  expect(JSON.parse(text)).toMatchObject({ type: 'replay', status: 200, edited: false });
  expect(app.received[0]?.body).toBe(odd.body.toString('utf8'));
  expect(readStore(storeFile)[0]?.forwards).toEqual([
    expect.objectContaining({ kind: 'replay', status: 200, edited: false }),
  ]);
});

test('an edited payload is signed again, and the attempt says so', async () => {
  const app = await startApp();
  const { call, token, storeFile } = await inspect([odd]);
  const payload = '{"event":"edited"}';
  const { text } = await call(
    `/api/captures/${odd.id}/replay`,
    post(token, { to: app.url, payload }),
  );
  expect(JSON.parse(text)).toMatchObject({ edited: true, status: 200 });
  const [got] = app.received;
  expect(got?.body).toBe(payload);
  const signature = String(got?.headers['x-relyable-signature']);
  const request = {
    headers: [['X-Relyable-Signature', signature]] as const,
    body: Buffer.from(payload),
  };
  const secrets = [{ source: 'test', value: SECRET, role: 'chosen' }] as const;
  expect(verifyRequest(request, secrets)?.valid).toBe(true);
  expect(readStore(storeFile)[0]?.forwards[0]?.edited).toBe(true);
});

test.each(['https://example.com/hook', 'http://192.168.1.1/', 'http://169.254.169.254/'])(
  'sends nothing to %s unless it is the configured target',
  async (to) => {
    const { call, token } = await inspect([odd], { target: 'http://localhost:3000/' });
    const { status, text } = await call(`/api/captures/${odd.id}/replay`, post(token, { to }));
    expect(status).toBe(403);
    expect(JSON.parse(text)).toMatchObject({ code: 'NOT_PERMITTED' });
  },
);

test('a replay without any target says what to name', async () => {
  const { call, token } = await inspect([odd]);
  const { status, text } = await call(`/api/captures/${odd.id}/replay`, post(token, {}));
  expect(status).toBe(400);
  expect(JSON.parse(text)).toMatchObject({ hint: expect.stringContaining('3000') });
});

test('sends a new signed sample of an event', async () => {
  const app = await startApp();
  const { call, token } = await inspect([], { listenerUrl: app.url });
  const sent = await call('/api/samples', post(token, { event: 'test_run.failed' }));
  expect(JSON.parse(sent.text)).toMatchObject({ type: 'sample', status: 200 });
  expect(JSON.parse(app.received[0]?.body ?? '')).toMatchObject({ event: 'test_run.failed' });
  const wrong = await call('/api/samples', post(token, { event: 'nonsense' }));
  expect(wrong.status).toBe(400);
});

test('deletes a capture with its forwards', async () => {
  const { call, storeFile } = await inspect([failed, odd]);
  expect((await call(`/api/captures/${failed.id}`, { method: 'DELETE' })).status).toBe(200);
  expect(readStore(storeFile).map(({ id }) => id)).toEqual([odd.id]);
  expect((await call(`/api/captures/${failed.id}`, { method: 'DELETE' })).status).toBe(404);
});

test.each(['curl', 'http', 'vitest', 'pytest', 'har', 'ndjson'])(
  'exports as %s',
  async (format) => {
    const { call } = await inspect([odd]);
    const { status, text } = await call(`/api/captures/${odd.id}/export?format=${format}`);
    expect(status).toBe(200);
    expect(text).not.toContain(SECRET);
    expect(text.length).toBeGreaterThan(100);
  },
);

test('a redacted export holds no text of the payload', async () => {
  const { call } = await inspect([odd]);
  const { text } = await call('/api/export?format=http&redact=yes&signature=invalid');
  expect(text).toContain('agent.score_dropped');
  expect(text).not.toContain('Straße');
});

/** The events that an open page gets. */
function openStream(origin: string, token: string): string[] {
  const events: string[] = [];
  const stream = request(`${origin}/api/changes`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  stream.on('error', () => undefined);
  stream.on('response', (response) => {
    response.on('data', (chunk: Buffer) => events.push(...chunk.toString().split('\n\n')));
    response.on('error', () => undefined);
  });
  stream.end();
  onTestFinished(() => void stream.destroy());
  return events;
}

test('tells an open page that the store changed', async () => {
  const { origin, token, storeFile } = await inspect(range(1));
  const events = openStream(origin, token);
  const changes = (): number => events.filter((event) => event.includes('changed')).length;
  await expect.poll(changes).toBeGreaterThan(0);
  const before = changes();
  fillStore(storeFile, [makeCapture(5)]);
  await expect.poll(changes).toBeGreaterThan(before);
});

test('tells an open page where the listener is reached from outside, and each change', async () => {
  const { inspector, origin, token, read } = await inspect([]);
  expect(await read('/api/state')).toMatchObject({ publicAddress: null });
  const events = openStream(origin, token);
  await expect.poll(() => events.length).toBeGreaterThan(0);
  const address = {
    url: 'https://a1.example.test/',
    provider: 'cloudflared',
    isUp: false,
    message: 'the connection was lost',
  };
  inspector.showPublicAddress(address);
  await expect.poll(() => events.some((event) => event.includes('event: state'))).toBe(true);
  expect(await read('/api/state')).toMatchObject({ publicAddress: address });
});
