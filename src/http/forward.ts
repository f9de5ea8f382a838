import Pool from 'undici/lib/dispatcher/pool.js';
import type { Dispatcher } from 'undici';
import { type HeaderPair, toHeaderPairs, type WebhookRequest } from '../webhook/request.ts';
import { endToEndHeaders } from './hop-by-hop.ts';
import { timeoutError } from './send.ts';
import { isLoopback } from '../webhook/loopback.ts';
import { describeFailure, lookupTarget, pathAtTarget, type TlsOptions } from './target.ts';

export interface ForwarderOptions {
  readonly target: URL;
  /** Added to every request, after its own headers of other names; same names are replaced. */
  readonly addedHeaders: readonly HeaderPair[];
  /** Connections, hence forwards in flight; more wait. */
  readonly concurrency: number;
  /** For each whole exchange once it is sent off; 0 for none. */
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
}

/** Hears of an answer as it arrives. `failed` may come at any time and is then the last. */
export interface AnswerListener {
  head(status: number, statusText: string, headers: HeaderPair[]): void;
  /** Returning false asks for a pause until `resume` is called. */
  data(chunk: Buffer): boolean;
  end(): void;
  failed(reason: string): void;
}

export interface Forwarding {
  resume(): void;
  abort(reason: string): void;
}

export interface Forwarder {
  readonly target: URL;
  /** Where this request goes: the target's path, or the request's own where the target has none. */
  urlFor(request: Pick<WebhookRequest, 'path'>): string;
  /** Sends the request on as it came; everything else is told to the listener. */
  forward(request: WebhookRequest, listener: AnswerListener): Forwarding;
  close(): Promise<void>;
}

/**
 * Passes requests to one target over kept connections: body bytes, header order, case and repeats
 * as received. The client writes `Host`, `Connection` and `Content-Length` itself; to a loopback
 * target `Host` keeps the sender's value, to any other it names the target, as certificates and
 * virtual hosts need it. Redirects are answers and not followed.
 */
export function createForwarder(options: ForwarderOptions): Forwarder {
  const { target, timeoutMs } = options;
  const pool = new Pool(target.origin, {
    connections: options.concurrency,
    pipelining: 1,
    // Our own timer covers the whole exchange.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: 10_000, lookup: lookupTarget, ...options.tls },
  });
  const replaced = new Set(options.addedHeaders.map(([name]) => name.toLowerCase()));
  const keepsHost = isLoopback(target) && !replaced.has('host');
  const pathFor = ({ path }: Pick<WebhookRequest, 'path'>): string => pathAtTarget(target, path);

  const headersFor = (request: WebhookRequest): string[] => {
    const flat: string[] = [];
    for (const [name, value] of endToEndHeaders(request.headers)) {
      const key = name.toLowerCase();
      if (key === 'content-length' || replaced.has(key) || (key === 'host' && !keepsHost)) continue;
      flat.push(name, value);
    }
    for (const [name, value] of options.addedHeaders) flat.push(name, value);
    return flat;
  };

  const forward = (request: WebhookRequest, listener: AnswerListener): Forwarding => {
    let controller: Dispatcher.DispatchController | undefined;
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    const over = (): boolean => {
      clearTimeout(timer);
      const wasOver = isOver;
      isOver = true;
      return !wasOver;
    };
    const fail = (error: unknown): void => {
      if (over()) listener.failed(describeFailure(error, target));
    };
    const abort = (error: Error): void => {
      fail(error);
      controller?.abort(error);
    };
    if (timeoutMs > 0) timer = setTimeout(() => abort(timeoutError(timeoutMs)), timeoutMs);
    try {
      pool.dispatch(
        {
          path: pathFor(request),
          method: 'POST',
          headers: headersFor(request),
          body: request.body,
        },
        {
          onRequestStart: (started) => {
            controller = started;
            // Given up while it waited for a connection.
            if (isOver) started.abort(new Error('given up'));
          },
          onResponseStart: (started, status, _, statusText) => {
            // 1xx announces an answer, it is none.
            if (isOver || status < 200) return;
            listener.head(status, statusText ?? '', rawPairs(started.rawHeaders));
          },
          onResponseData: (started, chunk) => {
            if (!isOver && !listener.data(chunk)) started.pause();
          },
          onResponseEnd: () => {
            if (over()) listener.end();
          },
          onResponseError: (_, error) => fail(error),
        },
      );
    } catch (error) {
      // What no HTTP client would send, e.g. a control character in a header that was added.
      fail(error);
    }
    return {
      resume: () => controller?.resume(),
      abort: (reason) => abort(new Error(reason)),
    };
  };

  return {
    target,
    urlFor: (request) => `${target.origin}${pathFor(request)}`,
    forward,
    close: () => pool.destroy(),
  };
}

function rawPairs(raw: Dispatcher.DispatchController['rawHeaders']): HeaderPair[] {
  const flat = Array.isArray(raw) ? raw : [];
  return toHeaderPairs(
    flat.map((item) => (typeof item === 'string' ? item : Buffer.from(item).toString('latin1'))),
  );
}
