import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createSender, MAX_ANSWER_BYTES, type Sender } from '../../../src/http/client/send.ts';
import { startApp } from '../../support/app.ts';

const TLS = { rejectUnauthorized: true };

function post(url: string, body: string): Parameters<Sender['send']>[0] {
  return {
    method: 'POST',
    url: new URL(url),
    headers: [
      ['Content-Type', 'application/json'],
      ['X-Twice', 'a'],
      ['x-twice', 'b'],
    ],
    body: Buffer.from(body),
  };
}

async function startRaw(answer: (write: (text: string) => void, end: () => void) => void) {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () =>
      answer(
        (text) => void socket.write(text),
        () => socket.destroy(),
      ),
    );
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

describe('createSender', () => {
  function open(timeoutMs = 10_000, signal?: AbortSignal): Sender {
    const sender = createSender({
      timeoutMs,
      tls: TLS,
      ...(signal === undefined ? {} : { signal }),
    });
    onTestFinished(() => sender.close());
    return sender;
  }

  it('sends bytes and headers as given and hands the answer over as it came', async () => {
    const app = await startApp((response) => {
      response.writeHead(418, [
        ['X-Reply', 'one'],
        ['x-reply', 'two'],
      ]);
      response.end('short and stout');
    });
    const result = await open().send(post(`${app.url}/hook?x=1`, '{"é":1}'));
    expect(result).toMatchObject({ status: 418, error: null, isBodyCut: false });
    expect(result.body.toString()).toBe('short and stout');
    expect(result.headers.slice(0, 2)).toEqual([
      ['X-Reply', 'one'],
      ['x-reply', 'two'],
    ]);
    const [received] = app.received;
    expect(received?.url).toBe('/hook?x=1');
    expect(received?.body.toString()).toBe('{"é":1}');
    expect(received?.rawHeaders.join('|')).toContain(
      'Content-Type|application/json|X-Twice|a|x-twice|b',
    );
    expect(received?.headers).toMatchObject({
      'content-length': '8',
      host: `127.0.0.1:${app.port}`,
    });
  });

  it('sends an empty body', async () => {
    const app = await startApp();
    const result = await open().send(post(app.url, ''));
    expect(result.status).toBe(200);
    expect(app.received[0]?.headers['content-length']).toBe('0');
  });

  it.each(['127.0.0.1', '::1'])('reaches localhost on %s', async (host) => {
    const app = await startApp(undefined, { host });
    const result = await open().send(post(`http://localhost:${app.port}`, '{}'));
    expect(result).toMatchObject({ status: 200, error: null });
  });

  it('says when nothing listens', async () => {
    const app = await startApp();
    await app.close();
    const result = await open().send(post(`http://localhost:${app.port}`, '{}'));
    expect(result.status).toBeNull();
    expect(result.error).toContain(`nothing listens on localhost:${app.port}`);
  });

  it('gives up after the time limit', async () => {
    const app = await startApp(() => undefined);
    const result = await open(50).send(post(app.url, '{}'));
    expect(result).toMatchObject({ status: null, error: 'no complete answer within 0.05 s' });
  });

  it('counts an answer that breaks off as none', async () => {
    const url = await startRaw((write, end) => {
      write('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf');
      setTimeout(end, 20);
    });
    const result = await open().send(post(url, '{}'));
    expect(result.status).toBeNull();
    expect(result.error).not.toBeNull();
  });

  it('keeps the start of an endless answer', async () => {
    const app = await startApp((response) => {
      const more = (): void => {
        while (response.write(Buffer.alloc(64 * 1024, 'x'))) if (response.destroyed) return;
      };
      response.on('error', () => undefined);
      response.on('drain', more);
      more();
    });
    const result = await open().send(post(app.url, '{}'));
    expect(result).toMatchObject({ status: 200, isBodyCut: true });
    expect(result.body).toHaveLength(MAX_ANSWER_BYTES);
  });

  it('stops when told to', async () => {
    const controller = new AbortController();
    const app = await startApp(() => controller.abort());
    const sender = open(10_000, controller.signal);
    expect((await sender.send(post(app.url, '{}'))).error).toBe('stopped before an answer came');
    expect((await sender.send(post(app.url, '{}'))).error).toBe('stopped before an answer came');
  });

  it('refuses a header that HTTP cannot carry as a value, not an exception', async () => {
    const app = await startApp();
    const result = await open().send({ ...post(app.url, '{}'), headers: [['X', 'a\r\nB: c']] });
    expect(result.status).toBeNull();
    expect(app.received).toHaveLength(0);
  });
});
