import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  answerJson,
  type ReceivedRequest,
  type Receiver,
  type ReceiverOptions,
  startReceiver,
} from '../../../src/http/server/receive.ts';
import { hasPython } from '../../support/stacks.ts';

/** A receiver that answers 200 to each request; closed when the test ends. */
async function startAnswering(options: Partial<ReceiverOptions>): Promise<Receiver> {
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1000,
    onRequest: ({ response }) => answerJson(response, 200, {}),
    health: () => ({}),
    onRefused: () => undefined,
    ...options,
  });
  onTestFinished(() => receiver.close());
  return receiver;
}

it('lets earlier requests finish, and answers 503 until it is closed', async () => {
  const requests: ReceivedRequest[] = [];
  const refused: number[] = [];
  let onRequest: () => void = () => undefined;
  const arrived = new Promise<void>((resolve) => (onRequest = resolve));
  const receiver = await startReceiver({
    host: '127.0.0.1',
    port: 0,
    maxBodyBytes: 1000,
    onRequest: (received) => {
      requests.push(received);
      onRequest();
    },
    health: () => ({}),
    onRefused: (status) => refused.push(status),
  });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const post = (through?: Agent): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      request(receiver.url, { method: 'POST', agent: through }, (response) => {
        response.resume().on('end', () => resolve(response));
      })
        .on('error', reject)
        .end('{}');
    });

  const first = post(agent);
  await arrived;
  const drained = receiver.drain(60_000);
  // One through the same connection, and one through another.
  const second = post(agent);
  const third = await post();
  expect([third.statusCode, third.headers.connection]).toEqual([503, 'close']);
  if (requests[0] !== undefined) answerJson(requests[0].response, 200, {});
  expect((await first).statusCode).toBe(200);
  await drained;
  expect([(await second).statusCode, (await second).headers.connection]).toEqual([503, 'close']);
  expect((await post()).statusCode).toBe(503);
  await receiver.close();
  await expect(post()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  expect(requests).toHaveLength(1);
  expect(refused).toEqual([503, 503, 503]);
});

it.each([
  ['in one piece', 65_000],
  ['in pieces', 65_537],
  ['in more pieces', 1_048_576],
  ['too large for memory taken at once', 1_048_577],
])(
  'a body that comes %s is what was sent, with its length announced and without',
  async (_, size) => {
    const sent = randomBytes(size);
    const bodies: Buffer[] = [];
    const receiver = await startReceiver({
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 2_000_000,
      onRequest: ({ body, response }) => {
        bodies.push(body);
        answerJson(response, 200, {});
      },
      health: () => ({}),
      onRefused: () => undefined,
    });
    for (const headers of [{ 'Content-Length': size }, { 'Transfer-Encoding': 'chunked' }]) {
      await new Promise<void>((resolve, reject) => {
        const outgoing = request(receiver.url, { method: 'POST', headers }, (response) => {
          response.resume().on('end', resolve);
        }).on('error', reject);
        for (let at = 0; at < size; at += 30_011) outgoing.write(sent.subarray(at, at + 30_011));
        outgoing.end();
      });
    }
    await receiver.close();
    expect(bodies.map((body) => body.equals(sent))).toEqual([true, true]);
  },
);

