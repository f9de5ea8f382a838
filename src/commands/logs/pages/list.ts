import { isBefore, type Pager } from '../../../relyable/api/pager.ts';
import type { WireProblem } from '../../../relyable/api/wire.ts';
import { type Delivery, startOf } from '../../../relyable/delivery.ts';
import {
  compareKeys,
  entriesOf,
  keyOfEntry,
  type LogEntry,
} from '../../../relyable/log-entries.ts';
import { type EntryFilter, matchesDelivery, matchesFilter } from '../entry-filter.ts';

/** The newest items of the log. */
export interface Listed<T> {
  /** Newest first. */
  readonly items: readonly T[];
  readonly problems: readonly WireProblem[];
  /** The log has, or may have, older ones that match. */
  readonly hasMore: boolean;
}

/** The newest attempts that pass the filter, at most `limit`. */
export function listEntries(
  pager: Pager,
  filter: EntryFilter,
  limit: number,
): Promise<Listed<LogEntry>> {
  return collect(pager, filter.since, limit, {
    pick: (delivery) => entriesOf(delivery).filter((entry) => matchesFilter(entry, filter)),
    compare: (a, b) => compareKeys(keyOfEntry(b), keyOfEntry(a)),
  });
}

/** The newest deliveries that pass the filter by their first attempt, at most `limit`. */
export function listDeliveries(
  pager: Pager,
  filter: EntryFilter,
  limit: number,
): Promise<Listed<Delivery>> {
  return collect(pager, filter.since, limit, {
    pick: (delivery) => (matchesDelivery(delivery, filter) ? [delivery] : []),
    compare: (a, b) => compareStarts(b, a),
  });
}

/** Oldest first by the first attempt; without one they are the newest. */
export function compareStarts(a: Delivery, b: Delivery): number {
  const [first, second] = [startOf(a), startOf(b)];
  return first === second ? compareText(a.id, b.id) : first < second ? -1 : 1;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Which items to take from each delivery, and how to sort them. */
interface Choice<T> {
  pick(delivery: Delivery): readonly T[];
  compare(a: T, b: T): number;
}

async function collect<T>(
  pager: Pager,
  since: number | undefined,
  limit: number,
  { pick, compare }: Choice<T>,
): Promise<Listed<T>> {
  // By delivery: new deliveries can push one to the next page, so that it is read twice.
  const found = new Map<string, readonly T[]>();
  const problems: WireProblem[] = [];
  let count = 0;
  let hasMore = false;
  for await (const page of pager.walk()) {
    for (const delivery of page.deliveries) {
      const items = pick(delivery);
      count += items.length - (found.get(delivery.id)?.length ?? 0);
      found.set(delivery.id, items);
    }
    problems.push(...page.problems);
    if (!page.isOrdered || page.isLast) continue;
    if (isBefore(page, since)) break;
    hasMore = count >= limit;
    if (hasMore) break;
  }
  const items = [...found.values()].flat().sort(compare);
  return { items: items.slice(0, limit), problems, hasMore: hasMore || items.length > limit };
}
