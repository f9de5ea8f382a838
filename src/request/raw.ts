import {
  hasHeader,
  type HeaderPair,
  headerValues,
  isSameHeader,
  type WebhookRequest,
} from './request.ts';

/**
 * A request as HTTP/1.x bytes, from which it can be read again: headers in order and case, body
 * exact. A body that came in chunks is one chunk. `Content-Length` is added or put right where it
 * does not say the body's length, as after a recorder that decoded the body. In pieces, so that the
 * body is not copied.
 */
export function rawRequestPieces(request: WebhookRequest): Buffer[] {
  const isChunked = hasHeader(request.headers, 'Transfer-Encoding');
  const headers = withLength(request.headers, request.body.length);
  const head = [
    `${request.method} ${request.path} HTTP/${request.httpVersion}`,
    ...headers.map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  const body = isChunked ? chunked(request.body) : [request.body];
  return [Buffer.from(`${head}\r\n\r\n`, 'latin1'), ...body];
}

/**
 * The headers with one `Content-Length` that says `length`, where the first one stood. A request with
 * `Transfer-Encoding` says its length in its chunks and must not have both (RFC 9112 §6.2).
 */
export function withLength(headers: readonly HeaderPair[], length: number): readonly HeaderPair[] {
  if (hasHeader(headers, 'Transfer-Encoding')) return headers;
  const stated = headerValues(headers, 'Content-Length');
  if (stated.length === 0 && length === 0) return headers;
  if (stated.length === 1 && stated[0] === String(length)) return headers;
  return replaceHeader(headers, 'Content-Length', String(length));
}

/** The headers with one header of this name, where the first of them stood, else at the end. */
export function replaceHeader(
  headers: readonly HeaderPair[],
  name: string,
  value: string,
): HeaderPair[] {
  const isNamed = ([other]: HeaderPair): boolean => isSameHeader(other, name);
  const at = headers.findIndex(isNamed);
  if (at === -1) return [...headers, [name, value]];
  return headers
    .filter((header, index) => index === at || !isNamed(header))
    .map((header): HeaderPair => (isNamed(header) ? [header[0], value] : header));
}

function chunked(body: Buffer): Buffer[] {
  const end = Buffer.from('0\r\n\r\n');
  if (body.length === 0) return [end];
  return [Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from('\r\n'), end];
}
