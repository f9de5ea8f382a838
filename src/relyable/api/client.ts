import { describeTlsProblem, errorCode, errorMessage, RelyableError } from '../../errors.ts';
import type { Delivery, DeliveryState } from '../delivery.ts';
import {
  type PageInfo,
  readErrorEnvelope,
  readItemEnvelope,
  readListEnvelope,
} from './envelope.ts';
import {
  type Allowance,
  readAllowance,
  readRetryAfterMs,
  readServerTime,
  sparingMs,
} from './rate-limit.ts';
import { parseDelivery, type WireProblem } from './wire.ts';

export interface ApiClientOptions {
  /** As global `fetch`; a proxy's dispatcher is bound by the caller. */
  readonly fetch: typeof globalThis.fetch;
  /** E.g. `https://app.relyable.ai/api`. */
  readonly baseUrl: URL;
  /** Under the base URL, e.g. `/webhooks/deliveries`. */
  readonly deliveriesPath: string;
  /** Sent as the Bearer token and never shown. */
  readonly key: string;
  readonly userAgent: string;
  /** For one request with its answer. */
  readonly timeoutMs: number;
  /** Tries of one read before it is given up. */
  readonly tries: number;
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** From 0 up to 1, for jitter. */
  random(): number;
  /** Told before each wait: why, and for how long. */
  onWait?(why: string, ms: number): void;
  readonly signal?: AbortSignal;
}

export interface DeliveryQuery {
  /** From 1. */
  readonly page: number;
  /** 1 to 100. */
  readonly limit: number;
  readonly event?: string;
  readonly state?: DeliveryState;
  /** ms since 1970. */
  readonly since?: number;
}

/** One page of the log, with what of it did not fit. */
export interface DeliveryPage {
  readonly deliveries: readonly Delivery[];
  readonly problems: readonly WireProblem[];
  readonly info: PageInfo;
  /** How many records the page had, those that did not fit included. */
  readonly size: number;
}

/** Reads the delivery log. Every failure is a RelyableError in the contract's terms. */
export interface ApiClient {
  listDeliveries(query: DeliveryQuery): Promise<DeliveryPage>;
  /** NOT_FOUND where the log has no such delivery. */
  getDelivery(id: string): Promise<{ delivery: Delivery; problems: readonly WireProblem[] }>;
  /** The server's clock by its last answer, ms since 1970; ours before the first one. */
  serverNow(): number;
}

