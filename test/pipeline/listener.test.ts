import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startListener } from '../../src/pipeline/listener.ts';
import { startApp } from '../support/app.ts';
import { signPayload } from '../../src/signature/sign.ts';
import { listen, optionsFor, PAYLOAD, SECRET, signed, TestWorld } from './world.ts';

const NGROK = { name: 'ngrok', header: 'X-Forwarded-For' };

/** The health document as a client gets it that asks for this `Host`. */
function askHealth(url: string, host: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const options = { headers: { Host: host }, setHost: false, agent: false };
    request(url, options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(JSON.parse(text)));
    })
      .on('error', reject)
      .end();
  });
}

describe('start', () => {
  it('says where it listens, where it forwards to and which secret it uses first', async () => {
    const { world, receiver } = await listen({
      to: 'http://127.0.0.1:9/hook',
      secrets: [
        { source: 'first', value: SECRET, role: 'chosen' },
        { source: 'second', value: 'x', role: 'known' },
      ],
    });
    expect(world.events).toEqual([
      {
        type: 'ready',
        url: `http://127.0.0.1:${receiver.port}`,
        port: receiver.port,
        forwardTo: 'http://127.0.0.1:9/hook',
        routes: {},
        store: '/store/captures.db',
        secretSource: 'first',
        publicUrl: null,
        tunnel: null,
        inspectUrl: null,
      },
    ]);
  });

  it('rejects where the port is in use, and emits nothing', async () => {
    const app = await startApp();
    const world = new TestWorld();
    await expect(startListener(optionsFor({ port: app.port }), world)).rejects.toMatchObject({
      code: 'PORT_IN_USE',
    });
    expect(world.events).toEqual([]);
  });

  it('has no summary where it was stopped before it was announced', async () => {
    const world = new TestWorld();
    const listener = await startListener(optionsFor({}), world);
    await listener.stop(0);
    expect(world.events).toEqual([]);
  });

  it('reports what is refused before it becomes a request', async () => {
    const { post, world } = await listen({ maxBodyBytes: 3 });
    expect((await post()).status).toBe(413);
    expect(await world.refused()).toMatchObject({ type: 'refused', at: world.now(), status: 413 });
  });
});

it('refuses further large bodies while incomplete ones hold its limit', async () => {
  const { post, world, receiver } = await listen({ maxPartialBytes: 500_000 });
  for (let count = 0; count < 2; count++) {
    const sender = connect(receiver.port, '127.0.0.1').resume();
    onTestFinished(() => void sender.destroy());
    sender.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 400001\r\n\r\n');
    sender.write(Buffer.alloc(400_000));
  }
  expect(await world.refused()).toMatchObject({ type: 'refused', status: 429 });
  expect((await post(Buffer.from('{}'))).status).toBe(200);
});

describe('the health document', () => {
  const health = { type: 'health', v: 1, service: 'relyable listen', received: 0 };
  const forwardTo = 'http://127.0.0.1:9/hook';

  it.each(['127.0.0.1:4400', 'localhost', '[::1]:4400', '192.168.1.7', 'app.localhost'])(
    'names the target to %s',
    async (host) => {
      const { receiver } = await listen({ to: forwardTo });
      expect(await askHealth(receiver.url, host)).toEqual({ ...health, forwardTo });
    },
  );

  it.each(['evil.example', 'localhost.evil.example:4400', '127.0.0.1.evil.example', ''])(
    'hides it from a page at "%s"',
    async (host) => {
      const { receiver } = await listen({ to: forwardTo });
      expect(await askHealth(receiver.url, host)).toEqual(health);
    },
  );

  it('counts what was received', async () => {
    const { receiver, post } = await listen();
    await post();
    await post(Buffer.from('x'), {});
    expect(await askHealth(receiver.url, '127.0.0.1')).toMatchObject({
      received: 2,
      forwardTo: null,
    });
  });
});

