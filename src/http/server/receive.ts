import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode, errorMessage } from '../../errors.ts';
import { type HeaderPair, toHeaderPairs, type WebhookRequest } from '../../request/request.ts';
import { type Bound, bindServer, closeServer } from './bind.ts';

/** A whole request and the way to answer it. */
export interface ReceivedRequest extends WebhookRequest {
  readonly response: ServerResponse;
}

/** A body of more comes in pieces. */
const PIECE_BYTES = 64 * 1024;
/**
 * Up to here memory for all of it is taken at once, and pieces are copied while they are at hand: that
 * is quicker than joining them in the end, but whoever announces a body need not send it.
 */
const WHOLE_BYTES = 1024 * 1024;

export interface ReceiverOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Larger bodies are answered 413, at the latest when they get that far. */
  readonly maxBodyBytes: number;
  /** Called once a POST has arrived whole. */
  readonly onRequest: (request: ReceivedRequest) => void;
  /** The body of the answer to `GET /`, asked for by this `Host`. */
  readonly health: (host: string) => object;
  /** A request that never became one: broken framing, too large, wrong method, too slow. */
  readonly onRefused: (status: number, reason: string) => void;
}

export interface Receiver extends Bound {
  /** Accepts nothing more; resolves when every answer is out, or after `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** A slow sender gets so long for its headers, ms. */
const HEADERS_TIMEOUT_MS = 15_000;
/** And so long for the whole request, ms. */
const REQUEST_TIMEOUT_MS = 60_000;

/** Listens; resolves when connections are accepted, rejects with PORT_IN_USE or UNREACHABLE. */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: 60_000,
    noDelay: true,
    // Refused in `readRequest`, so that it is told.
    requireHostHeader: false,
  });
  // The default of about 1,000 drops the rest silently, the signature with them.
  server.maxHeadersCount = 0;
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    readRequest(request, response, options);
  });
  server.on('clientError', (error: Error, socket: Socket) => refuseBroken(error, socket, options));
  server.on('connect', ({ url }: IncomingMessage, socket: Socket) => {
    options.onRefused(405, `CONNECT ${url}`);
    endWith(socket, '405 Method Not Allowed', 'Allow: POST\r\n');
  });
  const bound = await bindServer(server, options);
  return {
    ...bound,
    close: (graceMs) => closeServer(server, graceMs),
  };
}

function readRequest(
  request: IncomingMessage,
  response: ServerResponse,
  options: ReceiverOptions,
): void {
  // A sender that goes away while it is answered is its own affair.
  response.on('error', () => undefined);
  const method = request.method ?? '';
  const path = originForm(request.url ?? '/');
  if (method !== 'POST') {
    request.resume();
    const isHealth = (method === 'GET' || method === 'HEAD') && /^\/(\?|$)/.test(path);
    if (isHealth) answerJson(response, 200, options.health(request.headers.host ?? ''));
    else {
      options.onRefused(405, `${method} ${path}`);
      answerJson(
        response,
        405,
        { error: 'method_not_allowed', message: 'webhooks are sent with POST' },
        [['Allow', 'POST']],
      );
    }
    return;
  }
  const headers = toHeaderPairs(request.rawHeaders);
  const hosts = countHosts(headers);
  // RFC 9112 §3.2.
  if (hosts > 1 || (hosts === 0 && request.httpVersion !== '1.0')) {
    request.resume();
    const message = hosts === 0 ? 'no Host header' : 'more than one Host header';
    options.onRefused(400, message);
    answerJson(response, 400, { error: 'bad_request', message });
    return;
  }
  const announced = Number(request.headers['content-length']);
  if (announced > options.maxBodyBytes) {
    refuseTooLarge(request, response, options);
    return;
  }
  const isInPieces = announced > PIECE_BYTES && announced <= WHOLE_BYTES;
  const whole = isInPieces ? Buffer.allocUnsafeSlow(announced) : undefined;
  const chunks: Buffer[] = [];
  let size = 0;
  request.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (whole !== undefined) {
      chunk.copy(whole, size - chunk.length);
      return;
    }
    if (size <= options.maxBodyBytes) {
      chunks.push(chunk);
      return;
    }
    chunks.length = 0;
    if (!response.headersSent) refuseTooLarge(request, response, options);
  });
  request.on('error', () => {
    // The sender left before its request was whole: nobody to answer, nothing to keep.
    if (!response.headersSent && !told.has(request.socket))
      options.onRefused(400, 'the sender closed before its request was whole');
  });
  request.on('end', () => {
    if (response.headersSent) return;
    const [first] = chunks;
    const isOne = chunks.length === 1 && first !== undefined;
    const body = whole?.subarray(0, size) ?? (isOne ? first : Buffer.concat(chunks));
    options.onRequest({ method, path, httpVersion: request.httpVersion, headers, body, response });
  });
}

function countHosts(headers: readonly HeaderPair[]): number {
  let count = 0;
  for (const [name] of headers) {
    if (name.length === 4 && name.toLowerCase() === 'host') count += 1;
  }
  return count;
}

/** `POST http://host/path` is allowed on the wire (RFC 9112 §3.2.2); we are that host. */
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
  response.shouldKeepAlive = false;
  answerJson(response, 413, { error: 'too_large', message });
  // Read on a little so that the sender sees the answer instead of a reset, but not for ever.
  request.resume();
  const limit = setTimeout(() => request.destroy(), 2000);
  response.once('close', () => clearTimeout(limit));
}

/** On these a request was refused as broken; that it ends early is no news then. */
const told = new WeakSet<Socket>();

function refuseBroken(error: Error, socket: Socket, options: ReceiverOptions): void {
  const code = errorCode(error);
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, text] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ([431, 'Request Header Fields Too Large'] as const)
      : code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ([408, 'Request Timeout'] as const)
        : ([400, 'Bad Request'] as const);
  options.onRefused(status, errorMessage(error));
  told.add(socket);
  endWith(socket, `${status} ${text}`);
}

/** Answers where there is no response to write to. */
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
  const body = Buffer.from(`${JSON.stringify(document)}\n`, 'utf8');
  const all: HeaderPair[] = [
    ['Content-Type', 'application/json'],
    ['Content-Length', String(body.length)],
    ...headers,
  ];
  response.writeHead(status, all.flat());
  response.end(body);
}
