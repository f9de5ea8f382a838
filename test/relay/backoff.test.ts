import { expect, it } from 'vitest';
import { Backoff } from '../../src/relay/backoff.ts';

it('waits twice as long after each try, up to ten seconds, and begins again after a success', () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => {
    const waitMs = backoff.waitMs();
    backoff.tried();
    return waitMs;
  });
  expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  backoff.reset();
  expect(backoff.waitMs()).toBe(250);
  expect(new Backoff(() => 0).waitMs()).toBe(125);
});
