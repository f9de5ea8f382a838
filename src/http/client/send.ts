import { toFlatHeaders, type HeaderPair } from '../../request/request.ts';
import type { AnswerHead } from './answer-parser.ts';
import { Client } from './client.ts';
import type { AnswerListener, Exchange, Pieces } from './exchange.ts';
import { elapsedMs } from '../../system/latency.ts';
import type { TlsOptions } from '../target.ts';

/** One request to send, its bytes settled. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  /** In this order and case. `Host` and `Content-Length` are added where they are missing. */
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
}

/** What came of it: an answer, or why there was none. Both are values. */
export interface SendResult {
  /** null when no complete answer came. */
  readonly status: number | null;
  readonly headers: readonly HeaderPair[];
  /** At most the first `MAX_ANSWER_BYTES`. */
  readonly body: Buffer;
  /** The answer's body was longer than what is kept. */
  readonly isBodyCut: boolean;
  readonly durationMs: number;
  /** In a person's words; null when an answer came. */
  readonly error: string | null;
}

export interface SendOptions {
  /** For the whole exchange; 0 for none. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  readonly signal?: AbortSignal;
  /** Connections are kept for later requests (default), or each request gets one of its own. */
  readonly reuse?: boolean;
  /** Connections to each origin, at most; `MAX_CONNECTIONS` without it. */
  readonly connections?: number;
  /** Writes each body in pieces. */
  readonly pieces?: Pieces;
}

/** Sends requests; never throws for what the other side does. */
export interface Sender {
  send(outgoing: Outgoing): Promise<SendResult>;
  /** Closes its connections; what is under way gets no answer. */
  close(): void;
}

/** How much of an answer's body is read before the connection is let go. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 256;

const STOPPED = 'stopped before an answer came';

/** The list with `Host` in front and `Content-Length` behind where the caller gave none. */
export function completeHeaders({ headers, url, body }: Outgoing): readonly HeaderPair[] {
  const has = (name: string): boolean =>
    headers.some(([key]) => key.length === name.length && key.toLowerCase() === name);
  const complete: HeaderPair[] = has('host') ? [...headers] : [['Host', url.host], ...headers];
  if (!has('content-length') && !has('transfer-encoding')) {
    complete.push(['Content-Length', String(body.length)]);
  }
  return complete;
}

/** A sender for any number of origins. */
export function createSender(options: SendOptions): Sender {
  const { timeoutMs, tls, signal, reuse = true, connections = MAX_CONNECTIONS, pieces } = options;
  const clients = new Map<string, Client>();

  const clientOf = (url: URL): Client => {
    let client = clients.get(url.origin);
    if (client === undefined) {
      client = new Client(url, { connections, timeoutMs, keepsConnections: reuse, tls });
      clients.set(url.origin, client);
    }
    return client;
  };

  const stop = (): void => {
    for (const client of clients.values()) client.close(STOPPED);
  };
  signal?.addEventListener('abort', stop, { once: true });

  return {
    send: (outgoing) =>
      new Promise((resolve) => {
        const { method, url, body } = outgoing;
        const answer = new Answer(resolve);
        if (signal?.aborted === true) {
          answer.failed(STOPPED);
          return;
        }
        const headers = toFlatHeaders(completeHeaders(outgoing));
        if (!reuse) headers.push('Connection', 'close');
        const path = `${url.pathname}${url.search}`;
        answer.exchange = clientOf(url).request({ method, path, headers, body, pieces }, answer);
      }),
    close: () => {
      signal?.removeEventListener('abort', stop);
      stop();
    },
  };
}

const EMPTY = Buffer.alloc(0);

/** Collects an answer; settles once. */
class Answer implements AnswerListener {
  exchange: Exchange | null = null;
  private readonly settle: (result: SendResult) => void;
  private readonly startedAt = elapsedMs();
  private answerHead: AnswerHead | null = null;
  private readonly pieces: Buffer[] = [];
  private size = 0;

  constructor(settle: (result: SendResult) => void) {
    this.settle = settle;
  }

  head(head: AnswerHead): void {
    this.answerHead = head;
  }

  data(piece: Buffer): boolean {
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size > MAX_ANSWER_BYTES) {
      this.end();
      this.exchange?.abort('the answer is longer than what is kept');
    }
    return true;
  }

  end(): void {
    const { pieces, answerHead } = this;
    const body = pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces);
    this.settle({
      status: answerHead?.status ?? null,
      headers: answerHead?.headers ?? [],
      body: body.subarray(0, MAX_ANSWER_BYTES),
      isBodyCut: this.size > MAX_ANSWER_BYTES,
      durationMs: elapsedMs() - this.startedAt,
      error: null,
    });
  }

  failed(reason: string): void {
    this.settle({
      status: null,
      headers: [],
      body: EMPTY,
      isBodyCut: false,
      durationMs: elapsedMs() - this.startedAt,
      error: reason,
    });
  }
}