describe('stop', () => {
  it('waits for the app, sends the answer, then ends with the summary', async () => {
    let answer = (): void => undefined;
    const app = await startApp((response) => (answer = () => response.end('late')));
    const { post, stop, world } = await listen({ to: app.url });
    const got = post();
    await app.waitFor(1);
    const stopped = stop(60_000);
    // Until it has ended, senders are told to send again.
    const late = await post();
    expect([late.status, late.json()]).toMatchObject([503, { error: 'stopping' }]);
    answer();
    expect((await got).body.toString()).toBe('late');
    await stopped;
    await expect(post()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    const types = world.events.map(({ type }) => type);
    expect(types).toEqual(['ready', 'refused', 'delivery', 'summary']);
    expect(world.events.at(-1)).toMatchObject({ received: 1, valid: 1, forwarded: 1, failed: 0 });
  });

  it('answers 502 and says so where the app does not answer within the grace', async () => {
    const app = await startApp(() => undefined);
    const { post, stop, world } = await listen({ to: app.url });
    const got = post();
    await app.waitFor(1);
    await stop(1);
    const message = 'relyable stopped before an answer came';
    expect((await got).status).toBe(502);
    expect((await got).json()).toEqual({ error: 'app_unreachable', message });
    expect(world.events.slice(1)).toMatchObject([
      { type: 'delivery', forward: { status: null, error: message }, answered: { status: 502 } },
      { type: 'summary', received: 1, forwarded: 1, failed: 1 },
    ]);
  });

  it('waits for the forwards of senders that have their answer', async () => {
    let answer = (): void => undefined;
    const app = await startApp((response) => (answer = () => response.end()));
    const { post, stop, world } = await listen({ to: app.url, respond: 'ack' });
    expect((await post()).status).toBe(200);
    await app.waitFor(1);
    const stopped = stop(60_000);
    expect(world.events.map(({ type }) => type)).toEqual(['ready']);
    answer();
    await stopped;
    expect(world.events.map(({ type }) => type)).toEqual(['ready', 'delivery', 'summary']);
  });
});

describe('another secret', () => {
  it('is used from then on, and the earlier one is recognised', async () => {
    const { replaceSecrets, post, world } = await listen();
    replaceSecrets([{ source: '.env', value: 'whsec_next', role: 'chosen' }]);
    expect(world.events.at(-1)).toEqual({
      type: 'secret_changed',
      secretSource: '.env',
      previousSource: 'test secret',
    });
    expect((await post()).status).toBe(401);
    const signature = signPayload(PAYLOAD, 'whsec_next');
    expect((await post(PAYLOAD, { 'X-Relyable-Signature': signature })).status).toBe(200);
    const verdicts = world.events.filter((event) => event.type === 'delivery');
    expect(verdicts.map(({ verification }) => verification)).toMatchObject([
      { reason: 'secret_other_known', secretSource: 'test secret, before it changed' },
      { reason: 'ok', secretSource: '.env' },
    ]);
  });
});

describe('a request that came through a tunnel', () => {
  it.each([
    ['its last address', { 'X-Forwarded-For': '10.0.0.1, 203.0.113.7' }, '203.0.113.7'],
    ['an IPv6 address', { 'x-forwarded-for': '2001:db8::1' }, '2001:db8::1'],
  ])('is marked with %s, as the provider reports it', async (_, headers, address) => {
    const { announce, post, world } = await listen();
    announce({ publicUrl: 'https://a.example/', tunnel: 'ngrok' }, NGROK);
    await post(PAYLOAD, { ...signed(PAYLOAD), ...headers });
    expect(world.events.at(-1)).toMatchObject({
      source: 'tunnel',
      client: { address, reportedBy: 'ngrok' },
    });
  });

  it.each([
    ['without the header', {}],
    ['with anything else in it', { 'X-Forwarded-For': '203.0.113.7, [31mx' }],
  ])('is not marked %s', async (_, headers) => {
    const { announce, post, world } = await listen();
    announce({ publicUrl: 'https://a.example/', tunnel: 'ngrok' }, NGROK);
    await post(PAYLOAD, { ...signed(PAYLOAD), ...headers });
    expect(world.events.at(-1)).toMatchObject({ source: 'http', client: null });
  });

  it('gets no other rights: the identity stays with this machine', async () => {
    const { receiver } = await listen({ isPublic: true });
    const headers = { 'X-Forwarded-For': '127.0.0.1' };
    expect(await (await fetch(receiver.url, { headers })).json()).toEqual({
      type: 'health',
      v: 1,
      service: 'relyable listen',
    });
  });
});
