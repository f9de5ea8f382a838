import type { EntryFilter } from '../../relyable/log-entries.ts';
import type { FilterOptions } from './options.ts';

/** `--event`, `--status` and `--since` as one filter. */
export function readEntryFilter({ event, status, since }: FilterOptions, now: number): EntryFilter {
  return {
    ...(event === undefined ? {} : { event }),
    ...(status === undefined ? {} : { status }),
    ...(since === undefined ? {} : { since: since(now) }),
  };
}
