import {
  hasHeader,
  type HeaderPair,
  headerValues,
  isSameHeader,
  type WebhookRequest,
} from './request.ts';

/**
 * A request as HTTP/1.x bytes that can be parsed again, with the headers in their order and case and the
 * exact body. A chunked body becomes one chunk. A `Content-Length` that is missing or wrong, e.g. because
 * a recorder decoded the body, is corrected. The result is in pieces, so that the body is not copied.
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
 * The headers with exactly one `Content-Length`, of `length`, in the position of the first one. Headers
 * with `Transfer-Encoding` are unchanged: a request must not have both (RFC 9112 §6.2).
 */
export function withLength(headers: readonly HeaderPair[], length: number): readonly HeaderPair[] {
  if (hasHeader(headers, 'Transfer-Encoding')) return headers;
  const stated = headerValues(headers, 'Content-Length');
  if (stated.length === 0 && length === 0) return headers;
  if (stated.length === 1 && stated[0] === String(length)) return headers;
  return replaceHeader(headers, 'Content-Length', String(length));
}

/** The headers with exactly one header of this name, in the position of the first one, or else at the end. */
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
