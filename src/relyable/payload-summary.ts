import { hash } from 'node:crypto';
import { findInHead, type PayloadFields, scanPayload } from '../json/scan.ts';
import { headerValues, type WebhookRequest } from '../request/request.ts';

/** The fields of a payload that display, filters and deduplication use. */
export interface PayloadSummary {
  /** The payload's `event`, published or not, shortened where it is too long; null where it has none. */
  readonly event: string | null;
  /** The event's id as the request states it; null where it does not: see `eventIdOf`. */
  readonly declaredEventId: string | null;
  /** The most specific id in `data`, e.g. of the test run; null where there is none. */
  readonly subjectId: string | null;
  readonly isJson: boolean;
}

const ID_PATHS = ['id', 'event_id', 'data.event_id'] as const;
const SUBJECT_PATHS = [
  'data.test_run_id',
  'data.test_case_id',
  'data.call_id',
  'data.agent_id',
] as const;
const PATHS: ReadonlySet<string> = new Set(['event', ...ID_PATHS, ...SUBJECT_PATHS]);

/** Up to this size, parsing is faster than scanning and makes little garbage. */
const PARSED_BYTES = 16 * 1024;

/**
 * Summarises a request; never throws, for any bytes. The id is `id`, `event_id`,
 * `data.event_id` or an `X-Relyable-Event-Id` header. The vendor page shows none of them (it only
 * says "use the event ID to deduplicate").
 */
export function summarisePayload(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
): PayloadSummary {
  const fields = readFields(request.body);
  const event = fields?.get('event');
  const declaredEventId =
    firstId(fields, ID_PATHS) ??
    headerValues(request.headers, 'X-Relyable-Event-Id').find((value) => value !== '') ??
    null;
  const subjectId = firstId(fields, SUBJECT_PATHS);
  return {
    event: typeof event === 'string' ? shorten(event) : null,
    // A longer text is not an id: then the bytes identify the event.
    declaredEventId:
      declaredEventId !== null && declaredEventId.length > NAME_CHARACTERS ? null : declaredEventId,
    subjectId: subjectId === undefined ? null : shorten(subjectId),
    isJson: fields !== undefined,
  };
}

/** The `event` in the first bytes of a payload; null where they do not have it. */
export function eventInHead(head: Buffer): string | null {
  const event = findInHead(head, 'event');
  return typeof event === 'string' ? shorten(event) : null;
}

/** The longest name or id; longer ones are not genuine, and would be stored, shown and counted whole. */
const NAME_CHARACTERS = 200;

function shorten(name: string): string {
  if (name.length <= NAME_CHARACTERS) return name;
  // Copied, because a slice keeps the whole string in memory.
  return `${Buffer.from(name.slice(0, NAME_CHARACTERS)).toString('utf8')}…`;
}

/** Undefined when the body is not JSON. */
function readFields(body: Buffer): PayloadFields | undefined {
  if (body.length > PARSED_BYTES) return scanPayload(body, PATHS);
  const json = parsePayload(body);
  if (json === undefined) return undefined;
  const data = own(json, 'data');
  return {
    get: (path) => {
      const value = path.startsWith('data.') ? own(data, path.slice(5)) : own(json, path);
      return typeof value === 'string' || typeof value === 'number' ? value : undefined;
    },
  };
}

/** The first non-empty string or number at these paths, as text. */
function firstId(fields: PayloadFields | undefined, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const id = fields?.get(path);
    if (id !== undefined && id !== '') return String(id);
  }
  return undefined;
}

/** The event's identity: its declared id, else that of its bytes. Pass the summary where there is one. */
export function eventIdOf(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
  { declaredEventId }: Pick<PayloadSummary, 'declaredEventId'> = summarisePayload(request),
): string {
  return declaredEventId ?? bodyIdentity(request.body);
}

/** The identity of an event without an id: a retry has equal bytes. */
export function bodyIdentity(body: Uint8Array): string {
  return `sha256:${hash('sha256', body)}`;
}

/** The parsed body; undefined when it is not JSON. */
export function parsePayload(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

/** An own property, so that a key such as `__proto__` in a payload is only data. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
