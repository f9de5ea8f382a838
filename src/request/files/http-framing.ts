import { type HeaderPair, headerValues } from '../request.ts';
import { isBetweenLine, isRequestLine, isStatusLine } from './detect.ts';
import { unreadable } from './input.ts';
import { beforeLineEnd, lineEndAt, readLine } from './lines.ts';

/** The body of a message, and the offset where the message ends. */
export interface FramedBody {
  readonly body: Buffer;
  /** How the end of the body was decided, and why; null if the framing was unambiguous. */
  readonly note: string | null;
  /** The first byte after the message. */
  readonly end: number;
}

const EMPTY = Buffer.alloc(0);

/**
 * The body that begins at `at` (RFC 9112 §6): the decoded chunks, or `Content-Length` bytes, or else all
 * bytes up to the next message or the end. A content coding such as gzip is not decoded.
 */
export function readFramedBody(
  bytes: Buffer,
  at: number,
  headers: readonly HeaderPair[],
  source: string,
  isResponse: boolean,
): FramedBody {
  const coding = headerValues(headers, 'Transfer-Encoding').join(',');
  const length = readContentLength(at, headers, source);
  if (/(^|[\s,])chunked\s*$/i.test(coding)) {
    if (/^[0-9a-f]+[ \t]*(;.*)?$/i.test(readLine(bytes, at).text)) {
      return readChunks(bytes, at, source);
    }
    const plain =
      length === undefined ? readUnframed(bytes, at) : readLength(bytes, at, length, source);
    return {
      ...plain,
      note: 'the headers say chunked but the body holds no chunks; it is taken as already decoded',
    };
  }
  if (length !== undefined) return readLength(bytes, at, length, source);
  const unframed = readUnframed(bytes, at);
  return isResponse ? { ...unframed, note: null } : unframed;
}

function readContentLength(
  at: number,
  headers: readonly HeaderPair[],
  source: string,
): number | undefined {
  const values = [...new Set(headerValues(headers, 'Content-Length'))];
  if (values.length === 0) return undefined;
  const [value = ''] = values;
  if (values.length === 1 && /^\d{1,15}$/.test(value)) return Number(value);
  throw unreadable(
    source,
    `byte ${at}`,
    `expected one Content-Length in digits, got ${JSON.stringify(values.join(', '))}`,
  );
}

function readLength(bytes: Buffer, at: number, length: number, source: string): FramedBody {
  const end = at + length;
  if (end <= bytes.length) {
    const rest = bytes.length - end;
    if (rest > 0 && rest === lineEndAt(bytes, end)) {
      return {
        body: bytes.subarray(at, end),
        note: 'the file ends with a line end that Content-Length does not count; it is taken as added by an editor',
        end: bytes.length,
      };
    }
    if (isBoundary(bytes, end)) return { body: bytes.subarray(at, end), note: null, end };
  }
  const stop = nextMessage(bytes, at);
  const restored = restoreLineEnds(bytes.subarray(at, stop), length);
  if (restored !== undefined) return { ...restored, end: stop };
  const present = bytes.length - at;
  throw end > bytes.length
    ? unreadable(
        source,
        `byte ${at}`,
        `expected ${length} body bytes (Content-Length), got ${present}: the dump is cut off or was changed after it was saved`,
      )
    : unreadable(
        source,
        `byte ${end}`,
        `expected the next request after the ${length} body bytes of Content-Length, got ${JSON.stringify(bytes.toString('latin1', end, Math.min(end + 30, bytes.length)))}`,
        'an editor may have changed the line ends or the encoding of the body',
      );
}

const PUT_BACK = [
  ['the last newline put back', '\n'],
  ['the last CRLF put back', '\r\n'],
] as const;

/**
 * Undoes the changes that an editor makes to a saved body: changed line ends, or a last line end that
 * was removed or added. `length` shows which change it was; undefined if no change gives that length.
 */
function restoreLineEnds(body: Buffer, length: number): Omit<FramedBody, 'end'> | undefined {
  const text = body.toString('latin1');
  const toLf = (): string => text.replaceAll('\r\n', '\n');
  const toCrlf = (): string => toLf().replaceAll('\n', '\r\n');
  const forms: readonly (readonly [what: string, form: () => string])[] = [
    ['CRLF turned into LF', toLf],
    ['LF turned into CRLF', toCrlf],
    ...(text.endsWith('\n')
      ? []
      : PUT_BACK.map(([what, end]) => [what, () => text + end] as const)),
    ['LF line ends and without the last one', () => toLf().replace(/\n$/, '')],
    ['CRLF line ends and without the last one', () => toCrlf().replace(/\r\n$/, '')],
  ];
  for (const [what, form] of forms) {
    const restored = form();
    if (restored.length !== length) continue;
    const note = `Content-Length is ${length}, the file holds ${body.length} bytes: taken with ${what}, which has that length`;
    return { body: Buffer.from(restored, 'latin1'), note };
  }
  return undefined;
}

function readChunks(bytes: Buffer, from: number, source: string): FramedBody {
  const parts: Buffer[] = [];
  let at = from;
  for (;;) {
    const line = readLine(bytes, at);
    const size = /^([0-9a-f]{1,8})[ \t]*(;.*)?$/i.exec(line.text)?.[1];
    if (size === undefined) {
      const shown = JSON.stringify(line.text.slice(0, 30));
      throw unreadable(source, `byte ${at}`, `expected a chunk size in hex, got ${shown}`);
    }
    at = line.next;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    const lineEnd = lineEndAt(bytes, at + length);
    if (lineEnd === 0) {
      throw unreadable(
        source,
        `byte ${at}`,
        `expected a chunk of ${length} bytes and a line end, got ${bytes.length - at < length ? `only ${bytes.length - at} bytes` : 'more'}`,
      );
    }
    parts.push(bytes.subarray(at, at + length));
    at += length + lineEnd;
  }
  // Skips the trailer fields and the empty line after them.
  while (at < bytes.length) {
    const { text, next } = readLine(bytes, at);
    if (isRequestLine(text) || isStatusLine(text)) break;
    at = next;
    if (text === '') break;
  }
  return { body: Buffer.concat(parts), note: null, end: at };
}

/** A body without a length: up to the next message, without the line ends before it. */
function readUnframed(bytes: Buffer, at: number): FramedBody {
  const stop = nextMessage(bytes, at);
  let end = beforeLineEnd(bytes, at, stop);
  if (stop < bytes.length) {
    for (let next = beforeLineEnd(bytes, at, end); next < end;) {
      end = next;
      next = beforeLineEnd(bytes, at, end);
    }
  }
  if (end === at) return { body: EMPTY, note: null, end: stop };
  return {
    body: bytes.subarray(at, end),
    note:
      end === stop
        ? null
        : 'there is no Content-Length; the line end after the body is taken as added by an editor',
    end: stop,
  };
}

/** Whether only blank lines are before the next message or the end. */
function isBoundary(bytes: Buffer, from: number): boolean {
  let at = from;
  while (at < bytes.length) {
    const { text, next } = readLine(bytes, at);
    if (text.trim() !== '') return isMessageStart(text) || isBetweenLine(text);
    at = next;
  }
  return true;
}

function nextMessage(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length) {
    const { text, next } = readLine(bytes, at);
    if (isMessageStart(text)) return at;
    at = next;
  }
  return at;
}

function isMessageStart(line: string): boolean {
  return line.startsWith('###') || isRequestLine(line) || isStatusLine(line);
}
