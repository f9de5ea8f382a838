import { describe, expect, it } from 'vitest';
import {
  compressMs,
  explainUndelivered,
  isDelivered,
  MAX_ATTEMPTS,
  retryOffsetsMs,
} from '../../src/relyable/retry.ts';

const MINUTE_MS = 60_000;

describe('the published schedule', () => {
  it('has the waits of the five attempts one after the other', () => {
    expect(retryOffsetsMs()).toEqual([0, 1, 6, 21, 81].map((minutes) => minutes * MINUTE_MS));
    expect(retryOffsetsMs('gaps')).toEqual(retryOffsetsMs());
  });

  it('has them from the first attempt on, in the other reading', () => {
    expect(retryOffsetsMs('offsets')).toEqual([0, 1, 5, 15, 60].map((it) => it * MINUTE_MS));
  });

  it('has as many attempts as are made', () => {
    expect(retryOffsetsMs()).toHaveLength(MAX_ATTEMPTS);
  });
});

describe('an answer', () => {
  it.each([
    [200, true],
    [201, false],
    [199, false],
    [500, false],
    [null, false],
  ])('%s is delivered: %s', (status, wanted) => {
    expect(isDelivered(status)).toBe(wanted);
  });

  it.each([
    [200, null],
    [201, 'your app answered 201: Relyable counts only 200 as delivered and will retry'],
    [399, 'your app answered 399: Relyable counts only 200 as delivered and will retry'],
    [400, null],
    [503, null],
  ])('%i is explained: %s', (status, wanted) => {
    expect(explainUndelivered(status)).toBe(wanted);
  });
});

it.each([
  [60_000, 1, 60_000],
  [60_000, 120, 500],
  [60_000, 0.5, 120_000],
  [60_000, 'instant', 0],
] as const)('%i ms at the speed %s are %i ms', (ms, speed, wanted) => {
  expect(compressMs(ms, speed)).toBe(wanted);
});
