import { expect, it } from 'vitest';
import { createRateLimiter } from '../../../../src/commands/emulate/emulator/rate-limiter.ts';

it('allows as many requests a minute as its limit, and says how many are left', () => {
  let now = 5000;
  const limiter = createRateLimiter(2, () => now);
  expect(limiter.take()).toEqual({ isAllowed: true, limit: 2, remaining: 1, resetsInMs: 60_000 });
  now += 20_000;
  expect(limiter.take()).toEqual({ isAllowed: true, limit: 2, remaining: 0, resetsInMs: 40_000 });
  now += 39_999;
  expect(limiter.take()).toEqual({ isAllowed: false, limit: 2, remaining: 0, resetsInMs: 1 });
  now += 1;
  expect(limiter.take()).toEqual({ isAllowed: true, limit: 2, remaining: 1, resetsInMs: 60_000 });
});

it('starts a new minute where the clock was set back', () => {
  let now = 100_000;
  const limiter = createRateLimiter(1, () => now);
  expect(limiter.take().isAllowed).toBe(true);
  expect(limiter.take().isAllowed).toBe(false);
  now = 99_999;
  expect(limiter.take()).toMatchObject({ isAllowed: true, resetsInMs: 60_000 });
  expect(limiter.take().isAllowed).toBe(false);
});
