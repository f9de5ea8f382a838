import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Client, type ClientOptions } from '../../../src/http/client/client.ts';
import type { AnswerListener, ClientRequest, Exchange } from '../../../src/http/client/exchange.ts';
import { readTlsOptions } from '../../../src/http/target.ts';
import type { HeaderPair } from '../../../src/request/request.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { hasStack } from '../../support/stacks.ts';

interface Heard {
  status: number | null;
  headers: readonly HeaderPair[];
  body: string;
  failure: string | null;
}

interface RawServer {
  readonly url: URL;
  /** How many connections were made. */
  readonly connections: Socket[];
}

/** A server that hands every piece it gets to `onData`, with its connection and its number. */
async function startRaw(
  onData: (socket: Socket, piece: Buffer, connection: number) => void,
): Promise<RawServer> {
  const connections: Socket[] = [];
  const server = createServer((socket) => {
    const number = connections.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (piece) => onData(socket, piece, number));
  });
  return { url: await listen(server, connections), connections };
}

function listen(server: Server, connections: readonly Socket[]): Promise<URL> {
  onTestFinished(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      resolve(new URL(`http://127.0.0.1:${port}`));
    });
  });
}

interface TestClient {
  /** Sends a request; what was heard once it is over. */
  send(changes?: Partial<ClientRequest>): Promise<Heard>;
  request(listener: Partial<AnswerListener>, changes?: Partial<ClientRequest>): Exchange;
  close(reason: string): void;
}

function openClient(url: URL, options: Partial<ClientOptions> = {}): TestClient {
  const client = new Client(url, {
    connections: 4,
    timeoutMs: 10_000,
    keepsConnections: true,
    tls: { rejectUnauthorized: true },
    ...options,
  });
  onTestFinished(() => client.close('the test is over'));
  const toRequest = (changes: Partial<ClientRequest> = {}): ClientRequest => {
    const body = changes.body ?? Buffer.from('{}');
    const headers = ['Host', url.host, 'Content-Length', String(body.length)];
    return { method: 'POST', path: '/hook', headers, body, ...changes };
  };
  return {
    close: (reason) => client.close(reason),
    request: (listener, changes) =>
      client.request(toRequest(changes), {
        head: () => undefined,
        data: () => true,
        end: () => undefined,
        failed: () => undefined,
        ...listener,
      }),
    send: (changes) =>
      new Promise((resolve) => {
        const heard: Heard = { status: null, headers: [], body: '', failure: null };
        client.request(toRequest(changes), {
          head: ({ status, headers }) => Object.assign(heard, { status, headers }),
          data: (piece) => {
            heard.body += piece.toString();
            return true;
          },
          end: () => resolve(heard),
          failed: (failure) => resolve({ ...heard, failure }),
        });
      }),
  };
}

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';

describe('what goes out', () => {
  it('is exactly the request line, the headers and the body', async () => {
    let received = '';
    const { url } = await startRaw((socket, piece) => {
      received += piece.toString('latin1');
      socket.write(OK);
    });
    await openClient(url).send({
      path: '//evil/x?y=1',
      headers: ['x-B', '1', 'X-a', 'caf\xe9', 'x-B', '2', 'Content-Length', '3'],
      body: Buffer.from([0, 255, 10]),
    });
    expect(received).toBe(
      'POST //evil/x?y=1 HTTP/1.1\r\nx-B: 1\r\nX-a: caf\xe9\r\nx-B: 2\r\nContent-Length: 3\r\n\r\n\0\xff\n',
    );
  });

  it('is complete for bodies of any size', async () => {
    const body = Buffer.alloc(3_000_000, 'abc');
    const pieces: Buffer[] = [];
    const { url } = await startRaw((socket, piece) => {
      pieces.push(piece);
      const all = Buffer.concat(pieces);
      const start = all.indexOf('\r\n\r\n') + 4;
      if (all.length - start < body.length) return;
      socket.write(all.subarray(start).equals(body) ? OK : 'HTTP/1.1 500 no\r\n\r\n');
    });
    expect(await openClient(url).send({ body })).toMatchObject({ status: 200, failure: null });
  });

  it.each<[string, Partial<ClientRequest>]>([
    ['the path "/a b"', { path: '/a b' }],
    ['the path ""', { path: '' }],
    ['the method "PO ST"', { method: 'PO ST' }],
    ['the header name "A:"', { headers: ['A:', 'b'] }],
    ['the value of A: "b\\r\\nC: d"', { headers: ['A', 'b\r\nC: d'] }],
    ['the value of A: "…"', { headers: ['A', '…'] }],
  ])('is refused where HTTP cannot carry %s', async (what, changes) => {
    const { url, connections } = await startRaw(() => undefined);
    expect((await openClient(url).send(changes)).failure).toBe(`HTTP cannot carry ${what}`);
    expect(connections).toHaveLength(0);
  });
});

