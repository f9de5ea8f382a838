import { RelyableError } from '../../../errors.ts';
import { type Delivery, endedAt, isOpen } from '../../../relyable/delivery.ts';
import {
  compareKeys,
  entriesOf,
  keyOfEntry,
  type LogEntry,
  LONGEST_SCHEDULE_MS,
} from '../../../relyable/log-entries.ts';
import { createPager, type LogPage, PAGE_SIZE, type Pager } from './pager.ts';
import type { TailEvent, TailOptions } from './tail-events.ts';

/** How often, and how far back, a tail looks for deliveries that turn up behind newer ones, ms. */
const LATE_EVERY_MS = 60_000;
const LATE_WITHIN_MS = 5 * 60_000;
/** Pages of a look back in one round, so that it never holds up what is new. */
const PAGES_PER_ROUND = 10;
/** Deliveries asked for one by one in one round. */
const SINGLES_PER_ROUND = 20;
/** A page tells of a hundred at once: from so many on, pages are tried first. */
const PAGES_WORTH_FROM = 5;
/** Every so many deliveries, a long catching up says how far it is. */
const TOLD_EVERY = 5000;

type Events<T = void> = AsyncGenerator<TailEvent, T>;

/** A look back through older pages, some in every round. */
interface Sweep {
  depth: number;
  /** Done once a page is wholly older, ms since 1970. */
  readonly until: number;
}

/**
 * The rounds of a tail. One round shows what is new: it reads pages from the fresh end down to
 * one on which all is known, then deliveries whose next attempt is due, then a part of a look
 * back. A round that fails half-way goes on where it stopped.
 */
export function createRounds(options: TailOptions): () => Events {
  const { client, tracker, backlog, start } = options;
  const pager = createPager(client);
  let isFirst = true;
  /** How deep an interrupted reading of the fresh end got; 0 when the last one was whole. */
  let resumeDepth = 0;
  let sweep: Sweep | undefined;
  let lateCheckedAt = 0;
  let toldAt = 0;
  /** One that was stopped while it showed left known pages above what it had not shown. */
  let headUntil =
    start.kind === 'resume' && start.unshownFrom !== null
      ? start.unshownFrom - LONGEST_SCHEDULE_MS
      : Infinity;

  /** Takes what is new on a page into the backlog. */
  const examine = ({ deliveries }: Pick<LogPage, 'deliveries'>): Examined => {
    // A page of which nothing could be read proves nothing.
    const examined = { hasNews: false, isAllKnown: deliveries.length > 0 };
    for (const delivery of deliveries) {
      const fresh = tracker.fresh(delivery);
      const isUntried = entriesOf(delivery).length === 0 && !tracker.has(delivery.id);
      if (fresh.length > 0 || isUntried) examined.isAllKnown = false;
      if (fresh.length === 0) {
        tracker.observe(delivery, client.serverNow());
        continue;
      }
      if (!backlog.has(delivery.id)) examined.hasNews = true;
      backlog.add(delivery, fresh);
    }
    return examined;
  };

  function* tell(page: LogPage): Generator<TailEvent> {
    if (page.problems.length > 0) yield { type: 'problems', problems: page.problems };
    if (backlog.size >= toldAt + TOLD_EVERY) {
      toldAt = backlog.size;
      yield { type: 'catching_up', deliveries: backlog.size };
    }
  }

  /** Reads until all of a page is known; that page. */
  async function* readHead(): Events<LogPage | undefined> {
    if (resumeDepth > 0) yield* readSinceInterruption(resumeDepth);
    let last: LogPage | undefined;
    for await (const page of pager.walk(resumeDepth)) {
      last = page;
      const { isAllKnown } = examine(page);
      yield* tell(page);
      // Only from here on: a page that fails to come is asked for again.
      resumeDepth = page.depth + 1;
      if (isAllKnown && page.isOrdered && newestStart(page) < headUntil) break;
    }
    resumeDepth = 0;
    headUntil = Infinity;
    return last;
  }

  /** What came since a reading was interrupted, down to where that one had begun. */
  async function* readSinceInterruption(depth: number): Events {
    for await (const page of pager.walk()) {
      const { hasNews } = examine(page);
      yield* tell(page);
      if (!hasNews && page.isOrdered) break;
      // Interrupted again, the next one has to go on from here.
      resumeDepth = Math.min(depth, page.depth + 1);
    }
    resumeDepth = depth;
  }

  /** Deliveries whose next attempt should be there by now. */
  async function* readDue(): Events {
    const due = tracker.due(client.serverNow());
    if (due.length >= PAGES_WORTH_FROM) {
      // At most as many pages as asking for each alone would take requests.
      const until = due.reduce((time, { firstAt }) => Math.min(time, firstAt), Infinity);
      yield* readBack({ depth: 1, until }, due.length);
    }
    for (const { id } of tracker.due(client.serverNow()).slice(0, SINGLES_PER_ROUND)) {
      try {
        const { delivery, problems } = await client.getDelivery(id);
        if (problems.length > 0) yield { type: 'problems', problems };
        examine({ deliveries: [delivery] });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        // The log let go of it, or tells of no single deliveries: pages still do.
        tracker.forget(id);
      }
    }
  }

  /** Reads older pages; true once there is nothing more to look for. */
  async function* readBack(target: Sweep, pages: number): Events<boolean> {
    let left = pages;
    for await (const page of pager.walk(target.depth)) {
      examine(page);
      yield* tell(page);
      target.depth = page.depth + 1;
      if (page.isOrdered && newestStart(page) < target.until) return true;
      left -= 1;
      if (left <= 0) return false;
    }
    return true;
  }

  async function* readSweep(head: LogPage | undefined): Events {
    const now = client.serverNow();
    if (sweep === undefined && Math.abs(now - lateCheckedAt) >= LATE_EVERY_MS) {
      lateCheckedAt = now;
      const until = now - LATE_WITHIN_MS;
      // Most of the time the first page reaches that far.
      const isCovered = head === undefined || head.isLast || oldestStart(head) < until;
      if (!isCovered) sweep = { depth: head.depth + 1, until };
    }
    if (sweep !== undefined && (yield* readBack(sweep, PAGES_PER_ROUND))) sweep = undefined;
  }

  /** Deliveries that the log itself calls retrying, however old. */
  const readRetrying = async (): Promise<void> => {
    try {
      for (let page = 1; page <= PAGES_PER_ROUND; page++) {
        const answer = await client.listDeliveries({ page, limit: PAGE_SIZE, state: 'retrying' });
        // A server that does not know the filter gives everything; the look back reads that.
        if (!answer.deliveries.every(isOpen)) return;
        examine(answer);
        if (answer.size < PAGE_SIZE) return;
      }
    } catch (error) {
      // A help only, for deliveries older than any schedule.
      if (!(error instanceof RelyableError) || error.exitCode === 3) throw error;
    }
  };

  async function* readFirst(): Events {
    if (start.kind === 'last') yield* showLast(options, start.count, pager);
    if (start.kind === 'since') tracker.setStart(start.time, start.time);
    isFirst = false;
    const now = client.serverNow();
    const from = start.kind === 'since' ? Math.min(start.time, now) : now;
    // Whatever may still get attempts is at most a schedule old, or called retrying.
    sweep = { depth: 0, until: from - LONGEST_SCHEDULE_MS };
    lateCheckedAt = now;
    await readRetrying();
  }

  function* showBacklog(): Generator<TailEvent> {
    for (const entry of backlog.drain()) yield { type: 'attempt', entry };
    toldAt = 0;
    yield { type: 'caught_up' };
  }

  return async function* round() {
    if (isFirst) yield* readFirst();
    const head = yield* readHead();
    let failure: unknown;
    try {
      yield* readDue();
      yield* readSweep(head);
    } catch (error) {
      // What is new is whole already and does not wait for the rest.
      failure = error;
    }
    yield* showBacklog();
    if (failure !== undefined) throw failure as Error;
  };
}

