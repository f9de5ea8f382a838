import { type Attempt, type Delivery, isOpen } from './delivery.ts';
import { isDelivered, retryOffsetsMs } from './retry.ts';

/** The longest time from the first attempt of a delivery to its last, plus ten minutes. */
export const LONGEST_SCHEDULE_MS = Math.max(...retryOffsetsMs()) + 10 * 60_000;

/** One attempt of the log and its effect on the delivery: one line of output. */
export interface LogEntry {
  readonly delivery: Delivery;
  readonly attempt: Attempt;
  /** `failed` only for the attempt after which the delivery was given up. */
  readonly state: 'delivered' | 'retrying' | 'failed';
  /** When the next attempt is planned, ms since 1970; null when this one was followed or was the last. */
  readonly nextRetryAt: number | null;
}

/** The finished attempts of a delivery, oldest first. */
export function entriesOf(delivery: Delivery): LogEntry[] {
  const last = delivery.attempts.at(-1);
  return delivery.attempts
    .filter((attempt) => attempt !== last || !isUnderWay(delivery, attempt))
    .map((attempt) => {
      if (attempt === last && !isOpen(delivery)) {
        const state = delivery.state === 'delivered' ? 'delivered' : 'failed';
        return { delivery, attempt, state, nextRetryAt: null };
      }
      return {
        delivery,
        attempt,
        state: isDelivered(attempt.status) ? 'delivered' : 'retrying',
        nextRetryAt: attempt === last ? delivery.nextRetryAt : null,
      };
    });
}

/** Whether an attempt has not ended: then it has no outcome, and no next attempt is planned. */
function isUnderWay(delivery: Delivery, { status, error, durationMs }: Attempt): boolean {
  const hasOutcome = status !== null || error !== null || durationMs !== null;
  return !hasOutcome && isOpen(delivery) && delivery.nextRetryAt === null;
}

/** The fields by which attempts are sorted. */
export interface AttemptKey {
  /** The id of the delivery. */
  readonly id: string;
  readonly at: number;
  readonly attempt: number;
}

export function keyOfEntry({ delivery, attempt }: LogEntry): AttemptKey {
  return { id: delivery.id, at: attempt.at, attempt: attempt.attempt };
}

/** Oldest first; at the same time by delivery and number, so that the order is stable. */
export function compareKeys(a: AttemptKey, b: AttemptKey): number {
  return a.at - b.at || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0) || a.attempt - b.attempt;
}
