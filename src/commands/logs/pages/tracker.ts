import { type Attempt, type Delivery, endedAt, isOpen } from '../../../relyable/delivery.ts';
import { entriesOf, type LogEntry, LONGEST_SCHEDULE_MS } from '../../../relyable/log-entries.ts';

/** What is remembered of a delivery. */
interface Seen {
  /** Its attempts that were shown. */
  readonly keys: string[];
  firstAt: number;
  /** When its newest shown attempt was over. */
  endedAt: number;
  /** When to look for the next attempt, by the server's clock; null once none can come. */
  recheckAt: number | null;
  /** Looks in vain since its last change. */
  misses: number;
}

/** A delivery whose next attempt should be there by now. */
export interface DueDelivery {
  readonly id: string;
  /** ms since 1970; Infinity where it had no attempt yet. */
  readonly firstAt: number;
}

/** What a tail leaves behind to go on from; plain data. */
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

/**
 * Knows which attempts were shown, in bounded memory (docs/decisions/0011-tail-memory.md).
 *
 * The newest deliveries are remembered one by one, and so is every delivery that may get a further
 * attempt. For the rest two times stand: whatever began after `coveredFrom` and is not remembered
 * is new; of what began before, attempts that ended before `shownBefore` count as shown.
 */
export interface Tracker {
  /** The attempts of a delivery that were not shown yet. */
  fresh(delivery: Delivery): LogEntry[];
  /** Notes that an attempt was shown. */
  shown(entry: LogEntry): void;
  /** Notes the state of a delivery that has nothing new to show. */
  observe(delivery: Delivery, now: number): void;
  /** Stops looking for further attempts of a delivery. */
  forget(id: string): void;
  /** Whether a delivery is remembered by its id. */
  has(id: string): boolean;
  /** Deliveries to look at now, those longest overdue first. */
  due(now: number): DueDelivery[];
  /** Everything that began after this moment is remembered from here on. */
  setStart(coveredFrom: number, shownBefore: number): void;
  state(): TrackerState;
  readonly size: number;
}

/** So many finished deliveries are remembered one by one. */
const MAX_SEEN = 20_000;
/** And so many of them in the state that is left behind. */
const MAX_SAVED = 2000;
/** However far off a next retry is said to be, a delivery is looked at so often, ms. */
const LONGEST_RECHECK_MS = 15 * 60_000;
/** How long after a look in vain the next one is at first and at last, ms. */
const FIRST_MISS_MS = 2000;
const LAST_MISS_MS = 5 * 60_000;

/** One attempt of one delivery: its number, and its time, since a log may number a resend from 1 again. */
function keyOf({ attempt, at }: Attempt): string {
  return `${attempt}@${at}`;
}

/** Nothing is planned, and no schedule reaches from its last attempt to now: nothing will come. */
function isOverdue({ nextRetryAt, attempts }: Delivery, now: number): boolean {
  const last = attempts.at(-1);
  return nextRetryAt === null && last !== undefined && now - last.at > LONGEST_SCHEDULE_MS;
}

