import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { startApp } from '../support/app.ts';
import { listen, PAYLOAD, SECRET } from './world.ts';

/** Writes bytes to a port and resolves with all that comes back until the other side closes. */
function sendRaw(port: number, bytes: string | Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString('latin1')));
    socket.on('close', () => resolve(answer));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET' || error.code === 'EPIPE') resolve(answer);
      else reject(error);
    });
  });
}

const SIGNATURE = signPayload(PAYLOAD, SECRET);

function rawPost(path: string, headers: readonly string[] = []): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: example.test',
    ...headers,
    `x-relyable-SIGNATURE: ${SIGNATURE}`,
    `content-LENGTH: ${PAYLOAD.length}`,
    'Connection: close, X-Drop',
    'X-Drop: hop',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), PAYLOAD]);
}

describe('forwarding', () => {
  it('keeps the case, the order and the repeats of headers', async () => {
    const app = await startApp();
    const { receiver } = await listen({ to: app.url });
    await sendRaw(receiver.port, rawPost('/', ['X-Twice: 1', 'x-twice: 2', 'X-Latin: \u00e9']));
    const raw = app.received[0]?.rawHeaders ?? [];
    const pairs = raw.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${raw[i + 1]}`] : []));
    expect(pairs.filter((pair) => !/^connection:/i.test(pair))).toEqual([
      `host: 127.0.0.1:${app.port}`,
      'X-Twice: 1',
      'x-twice: 2',
      'X-Latin: \u00e9',
      `x-relyable-SIGNATURE: ${SIGNATURE}`,
      `content-LENGTH: ${PAYLOAD.length}`,
      'X-Forwarded-Host: example.test',
    ]);
  });

  it('keeps the Host of the sender where that is asked for', async () => {
    const app = await startApp();
    const { receiver } = await listen({ to: app.url, keepsHost: true });
    await sendRaw(receiver.port, rawPost('/'));
    expect(app.received[0]?.headers.host).toBe('example.test');
    expect(app.received[0]?.headers).not.toHaveProperty('x-forwarded-host');
  });

  it("sends a Host that is named, and the sender's beside it", async () => {
    const app = await startApp();
    const { receiver } = await listen({ to: app.url, addedHeaders: [['Host', 'named.test']] });
    await sendRaw(receiver.port, rawPost('/'));
    expect(app.received[0]?.headers.host).toBe('named.test');
    expect(app.received[0]?.headers['x-forwarded-host']).toBe('example.test');
  });

  it('leaves the X-Forwarded-Host of a proxy', async () => {
    const app = await startApp();
    const { receiver } = await listen({ to: app.url });
    await sendRaw(receiver.port, rawPost('/', ['X-Forwarded-Host: public.test']));
    expect(app.received[0]?.headers['x-forwarded-host']).toBe('public.test');
  });

  it('leaves an X-Forwarded-Host that was added', async () => {
    const app = await startApp();
    const added = [['X-Forwarded-Host', 'added.test']] as const;
    const { receiver } = await listen({ to: app.url, addedHeaders: added });
    await sendRaw(receiver.port, rawPost('/'));
    expect(app.received[0]?.headers['x-forwarded-host']).toBe('added.test');
  });

  it.each([
    ['uses the path of the target', '/app/hook', '/other?x=1', '/app/hook?x=1'],
    ['and its query', '/app?fixed=1', '/other?x=1', '/app?fixed=1'],
    [
      'uses the path of the request where the target has none',
      '',
      '//evil.example/x',
      '//evil.example/x',
    ],
    [
      'does not take the host from an absolute request target',
      '',
      'http://evil.example/x?y',
      '/x?y',
    ],
  ])('%s', async (_, targetPath, sent, seen) => {
    const app = await startApp();
    const { receiver } = await listen({ to: `${app.url}${targetPath}` });
    await sendRaw(receiver.port, rawPost(sent));
    expect(app.received.map(({ url }) => url)).toEqual([seen]);
  });

  it('does not follow redirects and says that Relyable would retry', async () => {
    const app = await startApp((response) =>
      response.writeHead(302, { Location: 'http://127.0.0.1:1/' }).end(),
    );
    const { post, world } = await listen({ to: app.url });
    expect((await post()).status).toBe(302);
    expect(await world.handled()).toMatchObject({ warnings: [{ code: 'not_200' }] });
  });

  it('continues once an app that was down is up', async () => {
    const app = await startApp();
    const { post } = await listen({ to: app.url });
    await app.close();
    expect((await post()).status).toBe(502);
    await startApp(undefined, { port: app.port });
    expect((await post()).status).toBe(200);
  });

  it('answers 502 where the app does not speak HTTP', async () => {
    const app = await startApp((response) => response.socket?.end('220 mail.example ESMTP\r\n'));
    const { post } = await listen({ to: app.url });
    expect((await post()).status).toBe(502);
  });

  it('passes on two thousand headers, the signature last', async () => {
    const app = await startApp();
    const { receiver, store } = await listen({ to: app.url });
    const many = Array.from({ length: 1500 }, (_, i) => `h${i}: 1`);
    expect(await sendRaw(receiver.port, rawPost('/', many))).toMatch(/^HTTP\/1.1 200 /);
    expect((await store.nth(0)).capture.headers.length).toBeGreaterThan(1500);
    expect(app.received).toHaveLength(1);
  });
});

describe('a malformed request', () => {
  it.each([
    [
      'bad chunking',
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n`,
      400,
    ],
    [
      'both length headers',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      400,
    ],
    [
      'two different lengths',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`,
      400,
    ],
    ['oversized headers', `POST / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(100_000)}\r\n\r\n`, 431],
    [
      'two hosts',
      `POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
      400,
    ],
    ['no HTTP at all', `hello\r\n\r\n`, 400],
    ['a TLS hello', Buffer.from('16030100c8010000c40303', 'hex'), 400],
    [
      'a body over the limit',
      `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 52428800\r\n\r\n`,
      413,
    ],
    [
      'an unsigned body in chunks',
      `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
      401,
    ],
    ['GET elsewhere', `GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`, 405],
    [
      'a method of its own',
      `PUT / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
      405,
    ],
    ['a tunnel', `CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n`, 405],
    ['no host', `POST / HTTP/1.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`, 400],
  ])('is refused once, and the next one is answered: %s', async (_, bytes, status) => {
    const { receiver, post, world, stop } = await listen();
    expect(await sendRaw(receiver.port, bytes)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await post()).status).toBe(200);
    await stop(0);
    const refused = world.events.flatMap((event) => (event.type === 'refused' ? [event] : []));
    // An unsigned request is not malformed: it is stored and reported as invalid.
    expect(refused.map((event) => event.status)).toEqual(status === 401 ? [] : [status]);
  });
});

