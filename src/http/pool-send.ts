import Pool from 'undici/lib/dispatcher/pool.js';
import type { Pool as UndiciPool } from 'undici';
import { type HeaderPair, toHeaderPairs } from '../webhook/request.ts';
import {
  completeHeaders,
  MAX_ANSWER_BYTES,
  type Outgoing,
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

type Exchange = (result: Omit<SendResult, 'durationMs'>) => void;

/** A sender on undici's pool: slower to load than `createSender`, faster for many requests. */
export function createPoolSender(options: PoolOptions): Sender {
  const { timeoutMs, tls, signal, connections } = options;
  const pools = new Map<string, UndiciPool>();
  const inFlight = new Set<(reason: Error) => void>();

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

  const stopAll = (): void => {
    for (const stop of inFlight) stop(new Error('stopped before an answer came'));
  };
  signal?.addEventListener('abort', stopAll, { once: true });

  const exchange = (outgoing: Outgoing, done: Exchange): void => {
    let status: number | null = null;
    let headers: HeaderPair[] = [];
    let chunks: Buffer[] = [];
    let size = 0;
    let abort: (reason: Error) => void = () => undefined;
    let stoppedBy: Error | undefined;
    let isOver = false;

    const finish = (error: unknown): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      inFlight.delete(stop);
      const body = chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks);
      const isCut = size > MAX_ANSWER_BYTES;
      chunks = [];
      done({
        status: error === undefined ? status : null,
        headers: error === undefined ? headers : [],
        body: error === undefined ? body.subarray(0, MAX_ANSWER_BYTES) : Buffer.alloc(0),
        isBodyCut: isCut,
        error: error === undefined ? null : describeFailure(error, outgoing.url),
      });
    };
    const stop = (reason: Error): void => {
      stoppedBy = reason;
      abort(reason);
      // A request that still waits for a connection has nothing to abort.
      finish(reason);
    };
    const timer =
      timeoutMs > 0 ? setTimeout(() => stop(timeoutError(timeoutMs)), timeoutMs) : undefined;
    inFlight.add(stop);

    try {
      poolOf(outgoing.url.origin).dispatch(
        {
          method: outgoing.method,
          path: `${outgoing.url.pathname}${outgoing.url.search}`,
          headers: completeHeaders(outgoing).flat(),
          body: outgoing.body.length === 0 ? null : outgoing.body,
        },
        {
          onConnect: (abortRequest) => {
            abort = abortRequest;
            if (stoppedBy !== undefined) abortRequest(stoppedBy);
          },
          onHeaders: (statusCode, rawHeaders) => {
            if (statusCode < 200) return true;
            status = statusCode;
            headers = toHeaderPairs(rawHeaders.map((part) => part.toString('latin1')));
            return true;
          },
          onData: (chunk) => {
            chunks.push(chunk);
            size += chunk.length;
            if (size > MAX_ANSWER_BYTES) {
              finish(undefined);
              abort(new Error('the answer is longer than what is kept'));
            }
            return true;
          },
          onComplete: () => finish(undefined),
          onError: finish,
        },
      );
    } catch (error) {
      // A header or path that HTTP cannot carry.
      finish(error);
    }
    if (signal?.aborted === true) stop(new Error('stopped before an answer came'));
  };

  return {
    send: (outgoing) => {
      const startedAt = performance.now();
      return new Promise((resolve) => {
        exchange(outgoing, (result) =>
          resolve({ ...result, durationMs: performance.now() - startedAt }),
        );
      });
    },
    close: async () => {
      signal?.removeEventListener('abort', stopAll);
      stopAll();
      await Promise.all(Array.from(pools.values(), (pool) => pool.destroy()));
      pools.clear();
    },
  };
}