/** More than any page of 100 deliveries should need; what is longer is not an answer of the API. */
const MAX_ANSWER_CHARS = 64 * 1024 * 1024;
const FIRST_BACKOFF_MS = 500;
/** How long a 429 without any header about it is waited for. */
const UNTOLD_RETRY_AFTER_MS = 10_000;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export function createApiClient(options: ApiClientOptions): ApiClient {
  const { baseUrl, deliveriesPath, key, now, sleep, signal } = options;
  const base = `${baseUrl.href.replace(/\/+$/, '')}${deliveriesPath}`;
  let allowance: Allowance | undefined;
  let skewMs = 0;

  const wait = async (why: string, ms: number): Promise<void> => {
    options.onWait?.(why, ms);
    await sleep(ms, signal);
  };

  const fetchOnce = async (url: URL): Promise<Answer> => {
    const sparing = sparingMs(allowance, now());
    if (sparing > 0) await wait('close to the rate limit', sparing);
    const stop = new AbortController();
    const onAbort = (): void => stop.abort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const timer = setTimeout(() => {
      stop.abort(
        Object.assign(new Error(`no answer within ${options.timeoutMs / 1000} s`), {
          code: 'ERR_TIMEOUT',
        }),
      );
    }, options.timeoutMs);
    try {
      signal?.throwIfAborted();
      const response = await options.fetch(url, {
        // Followed redirects would end at a login page, or take the key elsewhere.
        redirect: 'manual',
        signal: stop.signal,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          'user-agent': options.userAgent,
        },
      });
      const text = await readText(response);
      skewMs = readServerTime(response.headers, now()) - now();
      allowance = readAllowance(response.headers, now());
      return { status: response.status, headers: response.headers, text: redact(text, key) };
    } catch (error) {
      signal?.throwIfAborted();
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  };

  /** A read: tried again on 429, 5xx, lost connections and timeouts, never on another answer. */
  const read = async (url: URL): Promise<Answer> => {
    for (let attempt = 1; ; attempt++) {
      const isLast = attempt >= options.tries;
      const backoffMs = FIRST_BACKOFF_MS * 2 ** (attempt - 1) * (0.5 + options.random() / 2);
      try {
        const answer = await fetchOnce(url);
        const isLimited = answer.status === 429;
        if (isLast || !(isLimited || answer.status >= 500)) return answer;
        const told = readRetryAfterMs(answer.headers, now());
        if (isLimited) {
          // A little more than asked, so that many clients do not come back at once.
          await wait(
            'the rate limit is used up (429)',
            (told ?? UNTOLD_RETRY_AFTER_MS) + backoffMs,
          );
        } else {
          await wait(`the API answered ${answer.status}`, told ?? backoffMs);
        }
      } catch (error) {
        signal?.throwIfAborted();
        if (isLast) throw unreachable(error, baseUrl, key);
        await wait(`the API: ${failureText(error, baseUrl, key)}`, backoffMs);
      }
    }
  };

  const readJson = async (
    url: URL,
    notFound: (message: string) => RelyableError,
  ): Promise<unknown> => {
    const answer = await read(url);
    const body = parseJson(answer.text);
    const refusal = readErrorEnvelope(body);
    const said = refusal?.message ?? refusal?.code ?? '';
    if (answer.status === 404) throw notFound(said);
    if (answer.status !== 200) throw statusError(answer, said, baseUrl);
    if (refusal !== undefined) {
      const code = refusal.code === undefined ? '' : `${refusal.code}: `;
      throw new RelyableError(
        'API_ERROR',
        `the API answered 200 with success: false (${code}${refusal.message ?? 'no message'})`,
      );
    }
    if (body === undefined) throw notJson(answer, baseUrl);
    return body;
  };

  return {
    listDeliveries: async (query) => {
      const url = new URL(base);
      url.searchParams.set('page', String(query.page));
      url.searchParams.set('limit', String(query.limit));
      if (query.event !== undefined) url.searchParams.set('event', query.event);
      if (query.state !== undefined) url.searchParams.set('state', query.state);
      if (query.since !== undefined) {
        url.searchParams.set('since', new Date(query.since).toISOString());
      }
      const body = await readJson(url, () => logNotFound(base));
      const list = readListEnvelope(body);
      if (list === undefined) {
        throw new RelyableError(
          'API_ERROR',
          `the API at ${url.origin}${url.pathname}: expected a list of deliveries, got ${describeShape(body)}`,
          { hint: 'check api.url and api.deliveriesPath in the config' },
        );
      }
      const problems: WireProblem[] = [];
      const deliveries = list.items
        .map((item, index) =>
          parseDelivery(item, `number ${index + 1} of page ${query.page}`, problems),
        )
        .filter((delivery) => delivery !== undefined);
      return { deliveries, problems, info: list.info, size: list.items.length };
    },
    getDelivery: async (id) => {
      const body = await readJson(new URL(`${base}/${encodeURIComponent(id)}`), (said) =>
        deliveryNotFound(id, said),
      );
      const problems: WireProblem[] = [];
      const delivery = parseDelivery(readItemEnvelope(body), id, problems);
      if (delivery !== undefined) return { delivery, problems };
      const [problem] = problems;
      throw new RelyableError(
        'API_ERROR',
        `the API: expected delivery ${id}, got ${describeShape(body)} (${problem?.path ?? ''} ${problem?.message ?? ''})`,
      );
    },
    serverNow: () => now() + skewMs,
  };
}

