import type { ApiClient, DeliveryPage } from '../../../relyable/api/client.ts';
import type { WireProblem } from '../../../relyable/api/wire.ts';
import { RelyableError } from '../../../errors.ts';
import type { Delivery } from '../../../relyable/delivery.ts';

/** The most the API gives (published). */
export const PAGE_SIZE = 100;

export interface LogPage {
  readonly deliveries: readonly Delivery[];
  readonly problems: readonly WireProblem[];
  /** How far from the fresh end, in pages, from 0. */
  readonly depth: number;
  /**
   * Pages come from the newest delivery to the oldest. While that is not so (the log's order is
   * not known yet, or it has none), only the whole walk says what the log holds.
   */
  readonly isOrdered: boolean;
  /** The oldest page there is. */
  readonly isLast: boolean;
}

export interface Pager {
  /**
   * Walks the log from its newest deliveries to the oldest, whichever end of the API's list they
   * stand at. Deliveries that arrive meanwhile push others to later pages, so one may come twice
   * and none is passed over. `fromDepth` skips that many pages of the fresh end.
   */
  walk(fromDepth?: number): AsyncGenerator<LogPage>;
}

type Order = 'unknown' | 'newest_first' | 'oldest_first' | 'none';

/** So many steps in time decide which way a log runs; fewer may be chance. */
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
  // Deliveries under way at once may stand a little out of order.
  if (Math.min(up, down) > (up + down) / 4) return 'none';
  return up > down ? 'oldest_first' : 'newest_first';
}

type ReadPage = DeliveryPage & { readonly isLast: boolean };

export function createPager(client: Pick<ApiClient, 'listDeliveries'>): Pager {
  let order: Order = 'unknown';
  /** A page as long as we asked: the server keeps to our limit, so a shorter one is the last. */
  let keepsLimit = false;
  let lastPage = 1;

  const read = async (page: number): Promise<ReadPage> => {
    const answer = await readOrEmpty(client, page);
    if (answer.size >= PAGE_SIZE) keepsLimit = true;
    return { ...answer, isLast: isLastPage(answer, page, keepsLimit) };
  };

  const toLogPage = (
    { deliveries, problems }: ReadPage,
    depth: number,
    isLast: boolean,
  ): LogPage => ({
    deliveries,
    problems,
    depth,
    isLast,
    isOrdered: order === 'newest_first' || order === 'oldest_first',
  });

  async function* fromFront(fromDepth: number): AsyncGenerator<LogPage> {
    let sample: Delivery[] = [];
    let previousIds = '';
    let repeats = 0;
    for (let depth = fromDepth; ; depth++) {
      const page = await read(depth + 1);
      if (order === 'unknown' || (depth === 0 && order !== 'none')) {
        sample = [...sample, ...page.deliveries].slice(-2 * PAGE_SIZE);
        order = orderOf(sample);
        if (order === 'oldest_first' && !page.isLast) {
          yield* fromBack(0);
          return;
        }
      }
      yield toLogPage(page, depth, page.isLast);
      const ids = page.deliveries.map(({ id }) => id).join();
      // A server that does not know `page` gives the same one for ever.
      repeats = ids === previousIds ? repeats + 1 : 0;
      previousIds = ids;
      if (page.isLast || repeats >= 2) return;
    }
  }

  async function* fromBack(fromDepth: number): AsyncGenerator<LogPage> {
    const last = await findLastPage(lastPage, read);
    lastPage = last.number;
    if (orderOf(last.page.deliveries) === 'newest_first') {
      // One end contradicts the other: only whole walks are safe.
      order = 'none';
      yield* fromFront(0);
      return;
    }
    for (let depth = fromDepth; depth < lastPage; depth++) {
      const number = lastPage - depth;
      const page = depth === 0 ? last.page : await read(number);
      yield toLogPage(page, depth, number === 1);
    }
  }

  return {
    walk: (fromDepth = 0) =>
      order === 'oldest_first' ? fromBack(fromDepth) : fromFront(fromDepth),
  };
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

/** The last page that holds anything: forward in doubling steps, then by halving. */
async function findLastPage(
  start: number,
  read: (page: number) => Promise<ReadPage>,
): Promise<{ number: number; page: ReadPage }> {
  let low = start;
  let page = await read(start);
  /** The first page known to be empty. */
  let high = Infinity;
  if (page.size === 0 && start > 1) {
    // The log got shorter, as with a server that keeps only so much.
    [low, high] = [1, start];
    page = await read(1);
  }
  for (let step = 1; !page.isLast && low + 1 < high;) {
    const { total, limit = PAGE_SIZE } = page.info;
    const told = total === undefined ? 0 : Math.ceil(total / limit);
    const guess = high === Infinity ? low + step : Math.floor((low + high) / 2);
    const number = told > low && told < high ? told : guess;
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
 * Whether nothing can follow: the server says so, or the page is shorter than the size it keeps
 * to. A short page alone proves nothing, since a server may cap our limit.
 */
function isLastPage({ info, size }: DeliveryPage, page: number, keepsLimit: boolean): boolean {
  if (size === 0) return true;
  if (info.hasMore !== undefined) return !info.hasMore;
  const limit = info.limit ?? (keepsLimit ? PAGE_SIZE : undefined);
  if (limit === undefined) return false;
  return info.total === undefined ? size < limit : page * limit >= info.total;
}
