import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode, errorMessage } from '../../errors.ts';
import {
  type HeaderPair,
  headerValues,
  toHeaderPairs,
  type WebhookRequest,
} from '../../request/request.ts';
import { type Bound, bindServer, closeServer } from './bind.ts';
import { OpenRequests } from './open-requests.ts';
import { PartialBodies } from './partial-bodies.ts';
import { ReceivedBody } from './received-body.ts';
import type { RequestOrigin } from './origin-checks.ts';
import { IDENTIFY_HEADER } from '../headers.ts';

/** A complete request and the response to it. */
export interface ReceivedRequest extends WebhookRequest {
  readonly response: ServerResponse;
}

export interface ReceiverOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Larger bodies are answered 413: at once if the length is announced, else when the limit is reached. */
  readonly maxBodyBytes: number;
  /** The most bytes of incomplete bodies in total; further large ones are answered 429. */
  readonly maxPartialBytes?: number;
  /** Called once a POST is complete. */
  readonly onRequest: (request: ReceivedRequest) => void;
  /** The JSON answer to `GET /`. */
  readonly health: (origin: RequestOrigin) => object;
  /**
   * The JSON answer to a GET of any path with `IDENTIFY_HEADER`, whose value is the nonce; null if this client
   * is not allowed to get it.
   */
  readonly identity?: (origin: RequestOrigin, nonce: string) => object | null;
  /** Called for a refused request: broken framing, too large, wrong method, too slow, or while stopping. */
  readonly onRefused: (status: number, reason: string) => void;
}

export interface Receiver extends Bound {
  /**
   * Answers 503 from now on. Resolves when every earlier request is answered, or after `graceMs`.
   */
  drain(graceMs: number): Promise<void>;
  /** Accepts no further connections, and closes the open ones. */
  close(): Promise<void>;
}

/** The limit on the time for the headers, ms. */
const HEADERS_TIMEOUT_MS = 15_000;
/** The limit on the time for the whole request, ms. */
const REQUEST_TIMEOUT_MS = 60_000;

/** How long a connection stays open in both directions after an early answer, ms. */
const DISCARD_MS = 2000;
/** How long the rest of a request is read and discarded after an early answer, ms. */
const LONGEST_DISCARD_MS = 30_000;

/** How long the last refusals may take when the server closes, ms. */
const CLOSE_GRACE_MS = 500;

/** Starts to listen. Resolves when connections are accepted; rejects with PORT_IN_USE or UNREACHABLE. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 60_000,
    noDelay: true,
    // `refuseHosts` checks the Host header, and reports the refusal.
    requireHostHeader: false,
  });
  // With the default limit, Node silently drops headers after about 1,000, and the signature may be among them.
  server.maxHeadersCount = 0;
  const open = new OpenRequests();
  const partial = new PartialBodies(options.maxPartialBytes ?? Infinity);
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    // A sender may disconnect before it is answered.
    response.on('error', () => undefined);
    if (open.admit(response)) receive(request, response, options, partial);
    else refuseForNow(request, response, options, STOPPING);
  });
  // Without this handler, Node would answer 417 by itself, and the refusal would not be reported.
  server.on('checkExpectation', ({ headers }: IncomingMessage, response: ServerResponse) => {
    options.onRefused(417, `Expect: ${headers.expect}`);
    answerJson(response, 417, { error: 'expectation_failed', message: 'expected 100-continue' });
  });
  server.on('clientError', (error: Error, socket: Socket) => refuseBroken(error, socket, options));
  server.on('connect', ({ url }: IncomingMessage, socket: Socket) => {
    options.onRefused(405, `CONNECT ${url}`);
    endWith(socket, '405 Method Not Allowed', 'Allow: POST\r\n');
  });
  const bound = await bindServer(server, options);
  return {
    ...bound,
    drain: (graceMs) => open.drain(graceMs),
    close: () => closeServer(server, CLOSE_GRACE_MS),
  };
}

function receive(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
  partial: PartialBodies,
): void {
  const method = request.method ?? '';
  const path = originForm(request.url ?? '/');
  if (method !== 'POST') {
    request.resume();
    answerOtherMethod(request, response, method, path, options);
    return;
  }
  const { httpVersion } = request;
  const headers = toHeaderPairs(request.rawHeaders);
  const hosts = headerValues(headers, 'Host').length;
  // RFC 9112 §3.2.
  if (hosts > 1 || (hosts === 0 && httpVersion !== '1.0')) {
    request.resume();
    refuseHosts(response, hosts, options);
    return;
  }
  readBody(request, response, options, partial, (body) => {
    options.onRequest({ method, path, httpVersion, headers, body, response });
  });
}

/** Answers with the identity if it was asked for, with the health document to `GET /`, and with 405 otherwise. */
function answerOtherMethod(
  request: IncomingMessage,
  response: ServerResponse,
  method: string,
  path: string,
  options: ReceiverOptions,
): void {
  const { headers } = request;
  const origin = { remoteAddress: request.socket.remoteAddress, headers };
  const nonce = headers[IDENTIFY_HEADER.toLowerCase()];
  const isAsked = method === 'GET' && typeof nonce === 'string';
  const identity = isAsked ? (options.identity?.(origin, nonce) ?? null) : null;
  const isHealth = (method === 'GET' || method === 'HEAD') && /^\/(\?|$)/.test(path);
  if (identity !== null || isHealth) {
    answerJson(response, 200, identity ?? options.health(origin));
    return;
  }
  options.onRefused(405, `${method} ${path}`);
  answerJson(
    response,
    405,
    { error: 'method_not_allowed', message: 'webhooks are sent with POST' },
    [['Allow', 'POST']],
  );
}

