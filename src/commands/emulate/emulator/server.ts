import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Bound, bindServer, closeServer } from '../../../http/server/bind.ts';
import { answerEarly } from '../../../http/server/receive.ts';
import { isForeignOrigin, isLocalHost, isOwnHost } from '../../../http/server/origin-checks.ts';
import { toHeaderPairs } from '../../../request/request.ts';
import type { Handler } from './handler.ts';

export interface EmulatorServer extends Bound {
  close(graceMs: number): Promise<void>;
}

const REFUSED_ORIGIN = JSON.stringify({
  success: false,
  error: { code: 'FORBIDDEN', message: 'expected a request to this machine, not by a web page' },
});

/** Whether a web page may have made the request: it must not read signing secrets. */
function mayBeFromWebPage({ headers }: IncomingMessage, boundHost: string): boolean {
  if (isForeignOrigin(headers.origin)) return true;
  // Bound to another address, the server has names that are not known here.
  return isLocalHost(boundHost) && !isOwnHost(headers.host ?? '', boundHost);
}

const MAX_REQUEST_BYTES = 1024 * 1024;

/** Serves the handler over HTTP; rejects with PORT_IN_USE or UNREACHABLE. */
export async function serveHandler(
  handler: Handler,
  at: { readonly host: string; readonly port: number },
): Promise<EmulatorServer> {
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    response.on('error', () => undefined);
    if (mayBeFromWebPage(request, at.host)) {
      response.writeHead(403, { 'Content-Type': 'application/json', Connection: 'close' });
      response.end(REFUSED_ORIGIN);
      return;
    }
    answer(handler, request, response).catch(() => response.destroy());
  });
  const bound = await bindServer(server, at);
  return { ...bound, close: (graceMs) => closeServer(server, graceMs) };
}

async function answer(
  handler: Handler,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const body = await readBody(incoming);
  if (body === undefined) {
    const message = `the body is larger than ${MAX_REQUEST_BYTES} bytes`;
    const error = { code: 'PAYLOAD_TOO_LARGE', message };
    answerEarly(incoming, response, 413, { success: false, error });
    return;
  }
  const method = incoming.method ?? 'GET';
  // The host never depends on the request.
  const request = new Request(`http://localhost${pathOf(incoming.url ?? '/')}`, {
    method,
    headers: toHeaderPairs(incoming.rawHeaders).map(([name, value]) => [name, value]),
    signal: gone.signal,
    ...(body.length === 0 || method === 'GET' || method === 'HEAD' ? {} : { body }),
  });
  const result = await handler(request);
  if (result.type === 'error') {
    incoming.socket.resetAndDestroy();
    return;
  }
  const payload = Buffer.from(await result.arrayBuffer());
  response.writeHead(result.status, {
    ...Object.fromEntries(result.headers),
    'Content-Length': payload.length,
  });
  response.end(payload);
}

/** undefined as soon as it is larger than any valid request; the rest is left to be read. */
function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  return new Promise((resolve, reject) => {
    incoming.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
      else resolve(undefined);
    });
    incoming.on('end', () => resolve(Buffer.concat(chunks)));
    incoming.on('error', reject);
  });
}

function pathOf(target: string): string {
  return target.startsWith('/') ? target : '/';
}
