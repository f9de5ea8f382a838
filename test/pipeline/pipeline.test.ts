import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import { describe, expect, it } from 'vitest';
import { startReceiver } from '../../src/http/server/receive.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import { signPayload } from '../../src/signature/sign.ts';
import type { WebhookRequest } from '../../src/request/request.ts';
import type { StreamPosition } from '../../src/store/positions.ts';
import { startApp, type TestApp } from '../support/app.ts';
import { makeCapture } from '../support/captures.ts';
import {
  type FakeStore,
  listen,
  optionsFor,
  PAYLOAD,
  receivedRequest,
  SECRET,
  settled,
  signed,
  TestWorld,
} from './world.ts';

/** An app that answers when it is told to. */
async function startHeldApp(): Promise<{ app: TestApp; next: () => Promise<ServerResponse> }> {
  const responses: ServerResponse[] = [];
  let taken = 0;
  const app = await startApp((response) => responses.push(response));
  const next = async (): Promise<ServerResponse> => {
    taken += 1;
    await app.waitFor(taken);
    const response = responses[taken - 1];
    if (response === undefined) throw new Error('no request');
    return response;
  };
  return { app, next };
}

async function idOf(store: FakeStore, index = 0): Promise<string> {
  return (await store.nth(index)).capture.id;
}

describe('store', () => {
  it('stores a request as it came, with its verdict, before the answer is known', async () => {
    const app = await startApp();
    const { post, store, world } = await listen({ to: `${app.url}/hook` });
    world.advance(7);
    await post();
    const { capture } = await store.nth(0);
    expect(capture).toMatchObject({
      id: expect.stringMatching(/^cap_[0-9a-z]{16}$/),
      receivedAt: world.now(),
      method: 'POST',
      path: '/',
      httpVersion: '1.1',
      event: 'test_run.completed',
      verification: { valid: true, reason: 'ok' },
      answered: null,
    });
    expect(capture.body.equals(PAYLOAD)).toBe(true);
    expect(capture.headers).toContainEqual(['X-Relyable-Signature', signPayload(PAYLOAD, SECRET)]);
  });

  it.each([
    ['200 where nothing is forwarded', {}, signed(PAYLOAD), 200],
    ['401 where the signature is missing', {}, {}, 401],
    ['200 with ack', { respond: 'ack' }, signed(PAYLOAD), 200],
  ] as const)('stores the answer where it is ours: %s', async (_, options, headers, status) => {
    const app = await startApp();
    const isAck = 'respond' in options;
    const { post, store } = await listen({ ...options, ...(isAck ? { to: app.url } : {}) });
    expect((await post(PAYLOAD, headers)).status).toBe(status);
    expect((await store.nth(0)).capture.answered).toBe(status);
    expect(store.answered).toEqual([]);
  });

  it.each([
    ['mirror', { respond: 'mirror' }],
    ['ack', { respond: 'ack' }],
    ['an event that is not forwarded', { respond: 'mirror', events: new Set(['other']) }],
  ] as const)('answers 503 where it cannot be stored: %s', async (_, options) => {
    const app = await startApp(() => undefined);
    const { post, store, world, stop } = await listen({ ...options, to: app.url });
    store.isHeld = true;
    const got = post();
    (await store.nth(0)).fail('the disk is full');
    expect((await got).status).toBe(503);
    expect((await got).json()).toEqual({
      error: 'not_stored',
      message: 'the request could not be stored; send it again',
    });
    expect(await world.refused()).toEqual({
      type: 'refused',
      at: world.now(),
      status: 503,
      reason: 'not stored: the disk is full',
    });
    expect(world.events.map(({ type }) => type)).toEqual(['ready', 'refused']);
    expect(store.forwards).toEqual([]);
    await stop(0);
    expect(await world.summary()).toMatchObject({ received: 0, notStored: 1 });
  });

  it('ends the exchange with the app where the capture cannot be stored', async () => {
    const { app, next } = await startHeldApp();
    const { post, store, stop, world } = await listen({ to: app.url });
    store.isHeld = true;
    const got = post();
    const response = await next();
    (await store.nth(0)).fail('gone');
    expect((await got).status).toBe(503);
    await once(response, 'close');
    // Nothing is left that a stop would wait for, and nothing was counted.
    await stop(60_000);
    expect(await world.summary()).toMatchObject({ received: 0, forwarded: 0 });
  });

  it('drops the answer of an app that was quicker than a store that fails', async () => {
    const app = await startApp();
    const { post, store, world } = await listen({ to: app.url, concurrency: 1 });
    store.isHeld = true;
    const first = post();
    await store.nth(0);
    const second = post();
    // One connection: the second request is on it once the first was answered.
    await app.waitFor(2);
    (await store.nth(0)).fail('gone');
    (await store.nth(1)).stored();
    expect([(await first).status, (await second).status]).toEqual([503, 200]);
    expect(world.events.map(({ type }) => type).sort()).toEqual(['delivery', 'ready', 'refused']);
  });

  it('does not forward with ack what could not be stored', async () => {
    const app = await startApp();
    const { post, store } = await listen({ to: app.url, respond: 'ack' });
    store.isHeld = true;
    const refused = post();
    (await store.nth(0)).fail('gone');
    expect((await refused).status).toBe(503);
    store.isHeld = false;
    await post();
    await app.waitFor(1);
    expect(store.forwards.map(([id]) => id)).not.toContain(await idOf(store, 0));
    expect(app.received).toHaveLength(1);
  });
});