describe('a body that is too large', () => {
  const size = 20_000_000;

  /** Writes a whole request before it reads, as many clients do; what it then reads. */
  const sendThenRead = (port: number, head: string, body: Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      let answer = '';
      socket.pause();
      socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
      socket.on('error', reject);
      socket.on('end', () => resolve(answer));
      socket.write(`POST / HTTP/1.1\r\nHost: a\r\n${head}\r\n\r\n`);
      socket.write(body, () => socket.resume());
    });

  it.each([
    ['announced', `Content-Length: ${size}`, Buffer.alloc(size)],
    [
      'in chunks',
      'Transfer-Encoding: chunked',
      Buffer.concat([
        Buffer.from(`${size.toString(16)}\r\n`),
        Buffer.alloc(size),
        Buffer.from('\r\n0\r\n\r\n'),
      ]),
    ],
    [
      'on a connection to be closed',
      `Connection: close\r\nContent-Length: ${size}`,
      Buffer.alloc(size),
    ],
  ])('is answered 413 to a sender that writes all of it first: %s', async (_, head, body) => {
    const refused: number[] = [];
    const receiver = await startReceiver({
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 1000,
      onRequest: () => undefined,
      health: () => ({}),
      onRefused: (status) => refused.push(status),
    });
    const answer = await sendThenRead(receiver.port, head, body);
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('"message":"the body is larger than 1000 bytes"');
    expect(refused).toEqual([413]);
    await receiver.close();
  });

  /** A receiver that takes 1000 bytes, closed when the test ends. */
  const startSmall = async (): Promise<string> => {
    const receiver = await startReceiver({
      host: '127.0.0.1',
      port: 0,
      maxBodyBytes: 1000,
      onRequest: () => undefined,
      health: () => ({}),
      onRefused: () => undefined,
    });
    onTestFinished(() => receiver.close());
    return receiver.url;
  };

  it('is answered 413 to a sender that writes for longer than the connection stays open for it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const port = Number(new URL(await startSmall()).port);
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    const piece = `2710\r\n${'a'.repeat(10_000)}\r\n`;
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
    socket.write(piece);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    expect(answer.toString()).toMatch(/^HTTP\/1\.1 413 /);
    // Our side is closed after 2 s, and what is still sent is taken without a reset.
    const ended = once(socket, 'end');
    vi.advanceTimersByTime(2000);
    await ended;
    const closed = once(socket, 'close');
    for (let i = 0; i < 1000; i++) socket.write(piece);
    socket.end('0\r\n\r\n');
    expect(await closed).toEqual([false]);
  });

  it('is discarded for half a minute at most', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const socket = connect(Number(new URL(await startSmall()).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n');
    await once(socket, 'data');
    vi.advanceTimersByTime(30_000);
    await once(socket, 'close');
  });

  it.each(['a buffer', 'a stream'])("is answered 413 to Node's fetch with %s", async (kind) => {
    const pieces = Array.from({ length: 50 }, () => new Uint8Array(100_000));
    const body = kind === 'a buffer' ? Buffer.concat(pieces) : ReadableStream.from(pieces);
    const init = { method: 'POST', body, duplex: 'half' } as RequestInit;
    const response = await fetch(await startSmall(), init);
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: 'too_large' });
  });

  const SEND_WITH_PYTHON = `
import http.client, sys
connection = http.client.HTTPConnection('127.0.0.1', int(sys.argv[1]))
pieces = [b'a' * 100_000] * 50
body = b''.join(pieces) if sys.argv[2] == 'bytes' else iter(pieces)
connection.request('POST', '/', body=body, encode_chunked=True, headers={} if sys.argv[2] == 'bytes' else {'Transfer-Encoding': 'chunked'})
print(connection.getresponse().status)
`;

  it.runIf(hasPython).each(['bytes', 'iterator'])(
    "is answered 413 to Python's http.client with %s",
    async (kind) => {
      const { port } = new URL(await startSmall());
      const python = promisify(execFile)('python3', ['-c', SEND_WITH_PYTHON, port, kind]);
      expect((await python).stdout).toBe('413\n');
    },
  );
});

it('bounds what bodies hold that are not complete, and still takes small ones', async () => {
  const refused: number[] = [];
  const receiver = await startAnswering({
    maxBodyBytes: 20 * 1024 * 1024,
    maxPartialBytes: 64 * 1024 * 1024,
    onRefused: (status) => refused.push(status),
  });
  const post = (body: Buffer): Promise<number> =>
    fetch(receiver.url, { method: 'POST', body }).then(({ status }) => status);
  const senders = Array.from({ length: 5 }, () => {
    const socket = connect(receiver.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16777217\r\n\r\n');
    socket.write(Buffer.alloc(16 * 1024 * 1024));
    return socket;
  });
  await expect.poll(() => refused, { timeout: 60_000 }).toEqual([429]);
  expect(await post(Buffer.alloc(1000))).toBe(200);
  for (const socket of senders) socket.destroy();
  // What they held is free again.
  await expect.poll(() => post(Buffer.alloc(16 * 1024 * 1024)), { timeout: 60_000 }).toBe(200);
}, 120_000);

it('reports an expectation that it does not meet', async () => {
  const refused: unknown[] = [];
  const receiver = await startAnswering({ onRefused: (...refusal) => refused.push(refusal) });
  const post = (expectation: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const headers = { Expect: expectation, 'Content-Length': 2 };
      const sent = request(receiver.url, { method: 'POST', headers, agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.on('error', reject).end('{}');
    });
  expect(await post('100-continue')).toBe(200);
  expect(await post('weird')).toBe(417);
  expect(refused).toEqual([[417, 'Expect: weird']]);
});

it.each([
  'POST / HTTP/1.1\r\nHost: a\r\n',
  'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n{}',
])('reports that a sender closed before its request was complete: %j', async (begun) => {
  let onRefused: (...refusal: unknown[]) => void = () => undefined;
  const refused = new Promise((resolve) => (onRefused = (...refusal) => resolve(refusal)));
  const receiver = await startAnswering({ onRefused });
  connect(receiver.port, '127.0.0.1').resume().end(begun);
  expect(await refused).toEqual([400, 'the sender closed before its request was complete']);
});
