import { hasHeader, type HeaderPair, toFlatHeaders } from '../../request/request.ts';
import type { AnswerHead } from './answer-parser.ts';
import { Client } from './client.ts';
import type { AnswerListener, Exchange, Pieces } from './exchange.ts';
import { elapsedMs } from '../../system/latency.ts';
import type { TlsOptions } from '../target.ts';

/** One request to send. */
export interface Outgoing {
  readonly method: string;
  readonly url: URL;
  /** In this order and case. `Host` and `Content-Length` are added where they are missing. */
  readonly headers: readonly HeaderPair[];
  readonly body: Uint8Array;
  /** Writes the body in pieces. */
  readonly pieces?: Pieces | undefined;
}

/** The result of a request: an answer, or why there is none. */
export interface SendResult {
  /** null if no complete answer came. */
  readonly status: number | null;
  readonly headers: readonly HeaderPair[];
  /** At most the first `MAX_ANSWER_BYTES`. */
  readonly body: Buffer;
  /** Whether the answer's body was longer than the limit and is truncated. */
  readonly isBodyCut: boolean;
  readonly durationMs: number;
  /** Why there is no answer, for people; null when one came. */
  readonly error: string | null;
}

export interface SendOptions {
  /** The time limit of the whole exchange, ms; 0 for no limit. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  readonly signal?: AbortSignal;
  /** Whether connections are reused for later requests (default) or closed after each. */
  readonly reuse?: boolean;
  /** The limit on connections to each origin; `MAX_CONNECTIONS` by default. */
  readonly connections?: number;
}

/** Sends requests. A failure of the other side is a result, never an exception. */
export interface Sender {
  send(outgoing: Outgoing): Promise<SendResult>;
  /** Closes its connections; requests under way get no answer. */
  close(): void;
}

/** A sender that applies `change` to each result of `sender`. */
export function changeAnswers(
  sender: Sender,
  change: (result: SendResult, sent: Uint8Array) => SendResult,
): Sender {
  return {
    ...sender,
    send: async (outgoing) => change(await sender.send(outgoing), outgoing.body),
  };
}

/** The most bytes of an answer's body that are read before the connection is closed. */
export const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_CONNECTIONS = 256;

const STOPPED = 'stopped before an answer came';

/** The headers with `Host` first and `Content-Length` last where the caller gave none. */
export function completeHeaders({ headers, url, body }: Outgoing): readonly HeaderPair[] {
  const complete: HeaderPair[] = hasHeader(headers, 'Host')
    ? [...headers]
    : [['Host', url.host], ...headers];
  if (!hasHeader(headers, 'Content-Length') && !hasHeader(headers, 'Transfer-Encoding')) {
    complete.push(['Content-Length', String(body.length)]);
  }
  return complete;
}

/** A sender for any number of origins. */
export function createSender(options: SendOptions): Sender {
  const { timeoutMs, tls, signal, reuse = true, connections = MAX_CONNECTIONS } = options;
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
        const { method, url, body, pieces } = outgoing;
        const answer = new AnswerCollector(resolve);
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

/** Collects an answer and hands it over once. */
class AnswerCollector implements AnswerListener {
  exchange: Exchange | null = null;
  private readonly onResult: (result: SendResult) => void;
  private readonly startedAt = elapsedMs();
  private answerHead: AnswerHead | null = null;
  private readonly pieces: Buffer[] = [];
  private size = 0;

  constructor(onResult: (result: SendResult) => void) {
    this.onResult = onResult;
  }

  head(head: AnswerHead): void {
    this.answerHead = head;
  }

  data(piece: Buffer): boolean {
    this.pieces.push(piece);
    this.size += piece.length;
    if (this.size > MAX_ANSWER_BYTES) {
      this.end();
      this.exchange?.abort('the answer is longer than what is read');
    }
    return true;
  }

  end(): void {
    const { pieces, answerHead } = this;
    const body = pieces.length === 1 ? (pieces[0] ?? EMPTY) : Buffer.concat(pieces);
    this.onResult({
      status: answerHead?.status ?? null,
      headers: answerHead?.headers ?? [],
      body: body.subarray(0, MAX_ANSWER_BYTES),
      isBodyCut: this.size > MAX_ANSWER_BYTES,
      durationMs: elapsedMs() - this.startedAt,
      error: null,
    });
  }

  failed(reason: string): void {
    this.onResult({
      status: null,
      headers: [],
      body: EMPTY,
      isBodyCut: false,
      durationMs: elapsedMs() - this.startedAt,
      error: reason,
    });
  }
}