describe('ingestLogged', () => {
  const headers = [['X-Relyable-Signature', signPayload(PAYLOAD, SECRET)]] as const;
  const logged = { method: 'POST', path: '/hook', httpVersion: '1.1', headers, body: PAYLOAD };

  it('stores and forwards a request of the delivery log, marked, without a sender', async () => {
    const app = await startApp((response) => response.writeHead(500).end('no'));
    const { ingestLogged, store, world } = await listen({ to: app.url });
    const handled = await ingestLogged(logged, true);
    expect(handled).toMatchObject({ source: 'log', forward: { status: 500, resigned: true } });
    expect(handled.warnings.map(({ code }) => code)).toContain('resigned');
    expect(await world.handled()).toBe(handled);
    expect((await store.nth(0)).capture).toMatchObject({ source: 'log', answered: null });
    expect(store.forwards).toHaveLength(1);
    expect(store.answered).toEqual([]);
    expect(app.received[0]?.body.equals(PAYLOAD)).toBe(true);
  });

  it('does not forward what the listener would not', async () => {
    const app = await startApp();
    const { ingestLogged, store } = await listen({ to: app.url });
    const unsigned = { ...logged, headers: [] };
    const handled = await ingestLogged(unsigned, false);
    expect(handled).toMatchObject({ forward: null, verification: { valid: false } });
    expect((await store.nth(0)).capture.answered).toBe(401);
    expect(app.received).toEqual([]);
  });

  it('rejects where the request cannot be stored', async () => {
    const { ingestLogged, store } = await listen({});
    store.isHeld = true;
    const pending = ingestLogged(logged, false);
    (await store.nth(0)).fail('disk full');
    await expect(pending).rejects.toThrow('disk full');
  });
});

