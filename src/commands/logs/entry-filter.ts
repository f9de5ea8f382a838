import { RelyableError } from '../../errors.ts';
import { type Attempt, type Delivery, DELIVERY_STATES } from '../../relyable/delivery.ts';
import { entriesOf, type LogEntry } from '../../relyable/log-entries.ts';

/** What `--status` judges: a delivery and one of its attempts, if there was one yet. */
interface StatusSubject {
  readonly delivery: Delivery;
  readonly attempt: Attempt | null;
}

type StatusTest = (subject: StatusSubject) => boolean;

/** The attempts to show; a field that is left out does not filter. */
export interface EntryFilter {
  readonly event?: string;
  readonly status?: StatusTest;
  /** Only attempts that began at or after this time, ms since 1970. */
  readonly since?: number;
}

export function matchesFilter(entry: LogEntry, { event, status, since }: EntryFilter): boolean {
  return (
    (event === undefined || entry.delivery.event === event) &&
    (since === undefined || entry.attempt.at >= since) &&
    (status === undefined || status(entry))
  );
}

/** Whether a delivery passes the filter by its newest finished attempt. */
export function matchesDelivery(
  delivery: Delivery,
  { event, status, since }: EntryFilter,
): boolean {
  const attempt = entriesOf(delivery).at(-1)?.attempt ?? null;
  return (
    (event === undefined || delivery.event === event) &&
    (since === undefined || (attempt?.at ?? Infinity) >= since) &&
    (status === undefined || status({ delivery, attempt }))
  );
}

/**
 * `--status`: statuses (`200`), classes (`4xx`), `none` (no answer) and states of a delivery
 * (`failed`, `retrying`, `delivered`, `pending`), comma-separated; one match is enough.
 */
export function parseStatusFilter(text: string): StatusTest {
  const tests = text.split(',').map((part) => statusTest(part.trim().toLowerCase(), text));
  return (subject) => tests.some((test) => test(subject));
}

function statusTest(part: string, text: string): StatusTest {
  if (/^[1-5]\d\d$/.test(part)) return ({ attempt }) => attempt?.status === Number(part);
  if (/^[1-5]xx$/.test(part)) {
    return ({ attempt }) => String(attempt?.status ?? '').startsWith(part[0] ?? '');
  }
  if (part === 'none') return ({ attempt }) => attempt?.status === null;
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
    readonly status: readonly StatusTest[];
    readonly since?: ((now: number) => number) | undefined;
  },
  now: number,
): EntryFilter {
  const { event, status, since } = options;
  return {
    ...(event === undefined ? {} : { event }),
    ...(status.length === 0
      ? {}
      : { status: (subject: StatusSubject) => status.some((test) => test(subject)) }),
    ...(since === undefined ? {} : { since: since(now) }),
  };
}
