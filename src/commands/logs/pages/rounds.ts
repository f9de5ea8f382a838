import { RelyableError } from '../../../errors.ts';
import { type Delivery, endedAt, isOpen } from '../../../relyable/delivery.ts';
import {
  compareKeys,
  entriesOf,
  keyOfEntry,
  type LogEntry,
  LONGEST_SCHEDULE_MS,
} from '../../../relyable/log-entries.ts';
import { type LogPage, PAGE_SIZE, Pager } from '../../../relyable/api/pager.ts';
import type { TailEvent, TailOptions } from './tail-events.ts';

/** How often, and how far back, a tail looks for deliveries that turn up after newer ones, ms. */
const LATE_EVERY_MS = 60_000;
const LATE_WITHIN_MS = 5 * 60_000;
/** Pages of a sweep in one round, so that it never delays what is new. */
const PAGES_PER_ROUND = 10;
/** Deliveries requested one by one in one round. */
const SINGLES_PER_ROUND = 20;
/** A page has a hundred deliveries: from this many due ones on, pages are read first. */
const PAGES_WORTH_FROM = 5;
/** A long catching up reports its progress whenever it has found this many more deliveries. */
const PROGRESS_EVERY = 5000;

type Events<T = void> = AsyncGenerator<TailEvent, T>;

/** A look back through older pages, some in every round. */
interface Sweep {
  depth: number;
  /** Done once a page is wholly older, ms since 1970. */
  readonly until: number;
}

/**
 * The rounds of a tail. One round shows what is new: it reads pages from the newest down to one on
 * which everything is known, then deliveries whose next attempt is due, then a part of a sweep
 * through older pages. A round that fails midway continues where it stopped.
 */
export class Rounds {
  private readonly options: TailOptions;
  private readonly pager: Pager;
  private isFirst = true;
  /** How deep an interrupted reading of the newest pages got; 0 when the last one was complete. */
  private resumeDepth = 0;
  /** A tail that was stopped while it showed attempts has unshown ones on pages that are known. */
  private headUntil: number;
  private sweep: Sweep | undefined;
  private lateCheckedAt = 0;
  private progressReported = 0;

  constructor(options: TailOptions) {
    const { client, start } = options;
    this.options = options;
    this.pager = new Pager(client);
    this.headUntil =
      start.kind === 'resume' && start.unshownFrom !== null
        ? start.unshownFrom - LONGEST_SCHEDULE_MS
        : Infinity;
  }

  async *next(): Events {
    if (this.isFirst) yield* this.readFirst();
    const head = yield* this.readHead();
    let failure: unknown;
    try {
      yield* this.readDue();
      yield* this.readSweep(head);
    } catch (error) {
      // What is new is complete already and is shown first.
      failure = error;
    }
    yield* this.showBacklog();
    if (failure !== undefined) throw failure as Error;
  }

  private async *readFirst(): Events {
    const { tracker, client, start } = this.options;
    if (start.kind === 'last') yield* showLast(this.options, start.count, this.pager);
    if (start.kind === 'since') tracker.setStart(start.time, start.time);
    this.isFirst = false;
    const now = client.serverNow();
    const from = start.kind === 'since' ? Math.min(start.time, now) : now;
    // A delivery that may still get attempts is at most a schedule old, or the log calls it retrying.
    this.sweep = { depth: 0, until: from - LONGEST_SCHEDULE_MS };
    this.lateCheckedAt = now;
    await this.readRetrying();
  }

  /** Deliveries that the log itself calls retrying, however old. */
  private async readRetrying(): Promise<void> {
    const { client } = this.options;
    try {
      for (let page = 1; page <= PAGES_PER_ROUND; page++) {
        const answer = await client.listDeliveries({ page, limit: PAGE_SIZE, state: 'retrying' });
        // A server that does not know the filter gives everything; the sweep reads that.
        if (!answer.deliveries.every(isOpen)) return;
        this.examine(answer);
        if (answer.size < PAGE_SIZE) return;
      }
    } catch (error) {
      // Only needed for deliveries older than any schedule, so most errors are ignored.
      if (!(error instanceof RelyableError) || error.exitCode === 3) throw error;
    }
  }