describe('mirror', () => {
  it('answers only once the capture is stored, however quick the app is', async () => {
    const app = await startApp();
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ to: app.url, concurrency: 1 }), world);
    world.store.isHeld = true;
    const requests = [receivedRequest(), receivedRequest()];
    for (const request of requests) pipeline.receive(request);
    await app.waitFor(2);
    expect(requests.map(({ response }) => response.headersSent)).toEqual([false, false]);
    expect(world.events).toEqual([]);
    for (const { stored } of world.store.added) stored();
    await pipeline.drain();
    expect(requests.map(({ response }) => response.statusCode)).toEqual([200, 200]);
    expect(requests.every(({ response }) => response.writableEnded)).toBe(true);
  });

  it('answers only once the app has, however quick the store is', async () => {
    const { app, next } = await startHeldApp();
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ to: app.url }), world);
    const request = receivedRequest();
    pipeline.receive(request);
    const response = await next();
    await settled();
    expect(request.response.headersSent).toBe(false);
    world.advance(40);
    response.writeHead(418, 'Teapot').end('short and stout');
    const handled = await world.handled();
    expect(request.response.statusCode).toBe(418);
    expect(handled).toMatchObject({
      forward: { status: 418, durationMs: 40 },
      answered: { status: 418 },
    });
    expect((await pipeline.drain()).latencyMs.max).toBe(40);
  });

  it('passes on status, reason, headers and bytes', async () => {
    const body = Buffer.from([0, 255, 13, 10]);
    const app = await startApp((response) => {
      response.sendDate = false;
      response.writeHead(201, 'Done', [
        'X-a',
        '1',
        'x-A',
        '2',
        'Content-Length',
        '4',
        'Connection',
        'X-Hop',
        'X-Hop',
        '1',
      ]);
      response.end(body);
    });
    const { post, store } = await listen({ to: app.url });
    const got = await post();
    expect(got.status).toBe(201);
    expect(got.headers['x-a']).toBe('1, 2');
    // Neither what concerns the connection to the app alone nor a date of our own.
    expect(got.headers).not.toHaveProperty('x-hop');
    expect(got.headers).not.toHaveProperty('date');
    expect(got.body.equals(body)).toBe(true);
    expect(store.forwards).toMatchObject([
      [await idOf(store), { kind: 'forward', status: 201, error: null, url: `${app.url}/` }],
    ]);
    expect(store.forwards[0]?.[1].responseBody.equals(body)).toBe(true);
    // What the sender got is what the app answered: there is nothing to add.
    expect(store.answered).toEqual([]);
  });

  it('sends an event type with a route to its own target, others to the common one', async () => {
    const common = await startApp();
    const other = await startApp();
    const routeTo = { 'test_run.failed': `${other.url}/failed` };
    const { post, stop, world, store } = await listen({ to: common.url, routeTo });
    await post();
    await post(Buffer.from('{"id":"evt_2","event":"test_run.failed"}'));
    expect(common.received).toHaveLength(1);
    expect(other.received.map(({ url }) => url)).toEqual(['/failed']);
    expect((await world.handled(1)).forward?.url).toBe(`${other.url}/failed`);
    expect(store.forwards).toHaveLength(2);
    await stop(0);
  });

  it('stores an answer without the secret and the signature that it has, and mirrors it as it is', async () => {
    const app = await startApp((response, { headers }) => {
      response.setHeader('X-Expected', String(headers['x-relyable-signature']));
      response.end(`secret ${SECRET}, signature ${signPayload(PAYLOAD, SECRET)}`);
    });
    const { post, store, world } = await listen({ to: app.url });
    const got = await post();
    const signature = signPayload(PAYLOAD, SECRET);
    expect(got.body.toString()).toBe(`secret ${SECRET}, signature ${signature}`);
    expect(got.headers['x-expected']).toBe(signature);
    const { forward } = await world.handled();
    expect(forward?.responseBody.toString()).toBe(
      'secret [signing secret], signature [signature of the request]',
    );
    expect(JSON.stringify(store.forwards)).not.toContain(signature);
  });

  it('answers 502 with the reason where the app is down, and stores that', async () => {
    const app = await startApp();
    await app.close();
    const { post, store, world } = await listen({ to: app.url });
    const got = await post();
    expect(got.status).toBe(502);
    const reason = `nothing listens on 127.0.0.1:${app.port} (connection refused)`;
    expect(got.json()).toEqual({ error: 'app_unreachable', message: reason });
    expect(await world.handled()).toMatchObject({
      forward: { status: null, error: reason },
      answered: { status: 502 },
    });
    expect(store.answered).toEqual([[await idOf(store), 502]]);
  });

  it('reports the id of the first capture of the same event', async () => {
    const app = await startApp();
    const { post, store, world } = await listen({ to: app.url });
    store.isHeld = true;
    const got = post();
    (await store.nth(0)).stored('cap_first');
    await got;
    expect(await world.handled()).toMatchObject({
      duplicateOf: 'cap_first',
      warnings: [{ code: 'duplicate' }],
    });
  });

  it('tells a retry of a refused event from a repeat of a delivered one', async () => {
    const statuses = [500, 200, 200];
    const app = await startApp((response) => {
      response.statusCode = statuses.shift() ?? 0;
      response.end();
    });
    const { post, store, world } = await listen({ to: app.url });
    store.isHeld = true;
    const messages: string[][] = [];
    for (let index = 0; index < 3; index++) {
      const got = post();
      const { capture, stored } = await store.nth(index);
      stored(index === 0 ? null : (store.added[0]?.capture.id ?? capture.id));
      await got;
      messages.push((await world.handled(index)).warnings.map(({ message }) => message));
    }
    const first = store.added[0]?.capture.id ?? '';
    expect(messages).toEqual([
      [],
      [`retry of ${first}, which your app answered 500`],
      [`the same event as ${first}: your app should handle it once`],
    ]);
  });
});

