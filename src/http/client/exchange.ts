import { FIELD_VALUE, TOKEN } from '../../request/request.ts';
import type { AnswerHead, AnswerSink } from './answer-parser.ts';
import { describeFailure } from '../target.ts';

/** One request. */
export interface ClientRequest {
  readonly method: string;
  /** Origin form, e.g. `/hook?x=1`. */
  readonly path: string;
  /** All headers as a flat list of names and values, including `Host` and the body's length. */
  readonly headers: readonly string[];
  readonly body: Uint8Array;
  /** Writes the body in pieces with a pause between them, like a slow sender. */
  readonly pieces?: Pieces | undefined;
}

export interface Pieces {
  /** The offsets at which the body is cut, ascending. */
  readonly cuts: readonly number[];
  readonly pauseMs: number;
}

/** Receives an answer as it arrives. `failed` may be called at any time; no other call follows it. */
export interface AnswerListener {
  head(head: AnswerHead): void;
  /** Returning false asks for a pause until `resume` is called. */
  data(piece: Buffer): boolean;
  end(): void;
  /** Why there is no complete answer, for people. */
  failed(reason: string): void;
}

/** A request under way. */
export interface Exchange {
  /** Continues to read the answer after a pause. */
  resume(): void;
  /** Ends it with a failure for this reason, unless it is over. */
  abort(reason: string): void;
}

/** The part of a connection that an exchange uses. */
interface Carrier {
  resume(): void;
  destroy(): void;
}

/** Matches a request target without white space and control characters (RFC 9112 §3.2). */
const REQUEST_TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/** One request and its answer. Both share one object, because there are thousands per second. */
export class ClientExchange implements Exchange, AnswerSink {
  readonly request: ClientRequest;
  /** Request line and headers, latin1. */
  headText = '';
  /** null while it waits for a connection. */
  connection: Carrier | null = null;
  isOver = false;
  isPaused = false;
  private readonly listener: AnswerListener;
  private readonly origin: URL;
  private readonly timer: NodeJS.Timeout | undefined;

  constructor(request: ClientRequest, listener: AnswerListener, origin: URL, timeoutMs: number) {
    this.request = request;
    this.listener = listener;
    this.origin = origin;
    if (timeoutMs > 0) {
      this.timer = setTimeout(() => this.giveUp(timeoutError(timeoutMs)), timeoutMs);
    }
  }

  resume(): void {
    if (!this.isPaused || this.isOver) return;
    this.isPaused = false;
    this.connection?.resume();
  }

  abort(reason: string): void {
    this.giveUp(new Error(reason));
  }

  private giveUp(error: Error): void {
    if (this.isOver) return;
    this.fail(error);
    this.connection?.destroy();
  }

  head(head: AnswerHead): void {
    if (!this.isOver) this.listener.head(head);
  }

  body(piece: Buffer): void {
    if (!this.isOver && !this.listener.data(piece)) this.isPaused = true;
  }

  /** The answer is complete. */
  complete(): void {
    if (this.finishOnce()) this.listener.end();
  }

  fail(error: unknown): void {
    if (this.finishOnce()) this.listener.failed(describeFailure(error, this.origin));
  }

  /** Ends the exchange; true only the first time. */
  private finishOnce(): boolean {
    clearTimeout(this.timer);
    const wasOver = this.isOver;
    this.isOver = true;
    return !wasOver;
  }
}

/** The request line and headers as text. Throws if HTTP cannot represent them. */
export function formatHead({
  method,
  path,
  headers,
}: Pick<ClientRequest, 'method' | 'path' | 'headers'>): string {
  if (!TOKEN.test(method)) throw notCarried('the method', method);
  if (!REQUEST_TARGET.test(path)) throw notCarried('the path', path);
  let head = `${method} ${path} HTTP/1.1\r\n`;
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? '';
    const value = headers[i + 1] ?? '';
    if (!TOKEN.test(name)) throw notCarried('the header name', name);
    if (!FIELD_VALUE.test(value)) throw notCarried(`the value of ${name}:`, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}

function notCarried(what: string, text: string): Error {
  return new Error(`HTTP cannot carry ${what} ${JSON.stringify(text)}`);
}

function timeoutError(timeoutMs: number): Error {
  const error = new Error(`no complete answer within ${timeoutMs / 1000} s`);
  return Object.assign(error, { code: 'ERR_TIMEOUT' });
}