  /** Reads until everything on a page is known; returns that page. */
  private async *readHead(): Events<LogPage | undefined> {
    if (this.resumeDepth > 0) yield* this.readSinceInterruption(this.resumeDepth);
    let last: LogPage | undefined;
    for await (const page of this.pager.walk(this.resumeDepth)) {
      last = page;
      const { isAllKnown } = this.examine(page);
      yield* this.report(page);
      // Only now: a page that fails to come is requested again.
      this.resumeDepth = page.depth + 1;
      if (isAllKnown && page.isOrdered && newestStart(page) < this.headUntil) break;
    }
    this.resumeDepth = 0;
    this.headUntil = Infinity;
    return last;
  }

  /** Reads the deliveries that came after a reading was interrupted, down to where that reading started. */
  private async *readSinceInterruption(depth: number): Events {
    for await (const page of this.pager.walk()) {
      const { hasNews } = this.examine(page);
      yield* this.report(page);
      if (!hasNews && page.isOrdered) break;
      // If this is interrupted as well, the next one has to continue from here.
      this.resumeDepth = Math.min(depth, page.depth + 1);
    }
    this.resumeDepth = depth;
  }

  /** Deliveries whose next attempt should be there by now. */
  private async *readDue(): Events {
    const { tracker, client } = this.options;
    const due = tracker.due(client.serverNow());
    if (due.length >= PAGES_WORTH_FROM) {
      // At most as many pages as requests for each alone.
      const until = due.reduce((time, { firstAt }) => Math.min(time, firstAt), Infinity);
      yield* this.readBack({ depth: 1, until }, due.length);
    }
    for (const { id } of tracker.due(client.serverNow()).slice(0, SINGLES_PER_ROUND)) {
      try {
        const { delivery, problems } = await client.getDelivery(id);
        if (problems.length > 0) yield { type: 'problems', problems };
        this.examine({ deliveries: [delivery] });
      } catch (error) {
        if (!isNotFound(error)) throw error;
        // The log has removed it, or does not show single deliveries: pages still show it.
        tracker.stopRechecking(id);
      }
    }
  }

  private async *readSweep(head: LogPage | undefined): Events {
    const now = this.options.client.serverNow();
    if (this.sweep === undefined && Math.abs(now - this.lateCheckedAt) >= LATE_EVERY_MS) {
      this.lateCheckedAt = now;
      const until = now - LATE_WITHIN_MS;
      // Most of the time the first page reaches that far.
      const isCovered = head === undefined || head.isLast || oldestStart(head) < until;
      if (!isCovered) this.sweep = { depth: head.depth + 1, until };
    }
    if (this.sweep !== undefined && (yield* this.readBack(this.sweep, PAGES_PER_ROUND))) {
      this.sweep = undefined;
    }
  }

  /** Reads older pages; true once there is nothing more to look for. */
  private async *readBack(target: Sweep, pages: number): Events<boolean> {
    let left = pages;
    for await (const page of this.pager.walk(target.depth)) {
      this.examine(page);
      yield* this.report(page);
      target.depth = page.depth + 1;
      if (page.isOrdered && newestStart(page) < target.until) return true;
      left -= 1;
      if (left <= 0) return false;
    }
    return true;
  }

  /** Adds what is new on a page to the backlog. */
  private examine({ deliveries }: Pick<LogPage, 'deliveries'>): Examined {
    const { tracker, backlog, client } = this.options;
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
  }

  private *report(page: LogPage): Generator<TailEvent> {
    const { size } = this.options.backlog;
    if (page.problems.length > 0) yield { type: 'problems', problems: page.problems };
    if (size >= this.progressReported + PROGRESS_EVERY) {
      this.progressReported = size;
      yield { type: 'catching_up', deliveries: size };
    }
  }

  private *showBacklog(): Generator<TailEvent> {
    for (const entry of this.options.backlog.drain()) yield { type: 'attempt', entry };
    this.progressReported = 0;
    yield { type: 'caught_up' };
  }
}

interface Examined {
  /** There was a delivery that is not in the backlog already. */
  hasNews: boolean;
  /** Every attempt on the page was shown before. */
  isAllKnown: boolean;
}

/** The start of a plain tail: shows the newest attempts and marks everything it reads as known. */
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