describe('connections', () => {
  it('carry one request after the other', async () => {
    const { url, connections } = await startRaw((socket) => socket.write(OK));
    const client = openClient(url);
    for (let i = 0; i < 5; i++) expect((await client.send()).body).toBe('ok');
    expect(connections).toHaveLength(1);
  });

  it('are no more than allowed; what must wait goes out in its order', async () => {
    const waiting: Socket[] = [];
    const bodies: string[] = [];
    let onBoth: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (onBoth = resolve));
    const { url, connections } = await startRaw((socket, piece) => {
      bodies.push(piece.toString().split('\r\n\r\n')[1] ?? '');
      if (bodies.length > 2) socket.write(OK);
      else if (waiting.push(socket) === 2) onBoth();
    });
    const client = openClient(url, { connections: 2 });
    const answers = ['a', 'b', 'c', 'd', 'e'].map((text) =>
      client.send({ body: Buffer.from(text) }),
    );
    await both;
    waiting[0]?.write(OK);
    await answers[4];
    waiting[1]?.write(OK);
    await Promise.all(answers);
    expect(connections).toHaveLength(2);
    expect(bodies.slice(2)).toEqual(['c', 'd', 'e']);
  });

  it.each([
    [
      'that the answer closes',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok',
    ],
    ['of HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['with something behind the answer', `${OK}and more`],
    ['that are kept for a second only', OK.replace('\r\n', '\r\nKeep-Alive: timeout=1\r\n')],
  ])('%s are not used again', async (_, answer) => {
    const { url, connections } = await startRaw((socket) => socket.write(answer));
    const client = openClient(url);
    await client.send();
    expect((await client.send()).body).toBe('ok');
    expect(connections).toHaveLength(2);
  });

  it('that the other side has closed are not used again', async () => {
    const { url, connections } = await startRaw((socket) => socket.end(OK));
    const client = openClient(url);
    await client.send();
    const [first] = connections;
    // It has our own end of the connection: both sides know.
    if (first?.closed === false) await new Promise((resolve) => first.once('close', resolve));
    expect((await client.send()).body).toBe('ok');
  });

  it('that send something unrequested are closed', async () => {
    const { url, connections } = await startRaw((socket) => socket.write(OK));
    const client = openClient(url);
    await client.send();
    const closed = new Promise((resolve) => connections[0]?.once('close', resolve));
    connections[0]?.write(OK);
    await closed;
    expect((await client.send()).body).toBe('ok');
    expect(connections).toHaveLength(2);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['ends them behind its answers without saying so', (socket) => socket.end(OK)],
    [
      'ends them a little later',
      (socket) => {
        socket.write(OK);
        setImmediate(() => socket.end());
      },
    ],
    [
      'sends more than it announced',
      (socket) => {
        socket.write(OK);
        setImmediate(() => socket.write(OK.replace('ok', 'no')));
      },
    ],
  ])('are not used again where the app %s', async (_, answer) => {
    const { url, connections } = await startRaw(answer);
    const client = openClient(url, { connections: 2 });
    const heard = await Promise.all(Array.from({ length: 20 }, () => client.send()));
    for (let i = 0; i < 5; i++) heard.push(await client.send());
    expect(heard.map(({ body, failure }) => failure ?? body)).toEqual(Array(25).fill('ok'));
    expect(connections).toHaveLength(25);
  });

  it('that the app ends against its word cost one request, not every other one', async () => {
    const kept = OK.replace('\r\n', '\r\nConnection: keep-alive\r\n');
    const { url } = await startRaw((socket) => socket.end(kept));
    const client = openClient(url, { connections: 1 });
    const heard = await Promise.all(Array.from({ length: 20 }, () => client.send()));
    expect(heard.filter(({ failure }) => failure !== null).length).toBeLessThan(2);
  });

  it('are left alone while a body still goes out in pieces', async () => {
    const { url, connections } = await startRaw((socket, piece) => {
      if (piece.includes('POST')) socket.write(OK);
    });
    const client = openClient(url);
    await client.send({ pieces: { cuts: [1], pauseMs: 1 } });
    expect((await client.send()).body).toBe('ok');
    expect(connections).toHaveLength(2);
  });

  it('serve one request each where none is to be kept', async () => {
    const { url, connections } = await startRaw((socket) => socket.write(OK));
    const client = openClient(url, { keepsConnections: false });
    await Promise.all([client.send(), client.send()]);
    await client.send();
    expect(connections).toHaveLength(3);
  });

  it('are left alone after an answer that came before the request was out', async () => {
    const { url, connections } = await startRaw((socket, _, connection) => {
      if (connection > 1) {
        socket.write(OK);
        return;
      }
      socket.pause();
      socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    });
    const client = openClient(url);
    const large = await client.send({ body: Buffer.alloc(20_000_000) });
    expect(large).toMatchObject({ status: 413, failure: null });
    expect((await client.send()).status).toBe(200);
    expect(connections).toHaveLength(2);
  });

  it('are all closed in the end, and what is under way or waits is told why', async () => {
    let onData: () => void = () => undefined;
    const arrived = new Promise<void>((resolve) => (onData = resolve));
    const { url, connections } = await startRaw(() => onData());
    const client = openClient(url, { connections: 1 });
    const answers = [client.send(), client.send()];
    await arrived;
    const closed = new Promise((resolve) => connections[0]?.once('close', resolve));
    client.close('that is all');
    expect((await Promise.all(answers)).map(({ failure }) => failure)).toEqual([
      'that is all',
      'that is all',
    ]);
    await closed;
  });
});

