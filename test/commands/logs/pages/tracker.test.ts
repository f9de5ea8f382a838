import { expect, it } from 'vitest';
import { entriesOf, type LogEntry } from '../../../../src/relyable/log-entries.ts';
import { Tracker } from '../../../../src/commands/logs/pages/tracker.ts';
import type { Delivery } from '../../../../src/relyable/delivery.ts';

/** A finished delivery; for each attempt when it began and how long it took. */
function deliveryOf(id: string, ...attempts: Array<readonly [at: number, ms: number]>): Delivery {
  return {
    id,
    eventId: null,
    event: 'test_run.failed',
    endpoint: 'https://example.test/',
    state: 'delivered',
    requestBody: null,
    requestHeaders: {},
    attempts: attempts.map(([at, durationMs], index) => ({
      attempt: index + 1,
      at,
      status: index === attempts.length - 1 ? 200 : 500,
      responseBody: null,
      durationMs,
      error: null,
    })),
    nextRetryAt: null,
  };
}

const numbersOf = (entries: readonly LogEntry[]): number[] =>
  entries.map(({ attempt }) => attempt.attempt);

it('a delivery of which more is to be shown is neither done nor let go of', () => {
  const tracker = new Tracker(undefined, 2);
  tracker.setStart(0, 0);
  const retried = deliveryOf('retried', [1000, 1], [2000, 1]);
  const [first, second] = entriesOf(retried);
  if (first === undefined || second === undefined) throw new Error('two attempts');
  tracker.shown(first);
  // Slow enough to end after the retry, and enough of them to push others out.
  for (let i = 0; i < 5; i++) {
    for (const entry of entriesOf(deliveryOf(`slow ${i}`, [1001 + i, 9000]))) tracker.shown(entry);
  }
  const restored = new Tracker(tracker.state(), 2);
  for (const each of [tracker, restored]) {
    expect(numbersOf(each.fresh(retried))).toEqual([2]);
    expect(each.due(3000).map(({ id }) => id)).toEqual(['retried']);
    each.shown(second);
    expect(each.fresh(retried)).toEqual([]);
    expect(each.due(3000)).toEqual([]);
  }
});