interface Examined {
  /** Something that was not even waiting to be shown. */
  hasNews: boolean;
  isAllKnown: boolean;
}

/** The first look: shows the newest attempts and takes all that it reads as known. */
async function* showLast(
  { tracker, client }: TailOptions,
  count: number,
  pager: Pager,
): AsyncGenerator<TailEvent> {
  const found = new Map<string, Delivery>();
  let entries: LogEntry[] = [];
  let isWhole = true;
  for await (const page of pager.walk()) {
    if (page.problems.length > 0) yield { type: 'problems', problems: page.problems };
    for (const delivery of page.deliveries) found.set(delivery.id, delivery);
    entries = [...found.values()].flatMap(entriesOf);
    if (page.isOrdered && !page.isLast && entries.length >= Math.max(count, 1)) {
      isWhole = false;
      break;
    }
  }
  entries.sort((a, b) => compareKeys(keyOfEntry(a), keyOfEntry(b)));
  const newestEnd = entries.reduce(
    (time, { attempt }) => Math.max(time, endedAt(attempt)),
    -Infinity,
  );
  tracker.setStart(
    isWhole ? -Infinity : oldestStart({ deliveries: [...found.values()] }),
    newestEnd,
  );
  const older = Math.max(0, entries.length - count);
  for (const entry of entries.slice(0, older)) tracker.shown(entry);
  for (const entry of entries.slice(older)) yield { type: 'attempt', entry };
  for (const delivery of found.values()) tracker.observe(delivery, client.serverNow());
  yield { type: 'caught_up' };
}

function isNotFound(error: unknown): boolean {
  return error instanceof RelyableError && error.code === 'NOT_FOUND';
}

function newestStart({ deliveries }: Pick<LogPage, 'deliveries'>): number {
  return firstTimes(deliveries).reduce((time, at) => Math.max(time, at), -Infinity);
}

function oldestStart({ deliveries }: Pick<LogPage, 'deliveries'>): number {
  return firstTimes(deliveries).reduce((time, at) => Math.min(time, at), Infinity);
}

function firstTimes(deliveries: readonly Delivery[]): number[] {
  return deliveries.flatMap(({ attempts }) => attempts[0]?.at ?? []);
}