describe('an app whose backlog is full', () => {
  /** Runs in a thread: listens, and accepts nothing until it is woken. */
  const BUSY_APP = `
    const { createServer } = require('node:net');
    const { parentPort, workerData } = require('node:worker_threads');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => socket.write(${JSON.stringify(OK)}));
    });
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port);
      setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0));
    });
  `;

  // Other systems refuse what Linux lets ask again.
  it.runIf(process.platform === 'linux')('is waited for under the name localhost too', async () => {
    const wake = new Int32Array(new SharedArrayBuffer(4));
    const app = new Worker(BUSY_APP, { eval: true, workerData: wake.buffer });
    onTestFinished(() => void app.terminate());
    const port = await new Promise<number>((resolve) => app.once('message', resolve));
    const fillers = Array.from({ length: 8 }, () => connect({ port, host: '127.0.0.1' }));
    onTestFinished(() => fillers.forEach((socket) => socket.destroy()));
    for (const filler of fillers) filler.on('error', () => undefined);
    await Promise.race(
      fillers.map((socket) => new Promise((resolve) => socket.once('connect', resolve))),
    );
    const answer = openClient(new URL(`http://localhost:${port}`)).send();
    // Its first attempt to connect has been made, in vain.
    await new Promise((resolve) => setImmediate(resolve));
    Atomics.store(wake, 0, 1);
    Atomics.notify(wake, 0);
    expect(await answer).toMatchObject({ status: 200, failure: null });
  });
});

describe('an exchange', () => {
  it('is paused and resumed by its listener', async () => {
    const size = 8_000_000;
    const { url } = await startRaw((socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size));
    });
    const client = openClient(url);
    let heard = 0;
    let pauses = 0;
    await new Promise<void>((resolve) => {
      const exchange = client.request({
        data: (piece) => {
          heard += piece.length;
          pauses += 1;
          setImmediate(() => exchange.resume());
          return false;
        },
        end: resolve,
      });
    });
    expect(heard).toBe(size);
    expect(pauses).toBeGreaterThan(10);
    expect((await client.send()).status).toBe(200);
  });

  it('that is aborted tells its reason once, and its connection is not used again', async () => {
    const { url, connections } = await startRaw((socket, _, connection) => {
      if (connection > 1) socket.write(OK);
      else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no');
    });
    const client = openClient(url);
    const failures: string[] = [];
    await new Promise<void>((resolve) => {
      const exchange = client.request({
        data: () => {
          exchange.abort('enough');
          exchange.abort('more than enough');
          resolve();
          return true;
        },
        failed: (reason) => failures.push(reason),
      });
    });
    expect(failures).toEqual(['enough']);
    expect((await client.send()).body).toBe('ok');
    expect(connections).toHaveLength(2);
  });

  it('whose answer breaks off fails, even where some of it came', async () => {
    const { url } = await startRaw((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel'),
    );
    expect(await openClient(url).send()).toMatchObject({
      status: 200,
      failure: `${url.host} closed the connection before its answer was complete`,
    });
  });

  it('fails at once where the app ends the connection and reads no more', async () => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
      connections.push(socket);
      socket.end();
    });
    const connections: Socket[] = [];
    const url = await listen(server, connections);
    const client = openClient(url, { timeoutMs: 0 });
    expect((await client.send({ body: Buffer.alloc(20_000_000) })).failure).toContain('closed');
  });

  it('says what came instead of an answer', async () => {
    const { url } = await startRaw((socket) => socket.write('220 mail.example ESMTP\r\n'));
    expect((await openClient(url).send()).failure).toBe(
      'the answer is not HTTP/1.1: expected a status line, got "220 mail.example ESMTP\\r"',
    );
  });
});

