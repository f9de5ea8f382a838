import { RelyableError } from '../../errors.ts';
import type { ApiAnswer } from './api-answer.ts';
import { failureText, hideKey, unreachable } from './api-errors.ts';
import {
  type Allowance,
  readAllowance,
  readLimitedMs,
  readRetryAfterMs,
  readServerTime,
  sparingMs,
} from './rate-limit.ts';

export interface ApiReaderOptions {
  /** As global `fetch`; a proxy's dispatcher is bound by the caller. */
  readonly fetch: typeof globalThis.fetch;
  /** E.g. `https://app.relyable.ai/api`. */
  readonly baseUrl: URL;
  /** Sent as the Bearer token and never shown. */
  readonly key: string;
  readonly userAgent: string;
  /** For one request with its answer. */
  readonly timeoutMs: number;
  /** Requests for one read before it fails. */
  readonly tries: number;
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to 1, for jitter. */
  random(): number;
  /** Called before each wait with its reason and length. */
  onWait?(why: string, ms: number): void;
  readonly signal?: AbortSignal;
}

/** The longest body that is read; a page of 100 deliveries is far below it. */
const MAX_ANSWER_CHARS = 64 * 1024 * 1024;
const FIRST_BACKOFF_MS = 500;
/** How long to wait after a 429 that does not say. */
const DEFAULT_RETRY_AFTER_MS = 10_000;

/** Reads URLs of the API, within the rate limit, and retries failed requests. */
export class ApiReader {
  private readonly options: ApiReaderOptions;
  private allowance: Allowance | undefined;
  private skewMs = 0;

  constructor(options: ApiReaderOptions) {
    this.options = options;
  }

  /** The server's clock by its last answer, ms since 1970; ours before the first one. */
  serverNow(): number {
    return this.options.now() + this.skewMs;
  }

  /**
   * The answer to a request. A GET is tried again on 429, 5xx, lost connections and timeouts, and on no
   * other answer; a POST on 429 alone, since otherwise it may have had its effect. UNREACHABLE where the
   * last try gets none.
   */
  async read(url: URL, method: 'GET' | 'POST' = 'GET'): Promise<ApiAnswer> {
    const { tries, random, signal, baseUrl, key } = this.options;
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= tries;
      const backoffMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + random() / 2);
      try {
        const answer = await this.request(url, method);
        const isError = answer.status >= 500 && method === 'GET';
        if (isLast || !(answer.status === 429 || isError)) return answer;
        await this.waitAfter(answer, backoffMs);
      } catch (error) {
        signal?.throwIfAborted();
        // `sleep` may refuse to wait.
        if (error instanceof RelyableError) throw error;
        if (isLast || method === 'POST') throw unreachable(error, baseUrl, key);
        await this.wait(`the API: ${failureText(error, baseUrl, key)}`, backoffMs);
      }
    }
  }

  private async waitAfter({ status, headers }: ApiAnswer, backoffMs: number): Promise<void> {
    const now = this.options.now();
    if (status !== 429) {
      // The reset of the rate limit says nothing about an error.
      await this.wait(`the API answered ${status}`, readRetryAfterMs(headers, now) ?? backoffMs);
      return;
    }
    // A little more than asked, so that many clients do not come back at once.
    const ms = (readLimitedMs(headers, now) ?? DEFAULT_RETRY_AFTER_MS) + backoffMs;
    await this.wait('the rate limit is used up (429)', ms);
  }

  private async request(url: URL, method: 'GET' | 'POST'): Promise<ApiAnswer> {
    const { fetch, key, userAgent, timeoutMs, now, signal } = this.options;
    const sparing = sparingMs(this.allowance, now());
    if (sparing > 0) await this.wait('close to the rate limit', sparing);
    const stop = new AbortController();
    const onAbort = (): void => stop.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => stop.abort(timeoutError(timeoutMs)), timeoutMs);
    try {
      signal?.throwIfAborted();
      const response = await fetch(url, {
        method,
        // A redirect may lead to a login page, or take the key to another host.
        redirect: 'manual',
        signal: stop.signal,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          'user-agent': userAgent,
        },
      });
      const text = await readText(response);
      const { status, headers } = response;
      this.skewMs = readServerTime(headers, now()) - now();
      this.allowance = readAllowance(headers, now());
      return { status, headers, text: hideKey(text, key) };
    } catch (error) {
      signal?.throwIfAborted();
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  }

  private async wait(why: string, ms: number): Promise<void> {
    this.options.onWait?.(why, ms);
    await this.options.sleep(ms, this.options.signal);
  }
}

function timeoutError(timeoutMs: number): Error {
  const error = new Error(`no answer within ${timeoutMs / 1000} s`);
  return Object.assign(error, { code: 'ERR_TIMEOUT' });
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  const parts: string[] = [];
  let length = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    const part = decoder.decode(chunk, { stream: true });
    parts.push(part);
    length += part.length;
    if (length > MAX_ANSWER_CHARS) throw new Error('the answer does not end');
  }
  parts.push(decoder.decode());
  return parts.join('');
}