export function createTracker(saved?: TrackerState, maxSeen = MAX_SEEN): Tracker {
  let coveredFrom = saved === undefined ? Infinity : (saved.coveredFrom ?? -Infinity);
  let shownBefore = saved?.shownBefore ?? -Infinity;
  const seen = new Map<string, Seen>();
  const open = new Set<string>();
  for (const [id, keys, firstAt, endedAt, recheckAt] of saved?.seen ?? []) {
    seen.set(id, {
      keys: [...keys],
      firstAt: firstAt ?? Infinity,
      endedAt: endedAt ?? -Infinity,
      recheckAt,
      misses: 0,
    });
    if (recheckAt !== null) open.add(id);
  }

  const remember = (delivery: Delivery): Seen => {
    let known = seen.get(delivery.id);
    if (known === undefined) {
      known = { keys: [], firstAt: Infinity, endedAt: -Infinity, recheckAt: null, misses: 0 };
      seen.set(delivery.id, known);
    }
    known.firstAt = Math.min(known.firstAt, delivery.attempts[0]?.at ?? Infinity);
    return known;
  };

  const setRecheck = (id: string, known: Seen, at: number | null): void => {
    known.recheckAt = at;
    if (at === null) open.delete(id);
    else open.add(id);
  };

  /** Lets go of the oldest finished deliveries; the two times then stand for them. */
  const makeRoom = (): void => {
    for (const [id, known] of seen) {
      if (seen.size - open.size <= maxSeen) return;
      seen.delete(id);
      if (known.recheckAt !== null) {
        // Still needed: to the end of the queue.
        seen.set(id, known);
        continue;
      }
      coveredFrom = Math.max(coveredFrom, known.firstAt);
      shownBefore = Math.max(shownBefore, known.endedAt + 1);
    }
  };

  const fresh = (delivery: Delivery): LogEntry[] => {
    const entries = entriesOf(delivery);
    const known = seen.get(delivery.id);
    if (known !== undefined) {
      return entries.filter(({ attempt }) => !known.keys.includes(keyOf(attempt)));
    }
    const firstAt = delivery.attempts[0]?.at ?? Infinity;
    return firstAt > coveredFrom
      ? entries
      : entries.filter(({ attempt }) => endedAt(attempt) >= shownBefore);
  };

  const notFresh = (delivery: Delivery): string[] => {
    const fresher = new Set(fresh(delivery).map(({ attempt }) => attempt));
    return entriesOf(delivery)
      .filter(({ attempt }) => !fresher.has(attempt))
      .map(({ attempt }) => keyOf(attempt));
  };

  return {
    fresh,
    shown: ({ delivery, attempt }) => {
      const old = seen.has(delivery.id) ? [] : notFresh(delivery);
      const known = remember(delivery);
      // What counted as shown by its time must go on doing so now that the delivery is remembered.
      known.keys.push(...old);
      known.keys.push(keyOf(attempt));
      known.endedAt = Math.max(known.endedAt, endedAt(attempt));
      known.misses = 0;
      // With more of it still to show it is neither done nor let go of.
      const isDone = !isOpen(delivery) && fresh(delivery).length === 0;
      setRecheck(delivery.id, known, isDone ? null : (delivery.nextRetryAt ?? 0));
      makeRoom();
    },
    observe: (delivery, now) => {
      if (!isOpen(delivery) || isOverdue(delivery, now)) {
        const known = seen.get(delivery.id);
        if (known !== undefined) setRecheck(delivery.id, known, null);
        return;
      }
      const isNew = !seen.has(delivery.id);
      const known = remember(delivery);
      if (isNew) {
        for (const { attempt } of entriesOf(delivery)) {
          known.keys.push(keyOf(attempt));
          known.endedAt = Math.max(known.endedAt, endedAt(attempt));
        }
      }
      const planned = delivery.nextRetryAt ?? 0;
      if (planned > now) {
        known.misses = 0;
        setRecheck(delivery.id, known, Math.min(planned, now + LONGEST_RECHECK_MS));
        return;
      }
      const waitMs = Math.min(FIRST_MISS_MS * 2 ** known.misses, LAST_MISS_MS);
      known.misses = Math.min(known.misses + 1, 20);
      setRecheck(delivery.id, known, now + waitMs);
    },
    has: (id) => seen.has(id),
    forget: (id) => {
      const known = seen.get(id);
      if (known !== undefined) setRecheck(id, known, null);
    },
    due: (now) => {
      const due: Array<DueDelivery & { at: number }> = [];
      for (const id of open) {
        const known = seen.get(id);
        const at = known?.recheckAt ?? Infinity;
        if (known !== undefined && at <= now) due.push({ id, firstAt: known.firstAt, at });
      }
      return due.sort((a, b) => a.at - b.at);
    },
    setStart: (from, before) => {
      coveredFrom = from;
      shownBefore = before;
    },
    state: () => {
      const finished = [...seen].filter(([, { recheckAt }]) => recheckAt === null);
      const left = finished.slice(0, Math.max(0, finished.length - MAX_SAVED)).map(([id]) => id);
      const dropped = new Set(left);
      let [from, before] = [coveredFrom, shownBefore];
      for (const id of dropped) {
        const known = seen.get(id);
        from = Math.max(from, known?.firstAt ?? -Infinity);
        before = Math.max(before, (known?.endedAt ?? -Infinity) + 1);
      }
      return {
        coveredFrom: from === -Infinity ? null : Math.min(from, Number.MAX_SAFE_INTEGER),
        shownBefore: before === -Infinity ? null : before,
        seen: [...seen]
          .filter(([id]) => !dropped.has(id))
          .map(([id, known]) => [
            id,
            known.keys,
            Number.isFinite(known.firstAt) ? known.firstAt : null,
            Number.isFinite(known.endedAt) ? known.endedAt : null,
            known.recheckAt,
          ]),
      };
    },
    get size() {
      return seen.size;
    },
  };
}
