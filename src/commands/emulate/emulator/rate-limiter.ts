/** The state of the limit after a request. */
export interface Allowance {
  readonly isAllowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  readonly resetsInMs: number;
}

/** Counts requests per minute, as Relyable's published limits do. */
export interface RateLimiter {
  take(): Allowance;
}

const WINDOW_MS = 60_000;

/** Windows of a minute from the first request on. */
export function createRateLimiter(limit: number, now: () => number): RateLimiter {
  let startedAt = -Infinity;
  let used = 0;
  return {
    take: () => {
      const time = now();
      // A clock that was set back starts a new window too.
      if (time >= startedAt + WINDOW_MS || time < startedAt) [startedAt, used] = [time, 0];
      const isAllowed = used < limit;
      if (isAllowed) used += 1;
      return {
        isAllowed,
        limit,
        remaining: limit - used,
        resetsInMs: startedAt + WINDOW_MS - time,
      };
    },
  };
}