/** A key that a server echoes must not come out again. Very short ones stand in ordinary text. */
function redact(text: string, key: string): string {
  return key.length < 8 ? text : text.replaceAll(key, '(API key)');
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

/** undefined where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function failureText(error: unknown, url: URL, key: string): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return `nothing listens on ${url.host} (connection refused)`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `no address found for ${url.hostname}`;
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return `${url.host} closed the connection before it answered`;
    default:
      return redact(describeTlsProblem(cause, url.host) ?? errorMessage(cause), key);
  }
}

function unreachable(error: unknown, url: URL, key: string): RelyableError {
  return new RelyableError(
    'UNREACHABLE',
    `the API cannot be reached: ${failureText(error, url, key)}`,
    {
      hint: `check --api-url (${url.href}) and your network; relyable doctor looks at both`,
    },
  );
}

function statusError({ status, text, headers }: Answer, said: string, url: URL): RelyableError {
  const because = said === '' ? '' : `: ${said}`;
  const makeKey =
    'make a key in the dashboard under Settings → API Keys (it is shown once), then export RELYABLE_API_KEY=… or pass --api-key-file';
  switch (status) {
    case 400:
      return new RelyableError('USAGE', `the API refused the request (400)${because}`);
    case 401:
      return new RelyableError('NOT_AUTHENTICATED', `the API refused the key (401)${because}`, {
        hint: makeKey,
      });
    case 403:
      return new RelyableError(
        'NOT_PERMITTED',
        `the API key may not read the delivery log (403)${because}`,
        { hint: makeKey },
      );
    case 429:
      return new RelyableError('API_ERROR', `the API's rate limit is used up (429)${because}`, {
        hint: 'wait a minute, or ask less often with --interval',
      });
    default: {
      const location = headers.get('location');
      const to = location === null ? '' : `, a redirect to ${location}`;
      const shown = said === '' && text !== '' ? ` (${describeText(text)})` : because;
      return new RelyableError(
        'API_ERROR',
        `the API: expected 200, got ${status}${to}${shown}`,
        status < 400 ? { hint: `check --api-url (${url.href})` } : {},
      );
    }
  }
}

function notJson({ text, headers }: Answer, url: URL): RelyableError {
  const type = headers.get('content-type') ?? 'no content type';
  return new RelyableError(
    'API_ERROR',
    `the API at ${url.host}: expected JSON, got ${describeText(text)} (${type})`,
    { hint: 'a proxy or a login page may stand in between; check --api-url and HTTPS_PROXY' },
  );
}

/** What a text that is not our JSON looks like, briefly. */
function describeText(text: string): string {
  const start = text.trim().replace(/\s+/g, ' ').slice(0, 80);
  if (start === '') return 'an empty answer';
  if (start.startsWith('<')) return `HTML: ${start}`;
  if (/^[[{]/.test(start)) return `JSON that breaks off after ${text.length} characters`;
  return `"${start}"`;
}

function describeShape(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value !== 'object') return `a ${typeof value}`;
  return `an object with ${Object.keys(value).slice(0, 8).join(', ') || 'no fields'}`;
}

/** reference: the help centre promises delivery logs and publishes no endpoint for them. */
function logNotFound(url: string): RelyableError {
  return new RelyableError(
    'NOT_FOUND',
    `no delivery log at ${url} (404): Relyable does not publicly document an endpoint for it`,
    {
      hint: 'if you know the path, set api.deliveriesPath in the config; the same logs are in the dashboard under Settings → Webhooks (relyable open webhooks)',
    },
  );
}

function deliveryNotFound(id: string, said: string): RelyableError {
  return new RelyableError(
    'NOT_FOUND',
    `no delivery ${id} in the log (404)${said === '' ? '' : `: ${said}`}`,
    {
      hint: 'relyable webhooks logs list shows the ids; if none can be found, see api.deliveriesPath',
    },
  );
}
