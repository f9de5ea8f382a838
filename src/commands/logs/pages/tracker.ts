import { type Attempt, type Delivery, endedAt, isOpen } from '../../../relyable/delivery.ts';
import { entriesOf, type LogEntry, LONGEST_SCHEDULE_MS } from '../../../relyable/log-entries.ts';

/** What is remembered of a delivery. */
interface Seen {
  /** The keys (`keyOf`) of the attempts that were shown. */
  readonly keys: string[];
  firstAt: number;
  /** When its newest shown attempt was over. */
  endedAt: number;
  /** When to look for the next attempt, by the server's clock; null once none can come. */
  recheckAt: number | null;
  /** Fruitless rechecks since its last change. */
  misses: number;
}

/** A delivery whose next attempt should be there by now. */
export interface DueDelivery {
  readonly id: string;
  /** ms since 1970; Infinity where it had no attempt yet. */
  readonly firstAt: number;
}

/** The saved state of a tracker, as plain data. */
export interface TrackerState {
  readonly coveredFrom: number | null;
  readonly shownBefore: number | null;
  readonly seen: ReadonlyArray<
    readonly [
      id: string,
      keys: readonly string[],
      firstAt: number | null,
      endedAt: number | null,
      recheckAt: number | null,
    ]
  >;
}

/** Finished deliveries beyond this number are no longer remembered one by one. */
const MAX_SEEN = 20_000;
/** The same limit for the saved state. */
const MAX_SAVED = 2000;
/** A delivery is rechecked at least this often, however late its next retry is announced, ms. */
const LONGEST_RECHECK_MS = 15 * 60_000;
/** How long after a fruitless recheck the next one is, at first and at most, ms. */
const FIRST_MISS_MS = 2000;
const LAST_MISS_MS = 5 * 60_000;
/** The wait is doubled at most this often, so that it does not overflow. */
const MAX_MISSES = 20;

/** One attempt of one delivery: its number, and its time, since a log may number a resend from 1 again. */
function keyOf({ attempt, at }: Attempt): string {
  return `${attempt}@${at}`;
}

/** No further attempt can come: none is planned, and the last one is longer ago than any schedule. */
function isOverdue({ nextRetryAt, attempts }: Delivery, now: number): boolean {
  const last = attempts.at(-1);
  return nextRetryAt === null && last !== undefined && now - last.at > LONGEST_SCHEDULE_MS;
}

/**
 * Knows which attempts were shown, in bounded memory (docs/decisions/0011-tail-memory.md).
 *
 * The newest deliveries are remembered one by one, and so is every delivery that may get a further
 * attempt. Two times cover the rest: a delivery that began after `coveredFrom` and is not
 * remembered is new; of one that began earlier, attempts that ended before `shownBefore` count as
 * shown.
 */
export class Tracker {
  private readonly seen = new Map<string, Seen>();
  /** Ids in `seen` that have a recheck ahead. */
  private readonly open = new Set<string>();
  private readonly maxSeen: number;
  private coveredFrom: number;
  private shownBefore: number;

  constructor(saved?: TrackerState, maxSeen = MAX_SEEN) {
    this.maxSeen = maxSeen;
    this.coveredFrom = saved === undefined ? Infinity : (saved.coveredFrom ?? -Infinity);
    this.shownBefore = saved?.shownBefore ?? -Infinity;
    for (const [id, keys, firstAt, endedAt, recheckAt] of saved?.seen ?? []) {
      this.seen.set(id, {
        keys: [...keys],
        firstAt: firstAt ?? Infinity,
        endedAt: endedAt ?? -Infinity,
        recheckAt,
        misses: 0,
      });
      if (recheckAt !== null) this.open.add(id);
    }
  }

  get size(): number {
    return this.seen.size;
  }

  /** Whether a delivery is remembered by its id. */
  has(id: string): boolean {
    return this.seen.has(id);
  }

  /** Sets the two times: everything that began after `coveredFrom` is remembered from here on. */
  setStart(coveredFrom: number, shownBefore: number): void {
    this.coveredFrom = coveredFrom;
    this.shownBefore = shownBefore;
  }

  /** The attempts of a delivery that were not shown yet. */
  fresh(delivery: Delivery): LogEntry[] {
    const entries = entriesOf(delivery);
    const known = this.seen.get(delivery.id);
    if (known !== undefined) {
      return entries.filter(({ attempt }) => !known.keys.includes(keyOf(attempt)));
    }
    const firstAt = delivery.attempts[0]?.at ?? Infinity;
    return firstAt > this.coveredFrom
      ? entries
      : entries.filter(({ attempt }) => endedAt(attempt) >= this.shownBefore);
  }

