import type { WireProblem } from '../../../relyable/api/wire.ts';
import {
  compareKeys,
  entriesOf,
  keyOfEntry,
  type LogEntry,
  LONGEST_SCHEDULE_MS,
} from '../../../relyable/log-entries.ts';
import { type EntryFilter, matchesFilter } from '../entry-filter.ts';
import type { LogPage, Pager } from '../../../relyable/api/pager.ts';

export interface Listed {
  /** Newest first. */
  readonly entries: readonly LogEntry[];
  readonly problems: readonly WireProblem[];
}

/** The newest attempts that pass the filter, at most `limit`. */
export async function listEntries(
  pager: Pager,
  filter: EntryFilter,
  limit: number,
): Promise<Listed> {
  // By delivery: new deliveries can push one to the next page, so that it is read twice.
  const found = new Map<string, LogEntry[]>();
  const problems: WireProblem[] = [];
  let count = 0;
  for await (const page of pager.walk()) {
    for (const delivery of page.deliveries) {
      const entries = entriesOf(delivery).filter((entry) => matchesFilter(entry, filter));
      count += entries.length - (found.get(delivery.id)?.length ?? 0);
      found.set(delivery.id, entries);
    }
    problems.push(...page.problems);
    if (page.isOrdered && (count >= limit || isBefore(page, filter.since))) break;
  }
  const entries = [...found.values()]
    .flat()
    .sort((a, b) => compareKeys(keyOfEntry(b), keyOfEntry(a)));
  return { entries: entries.slice(0, limit), problems };
}

/** Whether neither this page nor an older one can contain an attempt of `since` or later. */
function isBefore({ deliveries }: LogPage, since: number | undefined): boolean {
  if (since === undefined) return false;
  const firsts = deliveries.flatMap(({ attempts }) => attempts[0]?.at ?? []);
  return firsts.length > 0 && Math.max(...firsts) + LONGEST_SCHEDULE_MS < since;
}