describe('ack', () => {
  it('answers 200 once stored, and reports when the app has answered', async () => {
    const { app, next } = await startHeldApp();
    const { post, store, world, stop } = await listen({ to: app.url, respond: 'ack' });
    const got = await post();
    expect(got.status).toBe(200);
    expect(got.json()).toEqual({ received: true, id: await idOf(store) });
    const response = await next();
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
    world.advance(300);
    response.writeHead(500).end();
    expect(await world.handled()).toMatchObject({
      forward: { status: 500, durationMs: 300 },
      answered: { status: 200 },
    });
    expect(store.answered).toEqual([]);
    await stop(0);
    // Until the sender was answered, not until the app was done.
    expect(await world.summary()).toMatchObject({ failed: 1, latencyMs: { max: 0 } });
  });

  it('makes senders wait while more than a thousand forwards are under way', async () => {
    const { app, next } = await startHeldApp();
    const world = new TestWorld();
    const options = optionsFor({ to: app.url, respond: 'ack', concurrency: 1 });
    const pipeline = new Pipeline(options, world);
    const requests = Array.from({ length: 1001 }, () => receivedRequest());
    for (const request of requests.slice(0, 1000)) pipeline.receive(request);
    await settled();
    expect(requests.filter(({ response }) => response.writableEnded)).toHaveLength(1000);
    const last = requests[1000];
    if (last !== undefined) pipeline.receive(last);
    await settled();
    expect(last?.response.writableEnded).toBe(false);
    world.advance(25);
    for (let n = 0; n < 1001; n++) (await next()).end();
    const { latencyMs, forwarded } = await pipeline.drain();
    expect(last?.response.writableEnded).toBe(true);
    expect({ forwarded, max: latencyMs.max }).toEqual({ forwarded: 1001, max: 25 });
  });
});

describe('a sender that leaves before it is answered', () => {
  const lost = {
    answered: { status: 200, complete: false },
    warnings: [{ code: 'not_received' }],
  };

  it('is reported: mirror', async () => {
    const { app, next } = await startHeldApp();
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ to: app.url }), world);
    let onReceived: (response: ServerResponse) => void = () => undefined;
    const received = new Promise<ServerResponse>((resolve) => (onReceived = resolve));
    const receiver = await startReceiver({
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 1000,
      onRequest: (request) => {
        onReceived(request.response);
        pipeline.receive(request);
      },
      health: () => ({}),
      onRefused: () => undefined,
    });
    const options = { method: 'POST', headers: signed(PAYLOAD), agent: false };
    const sender = request(receiver.url, options).on('error', () => undefined);
    sender.end(PAYLOAD);
    const response = await received;
    const answer = await next();
    sender.destroy();
    await once(response, 'close');
    answer.end();
    expect(await world.handled()).toMatchObject(lost);
    await receiver.close();
  });

  it.each([
    ['ack', { respond: 'ack' }],
    ['an event that is not forwarded', { events: new Set(['other']) }],
  ] as const)('is reported: %s', async (_, options) => {
    const app = await startApp();
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ ...options, to: app.url }), world);
    const gone = receivedRequest();
    gone.response.destroy();
    pipeline.receive(gone);
    expect(await world.handled()).toMatchObject(lost);
  });

  it('is not one that leaves after its answer', async () => {
    const { app, next } = await startHeldApp();
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ to: app.url, respond: 'ack' }), world);
    const { response, ...rest } = receivedRequest();
    pipeline.receive({ response, ...rest });
    const answer = await next();
    response.destroy();
    answer.end();
    expect((await world.handled()).answered).toEqual({ status: 200, complete: true });
  });
});

