import { type HeaderPair, TOKEN } from '../request.ts';
import { hasHeaderBlock, HEAD_BYTES, isBetweenLine, isStatusLine, notRequest } from './detect.ts';
import { readFramedBody } from './http-framing.ts';
import { HEADER_VALUE } from './http-syntax.ts';
import { type FoundRequest, type InputItem, unreadable } from './input.ts';
import { readLine } from './lines.ts';

const REQUEST = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) (\S+) HTTP\/(\d(?:\.\d)?)$/;

/**
 * The requests of a raw HTTP/1.x dump, one after the other, as saved from a socket or an editor
 * (RFC 9112; lines may end in LF alone). Responses between them are skipped. Bytes are never
 * repaired silently: every decision is in the request's note, and where none can be made the dump
 * is refused with the byte offset (INPUT_UNREADABLE).
 */
export function* parseHttpDump(bytes: Buffer, source: string): Generator<InputItem> {
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  const first = skipBetween(bytes, hasMark ? 3 : 0);
  if (hasHeaderBlock(bytes.toString('latin1', first, first + HEAD_BYTES))) {
    yield readHeadersAlone(bytes, first, source);
    return;
  }
  for (let at = first; at < bytes.length;) {
    const line = readLine(bytes, at);
    const start = REQUEST.exec(line.text);
    if (start === null && !isStatusLine(line.text)) throw notRequest(bytes, at, source);
    const { headers, next } = readHeaders(bytes, line.next, source);
    const { body, note, end } = readFramedBody(bytes, next, headers, source, start === null);
    if (start === null) {
      yield { kind: 'skipped', why: 'a response' };
    } else {
      const [, method = '', path = '', version = ''] = start;
      const httpVersion = version.includes('.') ? version : `${version}.0`;
      yield { kind: 'request', request: { method, path, httpVersion, headers, body }, note };
    }
    at = skipBetween(bytes, end);
  }
}

/** A request that was saved without its request line: headers, an empty line, the body. */
function readHeadersAlone(bytes: Buffer, at: number, source: string): FoundRequest {
  const pseudo = readPseudoHeaders(bytes, at);
  const { headers, next } = readHeaders(bytes, pseudo.next, source);
  const { body, note } = readFramedBody(bytes, next, headers, source, false);
  const { method = 'POST', path = '/' } = pseudo;
  const alone = `there is no request line; it is taken as ${method} ${path}`;
  return {
    kind: 'request',
    request: { method, path, httpVersion: '1.1', headers, body },
    note: note === null ? alone : `${alone}; ${note}`,
  };
}

/** The pseudo-headers that HTTP/2 has in place of a request line. `next` is the offset of the other headers. */
function readPseudoHeaders(
  bytes: Buffer,
  from: number,
): { readonly method?: string; readonly path?: string; readonly next: number } {
  const values = new Map<string, string>();
  let at = from;
  for (;;) {
    const { text, next } = readLine(bytes, at);
    const [, name, value] = /^:(method|path|authority|scheme|protocol):\s*(\S*)/.exec(text) ?? [];
    if (name === undefined) break;
    values.set(name, value ?? '');
    at = next;
  }
  const [method, path] = [values.get('method'), values.get('path')];
  return {
    ...(method === undefined ? {} : { method }),
    ...(path === undefined ? {} : { path }),
    next: at,
  };
}

/** The offset after blank lines, `###` separators and comments. */
function skipBetween(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const { text, next } = readLine(bytes, at);
    if (text.trim() !== '' && !isBetweenLine(text)) return at;
    at = next;
  }
  return at;
}

/** Reads header lines up to the empty line, or up to the end of the file if it has no empty line. */
function readHeaders(
  bytes: Buffer,
  from: number,
  source: string,
): { readonly headers: HeaderPair[]; readonly next: number } {
  const headers: HeaderPair[] = [];
  let at = from;
  while (at < bytes.length) {
    const { text, next } = readLine(bytes, at);
    if (text === '') return { headers, next };
    const last = headers.at(-1);
    if (/^[ \t]/.test(text) && last !== undefined) {
      // A folded line (RFC 9112 §5.2) continues the value. It is joined with one space.
      headers[headers.length - 1] = [last[0], trimBlanks(`${last[1]} ${trimBlanks(text)}`)];
    } else {
      headers.push(parseHeaderLine(text, at, source));
    }
    at = next;
  }
  return { headers, next: at };
}

function parseHeaderLine(text: string, at: number, source: string): HeaderPair {
  const colon = text.indexOf(':');
  const name = text.slice(0, Math.max(colon, 0));
  if (!TOKEN.test(name) || !HEADER_VALUE.test(text)) {
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw unreadable(
      source,
      `byte ${at}`,
      `expected a header such as "Name: value" or an empty line, got ${JSON.stringify(shown)}`,
    );
  }
  return [name, trimBlanks(text.slice(colon + 1))];
}

/** Removes spaces and tabs at both ends. Uses a loop, because a pattern takes quadratic time on long runs. */
function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && (text[start] === ' ' || text[start] === '\t')) start += 1;
  while (end > start && (text[end - 1] === ' ' || text[end - 1] === '\t')) end -= 1;
  return text.slice(start, end);
}