it('HTTP/1.0 needs no host', async () => {
  const { receiver } = await listen();
  const head = `POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n{}`;
  expect(await sendRaw(receiver.port, head)).toMatch(/^HTTP\/1.1 401 /);
});

it('a signed body in chunks is stored as the bytes that were signed', async () => {
  const { receiver, store } = await listen();
  const text = PAYLOAD.toString('utf8');
  const restLength = (PAYLOAD.length - 5).toString(16);
  const chunks = `5\r\n${text.slice(0, 5)}\r\n${restLength}\r\n${text.slice(5)}\r\n0\r\n\r\n`;
  const head = `POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Relyable-Signature: ${SIGNATURE}\r\nTransfer-Encoding: chunked\r\n\r\n`;
  expect(await sendRaw(receiver.port, head + chunks)).toMatch(/^HTTP\/1.1 200 /);
  expect((await store.nth(0)).capture.body.equals(PAYLOAD)).toBe(true);
});

describe('a signed body', () => {
  it.each([
    ['nothing', ''],
    ['invalid UTF-8', Buffer.from([0xff, 0xfe, 0x00])],
    ['a JSON scalar', '42'],
    ['null', 'null'],
    ['deep nesting', '['.repeat(100_000) + ']'.repeat(100_000)],
    ['__proto__ keys', '{"__proto__":{"event":"x"},"constructor":1,"event":"test_run.failed"}'],
    ['duplicate keys', '{"event":"a","event":"test_run.failed","data":{},"data":{"agent_id":"x"}}'],
    ['lone surrogates', '{"event":"\\ud800","id":"\\udfff"}'],
    ['an event that is not a string', '{"event":{"a":1},"data":[]}'],
  ])('is verified, stored and forwarded: %s', async (_, content) => {
    const bytes = Buffer.from(content);
    const app = await startApp();
    const { post, world, store } = await listen({ to: app.url });
    expect((await post(bytes)).status).toBe(200);
    expect(await world.handled()).toMatchObject({ verification: { valid: true } });
    expect((await store.nth(0)).capture.body.equals(bytes)).toBe(true);
    expect(app.received[0]?.body.equals(bytes)).toBe(true);
  });
});
