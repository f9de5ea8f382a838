import type { ApiClient, DeliveryPage } from './client.ts';
import type { WireProblem } from './wire.ts';
import { RelyableError } from '../../errors.ts';
import type { Delivery } from '../delivery.ts';
import { LONGEST_SCHEDULE_MS } from '../log-entries.ts';

/** The most the API gives (published). */
export const PAGE_SIZE = 100;

export interface LogPage {
  readonly deliveries: readonly Delivery[];
  readonly problems: readonly WireProblem[];
  /** How many pages from the newest, from 0. */
  readonly depth: number;
  /**
   * Pages come from the newest delivery to the oldest. Where they do not (the order of the log is
   * not known yet, or it has none), only a whole walk shows what the log contains.
   */
  readonly isOrdered: boolean;
  /** The oldest page there is. */
  readonly isLast: boolean;
}

/** Whether neither this page nor an older one can contain an attempt of `since` or later. */
export function isBefore(
  { deliveries }: Pick<LogPage, 'deliveries'>,
  since: number | undefined,
): boolean {
  if (since === undefined) return false;
  const firsts = deliveries.flatMap(({ attempts }) => attempts[0]?.at ?? []);
  return firsts.length > 0 && Math.max(...firsts) + LONGEST_SCHEDULE_MS < since;
}

type Order = 'unknown' | 'newest_first' | 'oldest_first' | 'none';

/** The steps in time needed to decide the order of a log; fewer may be chance. */
const MIN_STEPS = 8;

/** Which way a list runs, by the first attempts of neighbours; `unknown` where too few differ. */
export function orderOf(deliveries: readonly Delivery[]): Order {
  const times = deliveries.flatMap(({ attempts }) => attempts[0]?.at ?? []);
  let up = 0;
  let down = 0;
  for (let i = 1; i < times.length; i++) {
    const step = (times[i] ?? 0) - (times[i - 1] ?? 0);
    if (step > 0) up += 1;
    if (step < 0) down += 1;
  }
  if (up + down < MIN_STEPS) return 'unknown';
  // Deliveries that are under way together may be a little out of order.
  if (Math.min(up, down) > (up + down) / 4) return 'none';
  return up > down ? 'oldest_first' : 'newest_first';
}

type ReadPage = DeliveryPage & { readonly isLast: boolean };

/** Walks the pages of a log and finds out which way it is ordered. */
export class Pager {
  private readonly client: Pick<ApiClient, 'listDeliveries'>;
  private order: Order = 'unknown';
  /** A page was as long as we asked for: the server honours our limit, so a shorter one is the last. */
  private honoursLimit = false;
  private lastPage = 1;

  constructor(client: Pick<ApiClient, 'listDeliveries'>) {
    this.client = client;
  }

  /**
   * Walks the log from its newest deliveries to the oldest, whichever end of the API's list they
   * are at. Deliveries that arrive during the walk push others to later pages, so one may come twice
   * and none is left out. `fromDepth` skips that many pages from the newest.
   */
  walk(fromDepth = 0): AsyncGenerator<LogPage> {
    return this.order === 'oldest_first' ? this.fromBack(fromDepth) : this.fromFront(fromDepth);
  }

  private async *fromFront(fromDepth: number): AsyncGenerator<LogPage> {
    let sample: Delivery[] = [];
    const repetition = new Repetition();
    for (let depth = fromDepth; ; depth++) {
      const page = await this.read(depth + 1);
      if (this.order === 'unknown' || (depth === 0 && this.order !== 'none')) {
        sample = [...sample, ...page.deliveries].slice(-2 * PAGE_SIZE);
        this.order = orderOf(sample);
        if (this.order === 'oldest_first' && !page.isLast) {
          yield* this.fromBack(0);
          return;
        }
      }
      yield this.toLogPage(page, depth, page.isLast);
      if (page.isLast || repetition.isEndless(page.deliveries)) return;
    }
  }

  private async *fromBack(fromDepth: number): AsyncGenerator<LogPage> {
    const last = await findLastPage(this.lastPage, (page) => this.read(page));
    this.lastPage = last.number;
    if (orderOf(last.page.deliveries) === 'newest_first') {
      // The two ends contradict each other: only whole walks are safe.
      this.order = 'none';
      yield* this.fromFront(0);
      return;
    }
    for (let depth = fromDepth; depth < this.lastPage; depth++) {
      const number = this.lastPage - depth;
      const page = depth === 0 ? last.page : await this.read(number);
      yield this.toLogPage(page, depth, number === 1);
    }
  }

  private async read(page: number): Promise<ReadPage> {
    const answer = await readOrEmpty(this.client, page);
    if (answer.size >= PAGE_SIZE) this.honoursLimit = true;
    return { ...answer, isLast: isLastPage(answer, page, this.honoursLimit) };
  }

  private toLogPage({ deliveries, problems }: ReadPage, depth: number, isLast: boolean): LogPage {
    const isOrdered = this.order === 'newest_first' || this.order === 'oldest_first';
    return { deliveries, problems, depth, isLast, isOrdered };
  }
}

/** Detects a server that does not know `page` and gives the same one for ever. */
class Repetition {
  private previousIds = '';
  private count = 0;

  /** Whether this page is the third in a row with the same deliveries. */
  isEndless(deliveries: readonly Delivery[]): boolean {
    const ids = deliveries.map(({ id }) => id).join();
    this.count = ids === this.previousIds ? this.count + 1 : 0;
    this.previousIds = ids;
    return this.count >= 2;
  }
}

async function readOrEmpty(
  client: Pick<ApiClient, 'listDeliveries'>,
  page: number,
): Promise<DeliveryPage> {
  try {
    return await client.listDeliveries({ page, limit: PAGE_SIZE });
  } catch (error) {
    // Some servers answer 404 beyond the last page.
    const isBeyond = page > 1 && error instanceof RelyableError && error.code === 'NOT_FOUND';
    if (!isBeyond) throw error;
    return { deliveries: [], problems: [], info: {}, size: 0 };
  }
}

/** The last page that is not empty: forward in doubling steps, then by halving. */
async function findLastPage(
  start: number,
  read: (page: number) => Promise<ReadPage>,
): Promise<{ number: number; page: ReadPage }> {
  let low = start;
  let page = await read(start);
  /** The first page known to be empty. */
  let high = Infinity;
  if (page.size === 0 && start > 1) {
    // The log got shorter, as on a server that removes old deliveries.
    [low, high] = [1, start];
    page = await read(1);
  }
  for (let step = 1; !page.isLast && low + 1 < high;) {
    const { total, limit = PAGE_SIZE } = page.info;
    const announced = total === undefined ? 0 : Math.ceil(total / limit);
    const guess = high === Infinity ? low + step : Math.floor((low + high) / 2);
    const number = announced > low && announced < high ? announced : guess;
    const candidate = await read(number);
    if (candidate.size > 0) {
      [low, page] = [number, candidate];
      step *= 2;
    } else {
      high = number;
    }
  }
  return { number: low, page };
}

/**
 * Whether no page can follow: the server says so, or the page is shorter than the size the server
 * uses. A short page alone proves nothing, since a server may lower our limit.
 */
function isLastPage({ info, size }: DeliveryPage, page: number, honoursLimit: boolean): boolean {
  if (size === 0) return true;
  if (info.hasMore !== undefined) return !info.hasMore;
  const limit = info.limit ?? (honoursLimit ? PAGE_SIZE : undefined);
  if (limit === undefined) return false;
  return info.total === undefined ? size < limit : page * limit >= info.total;
}
