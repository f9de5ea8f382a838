import { describe, expect, it } from 'vitest';
import {
  readAllowance,
  readLimitedMs,
  readRetryAfterMs,
  readServerTime,
  sparingMs,
} from '../../../src/relyable/api/rate-limit.ts';

/** Our clock, and the same moment as a `Date` header says it. */
const NOW = Date.parse('2026-03-04T05:06:07.000Z');
const DATE = 'Wed, 04 Mar 2026 05:06:07 GMT';
const LONGEST_MS = 5 * 60_000;

const headersOf = (headers: Record<string, string>): Headers => new Headers(headers);

describe('the time of the server', () => {
  it('is its date, half a second late on average', () => {
    expect(readServerTime(headersOf({ Date: DATE }), 1)).toBe(NOW + 500);
  });

  it.each([{}, { Date: 'yesterday' }])('is ours without one that can be read: %j', (headers) => {
    expect(readServerTime(headersOf(headers), 17)).toBe(17);
  });
});

describe('the allowance', () => {
  const limits = (limit: string, remaining: string, reset: string): Headers =>
    headersOf({
      'X-RateLimit-Limit': limit,
      'X-RateLimit-Remaining': remaining,
      'X-RateLimit-Reset': reset,
    });

  it.each([
    ['30', 30_000],
    ['0', 0],
    ['1.25', 1250],
    [' 7 ', 7000],
    // From a million on it is a Unix time; one that is over allows the next request at once.
    ['999999', LONGEST_MS],
    ['1000000', 0],
    [String(NOW / 1000 + 12), 12_000],
    [String(NOW / 1000 + 3600), LONGEST_MS],
    [String(NOW / 1000 - 5), 0],
  ])('with a reset of %s is full again in %i ms', (reset, wanted) => {
    expect(readAllowance(limits('60', '59', reset), NOW)).toEqual({
      limit: 60,
      remaining: 59,
      resetsAt: NOW + wanted,
    });
  });

  it('is full again by the clock of the server where that is another', () => {
    const headers = limits('60', '1', String(NOW / 1000 + 12));
    headers.set('Date', DATE);
    expect(readAllowance(headers, 1000)?.resetsAt).toBe(1000 + 12_000 - 500);
  });

  it.each([
    ['', '1', '2'],
    ['1', '', '2'],
    ['1', '2', ''],
    ['many', '1', '2'],
    ['1', '-1', '2'],
    ['1', '2', '2x'],
    ['1', '2', 'x2'],
    ['1', '2', '2.'],
  ])('is not known from %j, %j and %j', (limit, remaining, reset) => {
    expect(readAllowance(limits(limit, remaining, reset), NOW)).toBeUndefined();
  });

  it.each(['Limit', 'Remaining', 'Reset'])('is not known without its %s', (name) => {
    const headers = limits('1', '2', '3');
    headers.delete(`X-RateLimit-${name}`);
    expect(readAllowance(headers, NOW)).toBeUndefined();
  });
});

describe('the wait that a 429 asks for', () => {
  it.each([
    [{}, undefined, undefined],
    [{ 'Retry-After': '3' }, 3000, 3000],
    [{ 'Retry-After': '0' }, 0, 0],
    [{ 'Retry-After': '100000' }, LONGEST_MS, LONGEST_MS],
    [{ 'Retry-After': 'Wed, 04 Mar 2026 05:06:17 GMT' }, 10_000, 10_000],
    [{ 'Retry-After': 'Wed, 04 Mar 2026 05:06:17 GMT', Date: DATE }, 9500, 9500],
    [{ 'Retry-After': 'Wed, 04 Mar 2026 05:00:00 GMT' }, 0, 0],
    [{ 'Retry-After': 'soon' }, undefined, undefined],
    [{ 'X-RateLimit-Reset': '9' }, undefined, 9000],
    [{ 'Retry-After': '3', 'X-RateLimit-Reset': '9' }, 3000, 3000],
    [{ 'Retry-After': '0', 'X-RateLimit-Reset': '9' }, 0, 0],
  ] as const)('%j', (headers, retryAfterMs, limitedMs) => {
    expect(readRetryAfterMs(headersOf(headers), NOW)).toBe(retryAfterMs);
    expect(readLimitedMs(headersOf(headers), NOW)).toBe(limitedMs);
  });
});

describe('the wait before the next request', () => {
  const waitFor = (limit: number, remaining: number, leftMs: number): number =>
    sparingMs({ limit, remaining, resetsAt: NOW + leftMs }, NOW);

  it('is none where no limit is known', () => {
    expect(sparingMs(undefined, NOW)).toBe(0);
  });

  it.each([
    // A fifth of the limit is enough not to wait.
    [60, 60, 30_000, 0],
    [60, 12, 30_000, 0],
    [60, 11, 30_000, 2500],
    [60, 1, 30_000, 15_000],
    [60, 0, 30_000, 30_000],
    [60, 6, 30_000, 4286],
    // It is full again already.
    [60, 0, 0, 0],
    [60, 0, -1, 0],
    // A clock that was set back.
    [60, 0, 3_600_000, LONGEST_MS],
  ])('of %i with %i left for %i ms is %i ms', (limit, remaining, leftMs, wanted) => {
    expect(waitFor(limit, remaining, leftMs)).toBe(wanted);
  });
});
