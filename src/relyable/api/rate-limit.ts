/** The rate limit as the last answer states it. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  /** When it is full again, ms of our own clock. */
  readonly resetsAt: number;
}

/** The longest wait. Published windows are a minute long, so a larger value is a mistake. */
const MAX_WAIT_MS = 5 * 60_000;

/** Below this share of the limit, what is left is spread over the time until it is full again. */
const SPARING_BELOW = 0.2;

/** The server's clock by its `Date` header, ms since 1970; ours without one. */
export function readServerTime(headers: Headers, now: number): number {
  const date = Date.parse(headers.get('date') ?? '');
  // The header has whole seconds: half a second late on average.
  return Number.isNaN(date) ? now : date + 500;
}

/** `X-RateLimit-*` (published); undefined where one is missing or is not a number. */
export function readAllowance(headers: Headers, now: number): Allowance | undefined {
  const [limit, remaining, reset] = ['Limit', 'Remaining', 'Reset'].map((name) =>
    readNumber(headers.get(`X-RateLimit-${name}`)),
  );
  if (limit === undefined || remaining === undefined || reset === undefined) return undefined;
  return { limit, remaining, resetsAt: now + untilReset(reset, headers, now) };
}

/** The wait that a 429 asks for: `Retry-After`, else the reset; undefined without either. */
export function readLimitedMs(headers: Headers, now: number): number | undefined {
  const retryAfterMs = readRetryAfterMs(headers, now);
  const reset = readNumber(headers.get('X-RateLimit-Reset'));
  return retryAfterMs ?? (reset === undefined ? undefined : untilReset(reset, headers, now));
}

/** `Retry-After`; undefined without it. */
export function readRetryAfterMs(headers: Headers, now: number): number | undefined {
  const retryAfter = headers.get('retry-after') ?? '';
  const seconds = readNumber(retryAfter);
  if (seconds !== undefined) return bound(seconds * 1000);
  const date = Date.parse(retryAfter);
  return Number.isNaN(date) ? undefined : bound(date - readServerTime(headers, now));
}

/** How long to wait before the next request so that the allowance lasts until it is full again. */
export function sparingMs(allowance: Allowance | undefined, now: number): number {
  if (allowance === undefined) return 0;
  const { limit, remaining, resetsAt } = allowance;
  // A clock that was set back must not make the wait longer than any window.
  const leftMs = bound(resetsAt - now);
  if (remaining >= limit * SPARING_BELOW) return 0;
  return Math.ceil(leftMs / (remaining + 1));
}

/** Unix seconds by the server's clock → ms from now, whatever our own clock says. */
function untilReset(reset: number, headers: Headers, now: number): number {
  // A number this small is seconds from now, not a Unix time.
  if (reset < 1e6) return bound(reset * 1000);
  return bound(reset * 1000 - readServerTime(headers, now));
}

function bound(ms: number): number {
  return Math.min(Math.max(ms, 0), MAX_WAIT_MS);
}

function readNumber(text: string | null): number | undefined {
  return text !== null && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}