describe('an app that serves one connection after the other', () => {
  it('gets one connection at a time, once a request has waited behind a kept one', async () => {
    const server = createServer({ pauseOnConnect: true });
    const queue: Socket[] = [];
    let current: Socket | undefined;
    // As a single thread does: the next connection is read only when this one is closed.
    const serveNext = (): void => {
      current = queue.shift();
      current?.on('data', () => current?.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
      current?.on('error', () => undefined);
      current?.on('close', serveNext);
      current?.resume();
    };
    let accepted = 0;
    server.on('connection', (socket) => {
      accepted += 1;
      queue.push(socket);
      if (current === undefined) serveNext();
    });
    const url = await listen(server, queue);
    onTestFinished(() => void current?.destroy());
    let notes = 0;
    const client = openClient(url, { onSerial: () => (notes += 1) });
    const answers = await Promise.all([client.send(), client.send()]);
    expect(answers.map(({ body }) => body)).toEqual(['ok', 'ok']);
    expect(notes).toBe(1);
    const later = await Promise.all(Array.from({ length: 20 }, () => client.send()));
    expect(later.every(({ body }) => body === 'ok')).toBe(true);
    expect(accepted).toBe(2);
  });
});

describe('a server of another protocol', () => {
  it.each([
    [Buffer.from([0x15, 3, 3, 0, 2, 2, 22]), 'speaks TLS: use https:// instead of http://'],
    [
      Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]),
      'speaks only HTTP/2: let it accept HTTP/1.1 as well',
    ],
  ])('is told in words: %j', async (bytes, words) => {
    const { url } = await startRaw((socket) => socket.write(bytes));
    expect((await openClient(url).send()).failure).toBe(`${url.host} ${words}`);
  });

  it('may expect TLS where it closes without an answer', async () => {
    const { url } = await startRaw((socket) => socket.end());
    expect((await openClient(url).send()).failure).toBe(
      `${url.host} closed the connection without an answer (a server that expects https:// does so too)`,
    );
  });

  it('does not answer the TLS handshake', async () => {
    const { url } = await startRaw(() => undefined);
    const client = openClient(new URL(`https://${url.host}`), { connectTimeoutMs: 50 });
    expect((await client.send()).failure).toBe(
      `${url.host} accepted the connection but did not answer the TLS handshake in time`,
    );
  });
});

describe.runIf(hasStack('openssl', ['version']))('over TLS', () => {
  function makeCertificate(): { key: Buffer; cert: Buffer } {
    const folder = mkdtempSync(join(tmpdir(), 'relyable-tls-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync(
      'openssl',
      `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2`
        .split(' ')
        .concat('-keyout', key, '-out', cert, subject),
      { stdio: 'ignore' },
    );
    return { key: readFileSync(key), cert: readFileSync(cert) };
  }

  async function startTls(): Promise<{ url: URL; ca: Buffer; connections: () => number }> {
    const { key, cert } = makeCertificate();
    let connections = 0;
    const server = createHttpsServer({ key, cert }, (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => response.end(Buffer.concat(pieces)));
    });
    server.on('secureConnection', () => (connections += 1));
    const { port } = await listen(server, []);
    onTestFinished(() => server.closeAllConnections());
    return { url: new URL(`https://localhost:${port}`), ca: cert, connections: () => connections };
  }

  it('keeps its promises as well', async () => {
    const { url, ca, connections } = await startTls();
    const client = openClient(url, { tls: { rejectUnauthorized: true, ca } });
    const body = Buffer.alloc(1_000_000, 'xyz');
    expect((await client.send({ body })).body).toBe(body.toString());
    expect((await client.send({ body: Buffer.from('again') })).body).toBe('again');
    expect(connections()).toBe(1);
  });

  it('reads a whole CA file, and refuses one that is cut off', () => {
    const { cert } = makeCertificate();
    const file = join(temporaryFolder(), 'ca.pem');
    const readWith = (bytes: string | Buffer) => (): unknown => {
      writeFileSync(file, bytes);
      return readTlsOptions({ cacert: file });
    };
    expect(readWith(`comment\n${cert.toString()}${cert.toString()}`)).not.toThrow();
    const half = cert.toString().slice(0, 200);
    expect(readWith(half)).toThrow(`--cacert ${file}: the certificate is truncated or damaged`);
    expect(readWith(`${cert.toString()}${half}`)).toThrow('certificate 2 is truncated or damaged');
  });

  it('tells of a server that has only HTTP/2', async () => {
    const { key, cert } = makeCertificate();
    const server = createSecureServer({ key, cert });
    const { port } = await listen(server, []);
    const url = new URL(`https://localhost:${port}`);
    const client = openClient(url, { tls: { rejectUnauthorized: true, ca: cert } });
    expect((await client.send()).failure).toContain('does not offer HTTP/1.1 over TLS');
  });

  it('refuses an untrusted certificate by default', async () => {
    const { url } = await startTls();
    expect((await openClient(url).send()).failure).toContain('is not trusted');
    const insecure = openClient(url, { tls: { rejectUnauthorized: false } });
    expect((await insecure.send()).failure).toBeNull();
  });
});
