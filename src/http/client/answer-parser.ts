import { FIELD_VALUE, type HeaderPair, TOKEN } from '../../request/request.ts';

/** The status line and headers of an answer. */
export interface AnswerHead {
  readonly status: number;
  /** The reason phrase, empty where there is none. */
  readonly statusText: string;
  /** In the order and case received; values are latin1-decoded bytes. */
  readonly headers: readonly HeaderPair[];
}

/** Receives an answer as it is read: `head` once, then the pieces of the body. */
export interface AnswerSink {
  head(head: AnswerHead): void;
  /** `piece` is a view of the pushed bytes, valid only during the call. */
  body(piece: Buffer): void;
}

/** The limit of Node's own client (`--max-http-header-size`). */
const MAX_HEAD_BYTES = 16 * 1024;
const MAX_CHUNK_LINE_BYTES = 1024;

const CRLF = Buffer.from('\r\n');
const HEAD_END = Buffer.from('\r\n\r\n');

const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const CHUNK_LINE = /^([0-9a-f]{1,12})(?:;.*)?$/i;

type State =
  | 'head'
  | 'length'
  | 'until-close'
  | 'chunk-line'
  | 'chunk'
  | 'chunk-end'
  | 'trailers'
  | 'whole';

/**
 * Reads one HTTP/1.x answer after another (RFC 9112), in pieces of any size. Like Node's own client, it
 * refuses ambiguous answers: two lengths, a length with chunks, bare newlines.
 */
export class AnswerParser {
  private sink: AnswerSink | null = null;
  private isHeadRequest = false;
  private state: State = 'whole';
  /** Bytes of an incomplete line. */
  private kept: Buffer | null = null;
  /** The bytes still to come of the body or the current chunk. */
  private bytesLeft = 0;
  private trailerBytes = 0;
  private isReusable = false;
  private saysKeepAlive = false;
  private hasExcess = false;
  private keepAliveMs: number | null = null;

  /** Prepares for the answer to the next request. */
  begin(sink: AnswerSink, method: string): void {
    this.sink = sink;
    this.isHeadRequest = method === 'HEAD';
    this.state = 'head';
    this.kept = null;
    this.trailerBytes = 0;
    this.saysKeepAlive = false;
    this.hasExcess = false;
    this.keepAliveMs = null;
  }

  /**
   * Reads the next bytes; true once the answer is complete. If the bytes are not an answer, throws an Error
   * that says what was expected and what came.
   */
  push(piece: Buffer): boolean {
    const bytes = this.kept === null ? piece : Buffer.concat([this.kept, piece]);
    this.kept = null;
    let at = 0;
    while (at < bytes.length && this.state !== 'whole') {
      const next = this.step(bytes, at);
      if (next === -1) {
        // Copied, because the piece may be a view of a buffer that is reused.
        this.kept = Buffer.from(bytes.subarray(at));
        return false;
      }
      at = next;
    }
    if (at < bytes.length) this.hasExcess = true;
    return this.state === 'whole';
  }

  /** Call it when the app has closed the connection; true if this completes the answer. */
  end(): boolean {
    if (this.state !== 'until-close') return false;
    this.state = 'whole';
    return true;
  }

  /** Whether any byte of the answer has come. */
  hasBegun(): boolean {
    return this.state !== 'head' || this.kept !== null;
  }

  /** After a complete answer: whether another request may use the connection. */
  canReuse(): boolean {
    return this.state === 'whole' && this.isReusable && !this.hasExcess;
  }

  /** After a complete answer: whether it has `Connection: keep-alive`. */
  saysKept(): boolean {
    return this.saysKeepAlive;
  }

  /** Whether bytes came after the answer; they belong to no request. */
  hasMore(): boolean {
    return this.hasExcess;
  }

  /** How long the app keeps an idle connection, ms; null where the answer does not state it. */
  idleLimitMs(): number | null {
    return this.keepAliveMs;
  }

  /** Reads one element from `at`. Returns the offset after it, or -1 if more bytes are needed. */
  private step(bytes: Buffer, at: number): number {
    switch (this.state) {
      case 'head':
        return this.readHead(bytes, at);
      case 'length':
      case 'chunk':
        return this.readBody(bytes, at);
      case 'until-close':
        this.sink?.body(bytes.subarray(at));
        return bytes.length;
      case 'chunk-line':
        return this.readChunkLine(bytes, at);
      case 'chunk-end':
        if (bytes.length - at < CRLF.length) return -1;
        if (bytes[at] !== 13 || bytes[at + 1] !== 10) throw malformed('the end of a chunk', 'data');
        this.state = 'chunk-line';
        return at + CRLF.length;
      case 'trailers':
        return this.readTrailer(bytes, at);
      case 'whole':
        return at;
    }
  }

  private readHead(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(HEAD_END, at);
    if (end === -1) {
      requireStatusLine(bytes, at);
      if (bytes.length - at > MAX_HEAD_BYTES) throw headTooLarge();
      return -1;
    }
    if (end - at > MAX_HEAD_BYTES) throw headTooLarge();
    const lines = bytes.toString('latin1', at, end).split('\r\n');
    const [statusLine = ''] = lines;
    const parts = STATUS_LINE.exec(statusLine);
    if (parts === null) throw malformed('a status line', quote(statusLine));
    const [, minor, status, statusText = ''] = parts;
    this.readFraming(Number(status), minor === '1', statusText, parseFields(lines));
    return end + HEAD_END.length;
  }

