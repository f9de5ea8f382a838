import { createLatencyHistogram } from '../system/latency.ts';
import type { Forward } from '../request/capture.ts';
import { isDelivered } from '../relyable/retry.ts';
import type { Summary } from './events.ts';

/** The limit on event names, because senders choose them. Events with further names count as `(other)`. */
const MAX_EVENT_NAMES = 100;

/** Counts requests in bounded memory. */
export interface Tally {
  add(isValid: boolean, event: string | null, forward: Forward | null, latencyMs: number): void;
  /** A request that was answered 503; it counts nowhere else. */
  addNotStored(): void;
  received(): number;
  summary(): Summary;
}

export function createTally(): Tally {
  const counts = { received: 0, valid: 0, invalid: 0, forwarded: 0, failed: 0, notStored: 0 };
  const byEvent = new Map<string, number>();
  const latency = createLatencyHistogram();
  return {
    add: (isValid, event, forward, latencyMs) => {
      counts.received += 1;
      counts[isValid ? 'valid' : 'invalid'] += 1;
      if (forward !== null) {
        counts.forwarded += 1;
        if (!isDelivered(forward.status)) counts.failed += 1;
      }
      const name = event ?? '(none)';
      const key = byEvent.has(name) || byEvent.size < MAX_EVENT_NAMES ? name : '(other)';
      byEvent.set(key, (byEvent.get(key) ?? 0) + 1);
      latency.add(latencyMs);
    },
    addNotStored: () => {
      counts.notStored += 1;
    },
    received: () => counts.received,
    summary: () => ({
      type: 'summary',
      ...counts,
      byEvent: Object.fromEntries(byEvent),
      latencyMs: {
        p50: latency.percentile(0.5),
        p95: latency.percentile(0.95),
        max: latency.max,
      },
    }),
  };
}
