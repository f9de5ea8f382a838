import { expect, it } from 'vitest';
import { createTally } from '../../src/pipeline/tally.ts';
import type { Forward } from '../../src/request/capture.ts';

function forwardWith(status: number | null): Forward {
  return {
    kind: 'forward',
    at: 0,
    url: 'http://app/',
    status,
    durationMs: 1,
    error: status === null ? 'down' : null,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    edited: false,
  };
}

it('counts nothing before anything came', () => {
  expect(createTally().summary()).toEqual({
    type: 'summary',
    received: 0,
    valid: 0,
    invalid: 0,
    forwarded: 0,
    failed: 0,
    byEvent: {},
    notStored: 0,
    latencyMs: { p50: 0, p95: 0, max: 0 },
  });
});

it('counts verdicts, forwards, failures and types', () => {
  const tally = createTally();
  tally.add(true, 'a', forwardWith(200), 1);
  tally.add(true, 'a', forwardWith(201), 1);
  tally.add(true, 'b', forwardWith(null), 1);
  tally.add(true, null, null, 1);
  tally.add(false, 'b', null, 1);
  tally.add(false, 'b', forwardWith(500), 1);
  expect(tally.received()).toBe(6);
  expect(tally.summary()).toMatchObject({
    received: 6,
    valid: 4,
    invalid: 2,
    forwarded: 4,
    failed: 3,
    byEvent: { a: 2, b: 3, '(none)': 1 },
  });
});

it('names a hundred types and counts further ones together', () => {
  const tally = createTally();
  for (let n = 0; n < 103; n++) tally.add(true, `event_${n}`, null, 1);
  tally.add(true, 'event_99', null, 1);
  tally.add(true, 'event_100', null, 1);
  const { byEvent } = tally.summary();
  expect(Object.keys(byEvent)).toHaveLength(101);
  expect(byEvent).toMatchObject({ event_0: 1, event_99: 2, '(other)': 4 });
  expect(byEvent).not.toHaveProperty('event_100');
});

it('gives latencies to 2 %', () => {
  const tally = createTally();
  for (let ms = 1; ms <= 100; ms++) tally.add(true, null, null, ms);
  const { p50, p95, max } = tally.summary().latencyMs;
  expect(max).toBe(100);
  expect(Math.abs(p50 / 50 - 1)).toBeLessThan(0.02);
  expect(Math.abs(p95 / 95 - 1)).toBeLessThan(0.02);
});