function refuseHosts(response: ServerResponse, hosts: number, options: ReceiverOptions): void {
  const message = hosts === 0 ? 'no Host header' : 'more than one Host header';
  options.onRefused(400, message);
  answerJson(response, 400, { error: 'bad_request', message });
}

/** Reads a body up to the limit. `onBody` is not called if the body is too large or breaks off. */
function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
  partial: PartialBodies,
  onBody: (body: Buffer) => void,
): void {
  const announced = Number(request.headers['content-length']);
  if (announced > options.maxBodyBytes) {
    refuseTooLarge(request, response, options);
    return;
  }
  const received = new ReceivedBody(announced);
  const drop = (): void => {
    received.drop();
    partial.release(request);
  };
  response.once('close', () => partial.release(request));
  request.on('data', (chunk: Buffer) => {
    // Bytes after a refusal are discarded.
    if (response.headersSent) return;
    if (received.size + chunk.length > options.maxBodyBytes) {
      drop();
      refuseTooLarge(request, response, options);
    } else if (!partial.hold(request, chunk.length)) {
      drop();
      refuseForNow(request, response, options, TOO_MANY_PARTIAL_BODIES);
    } else received.add(chunk);
  });
  request.on('error', () => {
    if (response.headersSent || reportedSockets.has(request.socket)) return;
    options.onRefused(400, BROKEN_OFF);
  });
  request.on('end', () => {
    partial.release(request);
    if (!response.headersSent) onBody(received.take());
  });
}

/** The path of `POST http://host/path`, a form that RFC 9112 §3.2.2 allows; else the target itself. */
function originForm(target: string): string {
  const absolute = /^https?:\/\/[^/?#]*/i.exec(target);
  if (absolute === null) return target;
  const rest = target.slice(absolute[0].length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}

function refuseTooLarge(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
): void {
  const message = `the body is larger than ${options.maxBodyBytes} bytes`;
  options.onRefused(413, message);
  answerEarly(request, response, 413, { error: 'too_large', message });
}

const BROKEN_OFF = 'the sender closed before its request was complete';
const STOPPING = { status: 503, error: 'stopping', reason: 'the listener is stopping' };
const TOO_MANY_PARTIAL_BODIES = {
  status: 429,
  error: 'too_many_requests',
  reason: 'too many large requests are being sent at once',
};

/** Refuses a request that may be sent again later. */
function refuseForNow(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
  { status, error, reason }: typeof STOPPING,
): void {
  options.onRefused(status, reason);
  answerEarly(request, response, status, { error, message: `${reason}; send it again` });
}

/**
 * Answers before the request is complete, and then reads and discards the rest of the request. If the
 * connection were closed while the sender still writes, it would be reset, and a sender that reads only after
 * writing would not see the answer. After `DISCARD_MS`, our side is closed, which shows the sender the end of
 * the answer. The rest of the request is read until `LONGEST_DISCARD_MS`.
 */
export function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  document: object,
): void {
  const { socket } = request;
  reportedSockets.add(socket);
  response.shouldKeepAlive = false;
  // Node closes the connection in both directions when the response ends, so the response ends last.
  response.write(writeJsonHead(response, status, document));
  const half = setTimeout(() => socket.end(), DISCARD_MS);
  const whole = setTimeout(() => socket.destroy(), LONGEST_DISCARD_MS);
  request.once('end', () => {
    if (socket.writableEnded) socket.destroy();
    else response.end();
  });
  request.once('close', () => {
    clearTimeout(half);
    clearTimeout(whole);
  });
  request.resume();
}

/** Sockets whose request was already reported as refused: their early end is not reported again. */
const reportedSockets = new WeakSet<Socket>();

function refuseBroken(error: Error, socket: Socket, options: ReceiverOptions): void {
  const code = errorCode(error);
  if (code === 'ECONNRESET' || !socket.writable || reportedSockets.has(socket)) {
    socket.destroy();
    return;
  }
  const [status, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large'] as const)
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout'] as const)
        : ([400, 'Bad Request'] as const);
  // Node's message is `Parse Error` alone.
  options.onRefused(status, code === 'HPE_INVALID_EOF_STATE' ? BROKEN_OFF : errorMessage(error));
  reportedSockets.add(socket);
  endWith(socket, `${status} ${text}`);
}

/** Answers on a socket that Node has no response object for. */
function endWith(socket: Socket, status: string, headers = ''): void {
  socket.end(`HTTP/1.1 ${status}\r\n${headers}Connection: close\r\nContent-Length: 0\r\n\r\n`);
}

/** Answers with a small JSON document. */
export function answerJson(
  response: ServerResponse,
  status: number,
  document: object,
  headers: readonly HeaderPair[] = [],
): void {
  response.end(writeJsonHead(response, status, document, headers));
}

/** Writes a document's head and returns its body. */
function writeJsonHead(
  response: ServerResponse,
  status: number,
  document: object,
  headers: readonly HeaderPair[] = [],
): Buffer {
  const body = Buffer.from(`${JSON.stringify(document)}\n`, 'utf8');
  const all: HeaderPair[] = [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
    ...headers,
  ];
  response.writeHead(status, all.flat());
  return body;
}