describe('verify', () => {
  it.each([
    ['missing', {}, 'signature_missing'],
    ['empty', { 'X-Relyable-Signature': '' }, 'signature_empty'],
    [
      'of another secret',
      { 'X-Relyable-Signature': signPayload(PAYLOAD, 'no') },
      'signature_invalid',
    ],
  ] as const)('answers 401 where the signature is %s', async (_, headers, error) => {
    const app = await startApp();
    const { post, world } = await listen({ to: app.url });
    const got = await post(PAYLOAD, headers);
    expect(got.status).toBe(401);
    expect(got.json()).toEqual({ error, message: 'the signature is missing or not valid' });
    expect(await world.handled()).toMatchObject({ forward: null, answered: { status: 401 } });
    expect(app.received).toHaveLength(0);
  });

  it('forwards it with --invalid forward', async () => {
    const app = await startApp();
    const { post, world } = await listen({ to: app.url, invalid: 'forward' });
    expect((await post(PAYLOAD, {})).status).toBe(200);
    expect(await world.handled()).toMatchObject({
      verification: { valid: false },
      forward: { status: 200 },
    });
  });

  it('explains a failure once the sender has its answer, and stores the reason', async () => {
    const { post, store, world } = await listen();
    const newline = Buffer.concat([PAYLOAD, Buffer.from('\n')]);
    await post(newline, signed(PAYLOAD));
    expect((await store.nth(0)).capture.verification.reason).toBe('secret_wrong_or_body_changed');
    expect(await world.handled()).toMatchObject({
      verification: { reason: 'body_trailing_newline' },
    });
    expect(store.reasons).toEqual([[await idOf(store), 'body_trailing_newline']]);
  });

  it('stores no reason where none is found, and none for a valid signature', async () => {
    const { post, store, world } = await listen();
    await post(PAYLOAD, { 'X-Relyable-Signature': signPayload(PAYLOAD, 'another secret') });
    await post();
    await world.handled(1);
    expect(store.reasons).toEqual([]);
  });
});

describe('events', () => {
  it('forwards only the types that are asked for', async () => {
    const app = await startApp();
    const { post, world } = await listen({ to: app.url, events: new Set(['test_run.completed']) });
    await post();
    const other = Buffer.from('{"event":"test_run.failed"}');
    expect((await post(other)).status).toBe(200);
    expect((await post(Buffer.from('no event'))).status).toBe(200);
    const handled = await Promise.all([0, 1, 2].map((index) => world.handled(index)));
    expect(handled.map(({ isFiltered, forward }) => [isFiltered, forward === null])).toEqual([
      [false, false],
      [true, true],
      [true, true],
    ]);
    expect(app.received).toHaveLength(1);
  });

  it('reports what the payload says, and a probe as one', async () => {
    const { post, world } = await listen();
    await post(PAYLOAD, { ...signed(PAYLOAD), 'User-Agent': 'relyable/1.0.0 (probe)' });
    await post(Buffer.from('[1]'));
    const first = await world.handled(0);
    expect(first).toMatchObject({
      event: 'test_run.completed',
      subjectId: 'run_1',
      isJson: true,
      isProbe: true,
      source: 'http',
      client: null,
      isFiltered: false,
      bodyBytes: PAYLOAD.length,
      duplicateOf: null,
      warnings: [],
    });
    expect(first.readEventId()).toBe('evt_1');
    expect(first.readPayload()).toEqual(JSON.parse(PAYLOAD.toString('utf8')));
    const second = await world.handled(1);
    expect(second).toMatchObject({ event: null, subjectId: null, isProbe: false });
    expect(second.readEventId()).toMatch(/^sha256:/);
  });
});

