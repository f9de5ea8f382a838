import Pool from 'undici/lib/dispatcher/pool.js';
import type { Dispatcher } from 'undici';
import type { HeaderPair, WebhookRequest } from '../webhook/request.ts';
import { endToEndHeaders } from './hop-by-hop.ts';
import { flattenHeaders, timeoutError } from './send.ts';
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
  const ownHeaders = flattenHeaders(options.addedHeaders);
  const replaced = new Set(['content-length']);
  for (const [name] of options.addedHeaders) replaced.add(name.toLowerCase());
  if (!isLoopback(target)) replaced.add('host');
  const pathFor = ({ path }: Pick<WebhookRequest, 'path'>): string => pathAtTarget(target, path);

  return {
    target,
    urlFor: (request) => `${target.origin}${pathFor(request)}`,
    forward: (request, listener) => {
      const exchange = new Exchange(listener, target, timeoutMs);
      try {
        const path = pathFor(request);
        const headers = [...endToEndHeaders(request.headers, replaced), ...ownHeaders];
        pool.dispatch({ path, method: 'POST', headers, body: request.body }, exchange);
      } catch (error) {
        // What no HTTP client would send, e.g. a control character in a header that was added.
        exchange.onError(error);
      }
      return exchange;
    },
    close: () => pool.destroy(),
  };
}

/** One request under way, as undici's pool reports on it. One object, since there are thousands. */
class Exchange implements Forwarding, Dispatcher.DispatchHandler {
  private readonly listener: AnswerListener;
  private readonly target: URL;
  private readonly timer: NodeJS.Timeout | undefined;
  private isOver = false;
  private abortRequest: ((reason: Error) => void) | null = null;
  private resumeResponse: (() => void) | null = null;

  constructor(listener: AnswerListener, target: URL, timeoutMs: number) {
    this.listener = listener;
    this.target = target;
    if (timeoutMs > 0) {
      this.timer = setTimeout(() => this.giveUp(timeoutError(timeoutMs)), timeoutMs);
    }
  }

  resume(): void {
    this.resumeResponse?.();
  }

  abort(reason: string): void {
    this.giveUp(new Error(reason));
  }

  private giveUp(error: Error): void {
    this.onError(error);
    this.abortRequest?.(error);
  }

  /** True the first time. */
  private settle(): boolean {
    clearTimeout(this.timer);
    const wasOver = this.isOver;
    this.isOver = true;
    return !wasOver;
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.abortRequest = abort;
    // Given up while it waited for a connection.
    if (this.isOver) abort(new Error('given up'));
  }

  onHeaders(status: number, raw: Buffer[], resume: () => void, statusText: string): boolean {
    // 1xx announces an answer, it is none.
    if (this.isOver || status < 200) return true;
    this.resumeResponse = resume;
    this.listener.head(status, statusText, toPairs(raw));
    return true;
  }

  onData(chunk: Buffer): boolean {
    return this.isOver || this.listener.data(chunk);
  }

  onComplete(): void {
    if (this.settle()) this.listener.end();
  }

  onError(error: unknown): void {
    if (this.settle()) this.listener.failed(describeFailure(error, this.target));
  }
}

function toPairs(raw: readonly Buffer[]): HeaderPair[] {
  const pairs: HeaderPair[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    pairs.push([raw[i]?.toString('latin1') ?? '', raw[i + 1]?.toString('latin1') ?? '']);
  }
  return pairs;
}
