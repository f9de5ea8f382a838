import { RelyableError } from '../errors.ts';
import { type Attempt, type Delivery, DELIVERY_STATES, isOpen } from './delivery.ts';
import { isDelivered, retryOffsetsMs } from './retry.ts';

/** The longest time from the first attempt of a delivery to its last one, and ten minutes. */
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

/** A log may show an attempt that has not ended: without an outcome and without a next one. */
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

export interface EntryFilter {
  readonly event?: string;
  readonly status?: (entry: LogEntry) => boolean;
  /** Attempts that began at or after, ms since 1970. */
  readonly since?: number;
}

export function matchesFilter(entry: LogEntry, { event, status, since }: EntryFilter): boolean {
  return (
    (event === undefined || entry.delivery.event === event) &&
    (since === undefined || entry.attempt.at >= since) &&
    (status === undefined || status(entry))
  );
}

/**
 * `--status`: statuses (`200`), classes (`4xx`), `none` (no answer) and states of a delivery
 * (`failed`, `retrying`, `delivered`, `pending`), comma-separated; one that fits is enough.
 */
export function parseStatusFilter(text: string): (entry: LogEntry) => boolean {
  const tests = text.split(',').map((part) => statusTest(part.trim().toLowerCase(), text));
  return (entry) => tests.some((test) => test(entry));
}

function statusTest(part: string, text: string): (entry: LogEntry) => boolean {
  if (/^[1-5]\d\d$/.test(part)) return ({ attempt }) => attempt.status === Number(part);
  if (/^[1-5]xx$/.test(part)) {
    return ({ attempt }) =>
      attempt.status !== null && String(attempt.status).startsWith(part[0] ?? '');
  }
  if (part === 'none') return ({ attempt }) => attempt.status === null;
  if ((DELIVERY_STATES as readonly string[]).includes(part)) {
    return ({ delivery }) => delivery.state === part;
  }
  throw new RelyableError(
    'USAGE',
    `--status: expected a status such as 200, a class such as 4xx, none, or ${DELIVERY_STATES.join(', ')}; got "${text}"`,
  );
}