  /** Notes that an attempt was shown. */
  shown({ delivery, attempt }: LogEntry): void {
    const old = this.seen.has(delivery.id) ? [] : this.shownKeys(delivery);
    const known = this.remember(delivery);
    // Attempts that count as shown by their time must still do so now that the delivery is remembered.
    known.keys.push(...old, keyOf(attempt));
    known.endedAt = Math.max(known.endedAt, endedAt(attempt));
    known.misses = 0;
    // A delivery with further attempts to show is not finished, and not removed.
    const isDone = !isOpen(delivery) && this.fresh(delivery).length === 0;
    this.setRecheck(delivery.id, known, isDone ? null : (delivery.nextRetryAt ?? 0));
    this.makeRoom();
  }

  /** Notes the state of a delivery that has nothing new to show. */
  observe(delivery: Delivery, now: number): void {
    if (!isOpen(delivery) || isOverdue(delivery, now)) {
      this.stopRechecking(delivery.id);
      return;
    }
    const isNew = !this.seen.has(delivery.id);
    const known = this.remember(delivery);
    if (isNew) {
      for (const { attempt } of entriesOf(delivery)) {
        known.keys.push(keyOf(attempt));
        known.endedAt = Math.max(known.endedAt, endedAt(attempt));
      }
    }
    const planned = delivery.nextRetryAt ?? 0;
    if (planned > now) {
      known.misses = 0;
      this.setRecheck(delivery.id, known, Math.min(planned, now + LONGEST_RECHECK_MS));
      return;
    }
    const waitMs = Math.min(FIRST_MISS_MS * 2 ** known.misses, LAST_MISS_MS);
    known.misses = Math.min(known.misses + 1, MAX_MISSES);
    this.setRecheck(delivery.id, known, now + waitMs);
  }

  /** Stops looking for further attempts of a delivery. */
  stopRechecking(id: string): void {
    const known = this.seen.get(id);
    if (known !== undefined) this.setRecheck(id, known, null);
  }

  /** Deliveries to look at now, those longest overdue first. */
  due(now: number): DueDelivery[] {
    const due: Array<DueDelivery & { at: number }> = [];
    for (const id of this.open) {
      const known = this.seen.get(id);
      const at = known?.recheckAt ?? Infinity;
      if (known !== undefined && at <= now) due.push({ id, firstAt: known.firstAt, at });
    }
    return due.sort((a, b) => a.at - b.at);
  }

  /** What to save, so that a later tail resumes here. */
  state(): TrackerState {
    const finished = [...this.seen].filter(([, { recheckAt }]) => recheckAt === null);
    const dropped = finished.slice(0, Math.max(0, finished.length - MAX_SAVED));
    const droppedIds = new Set(dropped.map(([id]) => id));
    let { coveredFrom, shownBefore } = this;
    for (const [, known] of dropped) {
      coveredFrom = Math.max(coveredFrom, known.firstAt);
      shownBefore = Math.max(shownBefore, known.endedAt + 1);
    }
    return {
      coveredFrom:
        coveredFrom === -Infinity ? null : Math.min(coveredFrom, Number.MAX_SAFE_INTEGER),
      shownBefore: shownBefore === -Infinity ? null : shownBefore,
      seen: [...this.seen]
        .filter(([id]) => !droppedIds.has(id))
        .map(([id, known]) => [
          id,
          known.keys,
          Number.isFinite(known.firstAt) ? known.firstAt : null,
          Number.isFinite(known.endedAt) ? known.endedAt : null,
          known.recheckAt,
        ]),
    };
  }

  private remember(delivery: Delivery): Seen {
    let known = this.seen.get(delivery.id);
    if (known === undefined) {
      known = { keys: [], firstAt: Infinity, endedAt: -Infinity, recheckAt: null, misses: 0 };
      this.seen.set(delivery.id, known);
    }
    known.firstAt = Math.min(known.firstAt, delivery.attempts[0]?.at ?? Infinity);
    return known;
  }

  private setRecheck(id: string, known: Seen, at: number | null): void {
    known.recheckAt = at;
    if (at === null) this.open.delete(id);
    else this.open.add(id);
  }

  /** The keys of a delivery's attempts that count as shown. */
  private shownKeys(delivery: Delivery): string[] {
    const fresh = new Set(this.fresh(delivery).map(({ attempt }) => attempt));
    return entriesOf(delivery)
      .filter(({ attempt }) => !fresh.has(attempt))
      .map(({ attempt }) => keyOf(attempt));
  }

  /** Removes the oldest finished deliveries; the two times then cover them. */
  private makeRoom(): void {
    for (const [id, known] of this.seen) {
      if (this.seen.size - this.open.size <= this.maxSeen) return;
      this.seen.delete(id);
      if (known.recheckAt !== null) {
        // Still needed: to the end of the queue.
        this.seen.set(id, known);
        continue;
      }
      this.coveredFrom = Math.max(this.coveredFrom, known.firstAt);
      this.shownBefore = Math.max(this.shownBefore, known.endedAt + 1);
    }
  }
}