  /** Finds out the length of the body (RFC 9112 §6.3) and whether the connection persists (§9.3). */
  private readFraming(
    status: number,
    isHttp11: boolean,
    statusText: string,
    headers: readonly HeaderPair[],
  ): void {
    if (status === 101)
      throw malformed('an answer', '101, another protocol that was not asked for');
    // 1xx is not the final answer, which follows.
    if (status < 200) return;
    let length: number | null = null;
    let coding = '';
    this.isReusable = isHttp11;
    for (const [name, value] of headers) {
      switch (name.length) {
        case 14:
          if (name.toLowerCase() !== 'content-length') break;
          if (length !== null) throw malformed('one Content-Length', 'several');
          if (!/^\d{1,15}$/.test(value)) {
            throw malformed('a number as Content-Length', quote(value));
          }
          length = Number(value);
          break;
        case 17:
          if (name.toLowerCase() === 'transfer-encoding') coding += `,${value.toLowerCase()}`;
          break;
        case 10:
          this.readConnectionField(name.toLowerCase(), value);
          break;
      }
    }
    if (length !== null && coding !== '') {
      throw malformed('Content-Length or Transfer-Encoding', 'both');
    }
    this.sink?.head({ status, statusText, headers });
    if (this.isHeadRequest || status === 204 || status === 304) this.state = 'whole';
    else if (/,[\t ]*chunked[\t ]*$/.test(coding)) this.state = 'chunk-line';
    else if (length !== null) {
      this.bytesLeft = length;
      this.state = length === 0 ? 'whole' : 'length';
    } else {
      this.state = 'until-close';
      this.isReusable = false;
    }
  }

  /** Reads `Connection` and `Keep-Alive`. The caller selects them by the length of the name, which is equal. */
  private readConnectionField(name: string, value: string): void {
    if (name === 'connection') {
      if (/(^|,)[\t ]*close[\t ]*(,|$)/i.test(value)) this.isReusable = false;
      else if (/(^|,)[\t ]*keep-alive[\t ]*(,|$)/i.test(value)) {
        this.isReusable = true;
        this.saysKeepAlive = true;
      }
    } else if (name === 'keep-alive') {
      const seconds = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(value)?.[1];
      if (seconds !== undefined) this.keepAliveMs = Number(seconds) * 1000;
    }
  }

  private readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.bytesLeft);
    this.bytesLeft -= end - at;
    if (this.bytesLeft === 0) this.state = this.state === 'length' ? 'whole' : 'chunk-end';
    this.sink?.body(bytes.subarray(at, end));
    return end;
  }

  private readChunkLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(CRLF, at);
    const size = (end === -1 ? bytes.length : end) - at;
    if (size > MAX_CHUNK_LINE_BYTES) throw malformed('the size of a chunk', 'a longer line');
    if (end === -1) return -1;
    const line = bytes.toString('latin1', at, end);
    const digits = CHUNK_LINE.exec(line)?.[1];
    if (digits === undefined) throw malformed('the size of a chunk', quote(line));
    this.bytesLeft = Number.parseInt(digits, 16);
    this.state = this.bytesLeft === 0 ? 'trailers' : 'chunk';
    return end + CRLF.length;
  }

  /** Skips trailers, which are not forwarded. */
  private readTrailer(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(CRLF, at);
    const size = (end === -1 ? bytes.length : end) - at;
    if (this.trailerBytes + size > MAX_HEAD_BYTES) throw headTooLarge();
    if (end === -1) return -1;
    this.trailerBytes += size;
    if (size === 0) this.state = 'whole';
    return end + CRLF.length;
  }
}

/** Throws as soon as the bytes cannot become a status line, so that the failure does not wait for the time limit. */
function requireStatusLine(bytes: Buffer, at: number): void {
  const newline = bytes.indexOf(10, at);
  const end = newline === -1 ? Math.min(bytes.length, at + 100) : newline;
  const line = bytes.toString('latin1', at, end);
  const other = otherProtocol(bytes, at);
  if (other !== undefined) throw Object.assign(new Error('not HTTP/1.1'), { code: other });
  const isBroken = newline !== -1 && !line.endsWith('\r');
  if (isBroken || !'HTTP/1.'.startsWith(line.slice(0, 7))) {
    throw malformed('a status line', quote(line));
  }
}

/**
 * The error code for an answer in another protocol: a TLS alert (RFC 8446 §5.1), or the SETTINGS frame
 * (RFC 9113 §6.5) that an HTTP/2 server sends first; undefined for any other answer.
 */
function otherProtocol(bytes: Buffer, at: number): string | undefined {
  if (bytes.length - at < 5) return undefined;
  if (bytes[at] === 0x15 && bytes[at + 1] === 0x03) return 'ERR_SPEAKS_TLS';
  const isSettings = bytes[at] === 0 && bytes[at + 1] === 0 && bytes[at + 3] === 4;
  return isSettings ? 'ERR_SPEAKS_HTTP2' : undefined;
}

function parseFields(lines: readonly string[]): HeaderPair[] {
  const headers: HeaderPair[] = [];
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(0, colon));
    const value = trimSpace(line.slice(colon + 1));
    if (!TOKEN.test(name) || !FIELD_VALUE.test(value)) throw malformed('a header', quote(line));
    headers.push([name, value]);
  }
  return headers;
}

/** Removes the white space around a value (RFC 9110 §5.5): spaces and tabs only. */
function trimSpace(value: string): string {
  let from = 0;
  let to = value.length;
  while (from < to && isSpace(value.charCodeAt(from))) from += 1;
  while (to > from && isSpace(value.charCodeAt(to - 1))) to -= 1;
  return value.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text);
}

function malformed(expected: string, came: string): Error {
  return new Error(`the answer is not HTTP/1.1: expected ${expected}, got ${came}`);
}

function headTooLarge(): Error {
  return new Error(`the answer has more than ${MAX_HEAD_BYTES / 1024} KB of headers`);
}