describe('replay', () => {
  const capture = { id: 'cap_old', ...receivedRequest() };

  it('sends a stored capture and stores what came, without counting it', async () => {
    const app = await startApp((response) => response.writeHead(500).end('no'));
    const { replay, store, stop, world } = await listen({ to: app.url });
    const forward = await replay(capture);
    expect(forward).toMatchObject({ kind: 'replay', status: 500, url: `${app.url}/` });
    expect(store.forwards).toEqual([['cap_old', forward]]);
    expect(app.received[0]?.body.equals(PAYLOAD)).toBe(true);
    await stop(0);
    expect(await world.summary()).toMatchObject({ received: 0, forwarded: 0 });
  });

  it('is null without a target', async () => {
    expect((await listen()).replay(capture)).toBeNull();
  });

  it('is waited for by a stop', async () => {
    const { app, next } = await startHeldApp();
    const { replay, stop, world, store } = await listen({ to: app.url });
    const replayed = replay(capture);
    const response = await next();
    const stopped = stop(60_000);
    await settled();
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
    response.end();
    await stopped;
    expect(await replayed).toMatchObject({ status: 200 });
    expect(store.forwards).toHaveLength(1);
  });
});

describe('ingest', () => {
  const position = (unforwarded: string | null): StreamPosition => ({
    key: { reader: 'r', stream: 's', created: 'c' },
    after: null,
    seq: 1,
    unforwarded,
  });
  const relayed = (): { request: WebhookRequest; receivedAt: number } => ({
    request: receivedRequest(),
    receivedAt: 1_600_000_000_000,
  });

  it('stores first, as answered by the relay, and forwards then', async () => {
    const app = await startApp();
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ to: app.url }), world);
    world.store.isHeld = true;
    const ingestion = pipeline.ingest(relayed(), position);
    await settled();
    expect(app.received).toHaveLength(0);
    const added = await world.store.nth(0);
    expect(added.capture).toMatchObject({ receivedAt: 1_600_000_000_000, answered: 200 });
    expect(added.position).toEqual(position(added.capture.id));
    added.stored('cap_first');
    await ingestion.forwarded;
    expect(await world.handled()).toMatchObject({
      source: 'relay',
      duplicateOf: 'cap_first',
      forward: { status: 200 },
      answered: { status: 200, complete: true },
    });
    expect(world.store.answered).toEqual([]);
  });

  it('does not note what is only stored for forwarding', async () => {
    const world = new TestWorld();
    const { forwarded } = new Pipeline(optionsFor({}), world).ingest(relayed(), position);
    expect(forwarded).toBeNull();
    expect((await world.store.nth(0)).position).toEqual(position(null));
    expect(await world.handled()).toMatchObject({ source: 'relay', forward: null });
  });

  it('rejects where it could not be stored, and forwards nothing', async () => {
    const app = await startApp();
    const world = new TestWorld();
    world.store.isHeld = true;
    const pipeline = new Pipeline(optionsFor({ to: app.url }), world);
    const { stored, forwarded } = pipeline.ingest(relayed(), position);
    (await world.store.nth(0)).fail('disk full');
    await expect(stored).rejects.toThrow('disk full');
    await forwarded;
    await pipeline.drain();
    expect(app.received).toHaveLength(0);
    expect(world.events).toEqual([]);
  });

  it('forwards a capture again with a warning', async () => {
    const app = await startApp((response) => {
      response.statusCode = 202;
      response.end();
    });
    const world = new TestWorld();
    const pipeline = new Pipeline(optionsFor({ to: app.url }), world);
    const capture = makeCapture(1, receivedRequest());
    await pipeline.forwardAgain(capture);
    expect(world.store.added).toEqual([]);
    expect(world.store.forwards).toMatchObject([[capture.id, { status: 202 }]]);
    expect(await world.handled()).toMatchObject({
      id: capture.id,
      source: 'relay',
      warnings: [
        { code: 'forwarded_again' },
        { code: 'not_200', message: expect.stringContaining('which got its 200 from the relay') },
      ],
    });
    expect(new Pipeline(optionsFor({}), world).forwardAgain(capture)).toBeNull();
  });
});
