import { RelyableError } from '../../errors.ts';
import { DELIVERY_STATES } from '../../relyable/delivery.ts';
import type { LogEntry } from '../../relyable/log-entries.ts';

/** The attempts to show; a field that is left out does not filter. */
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
 * (`failed`, `retrying`, `delivered`, `pending`), comma-separated; one match is enough.
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

/** `--event`, `--status` and `--since` as one filter; `since` gives ms since 1970. */
export function readEntryFilter(
  options: {
    readonly event?: string | undefined;
    readonly status?: EntryFilter['status'] | undefined;
    readonly since?: ((now: number) => number) | undefined;
  },
  now: number,
): EntryFilter {
  const { event, status, since } = options;
  return {
    ...(event === undefined ? {} : { event }),
    ...(status === undefined ? {} : { status }),
    ...(since === undefined ? {} : { since: since(now) }),
  };
}
