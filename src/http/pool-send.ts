import Pool from 'undici/lib/dispatcher/pool.js';
import type { Dispatcher, Pool as UndiciPool } from 'undici';
import { toHeaderPairs } from '../webhook/request.ts';
import {
  completeHeaders,
  flattenHeaders,
  MAX_ANSWER_BYTES,
  type Sender,
  type SendOptions,
  type SendResult,
  timeoutError,
} from './send.ts';
import { describeFailure, lookupTarget } from './target.ts';

export interface PoolOptions extends SendOptions {
  /** Connections kept to each origin, at most; without it as many as requests are in flight. */
  readonly connections?: number;
}

/** A sender on undici's pool: slower to load than `createSender`, faster for many requests. */
export function createPoolSender(options: PoolOptions): Sender {
  const { timeoutMs, tls, signal, connections } = options;
  const pools = new Map<string, UndiciPool>();

  const poolOf = (origin: string): UndiciPool => {
    let pool = pools.get(origin);
    if (pool === undefined) {
      pool = new Pool(origin, {
        ...(connections === undefined ? {} : { connections }),
        // Each exchange has one time limit, kept here.
        headersTimeout: 0,
        bodyTimeout: 0,
        connect: { ...tls, lookup: lookupTarget, autoSelectFamily: true, timeout: timeoutMs },
      });
      pools.set(origin, pool);
    }
    return pool;
  };

  // Destroying a pool fails what it has under way. (A set of the exchanges would do as well, but
  // its discarded tables drag every exchange into the old generation.)
  const stopAll = (): void => {
    for (const pool of pools.values()) void pool.destroy(stopped());
  };
  signal?.addEventListener('abort', stopAll, { once: true });

  return {
    send: (outgoing) =>
      new Promise((resolve) => {
        const exchange = new Exchange(outgoing.url, timeoutMs, resolve);
        if (signal?.aborted === true) {
          exchange.onError(stopped());
          return;
        }
        const { method, url, body } = outgoing;
        try {
          const path = `${url.pathname}${url.search}`;
          const headers = flattenHeaders(completeHeaders(outgoing));
          poolOf(url.origin).dispatch(
            { method, path, headers, body: body.length === 0 ? null : body },
            exchange,
          );
        } catch (error) {
          // A header or path that HTTP cannot carry.
          exchange.onError(error);
        }
      }),
    close: async () => {
      signal?.removeEventListener('abort', stopAll);
      await Promise.all(Array.from(pools.values(), (pool) => pool.destroy(stopped())));
      pools.clear();
    },
  };
}

function stopped(): Error {
  return new Error('stopped before an answer came');
}

const EMPTY = Buffer.alloc(0);

/** One request under way, as undici's pool reports on it; settles once. */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly url: URL;
  private readonly startedAt = performance.now();
  private readonly timer: NodeJS.Timeout | undefined;
  private settle: ((result: SendResult) => void) | null;
  private abort: ((reason: Error) => void) | null = null;
  private stoppedBy: Error | null = null;
  private status = 0;
  private rawHeaders: readonly Buffer[] = [];
  private readonly chunks: Buffer[] = [];
  private size = 0;

  constructor(url: URL, timeoutMs: number, settle: (result: SendResult) => void) {
    this.url = url;
    this.settle = settle;
    if (timeoutMs > 0) this.timer = setTimeout(() => this.stop(timeoutError(timeoutMs)), timeoutMs);
  }

  stop(reason: Error): void {
    this.stoppedBy = reason;
    this.abort?.(reason);
    // A request that still waits for a connection has nothing to abort.
    this.onError(reason);
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.abort = abort;
    if (this.stoppedBy !== null) abort(this.stoppedBy);
  }

  onHeaders(status: number, rawHeaders: Buffer[]): boolean {
    // 1xx announces an answer, it is none.
    if (status < 200) return true;
    this.status = status;
    this.rawHeaders = rawHeaders;
    return true;
  }

  onData(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    this.size += chunk.length;
    if (this.size > MAX_ANSWER_BYTES) {
      this.onComplete();
      this.abort?.(new Error('the answer is longer than what is kept'));
    }
    return true;
  }

  onComplete(): void {
    const { chunks, rawHeaders } = this;
    const body = chunks.length === 1 ? (chunks[0] ?? EMPTY) : Buffer.concat(chunks);
    this.finish({
      status: this.status,
      // Of thousands of answers few are looked at.
      get headers() {
        return toHeaderPairs(rawHeaders.map((part) => part.toString('latin1')));
      },
      body: body.subarray(0, MAX_ANSWER_BYTES),
      isBodyCut: this.size > MAX_ANSWER_BYTES,
      durationMs: performance.now() - this.startedAt,
      error: null,
    });
  }

  onError(error: unknown): void {
    this.finish({
      status: null,
      headers: [],
      body: EMPTY,
      isBodyCut: false,
      durationMs: performance.now() - this.startedAt,
      error: describeFailure(error, this.url),
    });
  }

  private finish(result: SendResult): void {
    clearTimeout(this.timer);
    this.settle?.(result);
    this.settle = null;
  }
}
