import { hash } from 'node:crypto';
import { type PayloadFields, scanPayload } from '../json/scan.ts';
import { headerValues, type WebhookRequest } from '../request/request.ts';

/** What a payload says of itself, for display, filters and deduplication. */
export interface PayloadSummary {
  /** `event` of the payload, known type or not, shortened where it is no name; null when the body says none. */
  readonly event: string | null;
  /** The event's id; null when it carries none: see `eventIdOf`. */
  readonly declaredEventId: string | null;
  /** The most telling id in `data`, e.g. the test run's; null when there is none. */
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

/** Up to here parsing is quicker than scanning and its garbage small. */
const PARSED_BYTES = 16 * 1024;

/**
 * Reads a body for display. Never throws: whatever the bytes are, there is an answer. The id is
 * `id`, `event_id`, `data.event_id` or an `X-Relyable-Event-Id` header, none of which the vendor
 * page shows (it only says "use the event ID to deduplicate"); else the hash of the bytes, which a
 * retry repeats.
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
    // What is longer is no id: then the bytes identify the event.
    declaredEventId:
      declaredEventId !== null && declaredEventId.length > NAME_CHARACTERS ? null : declaredEventId,
    subjectId: subjectId === undefined ? null : shorten(subjectId),
    isJson: fields !== undefined,
  };
}

/** Longer names and ids than these are nobody's, and would be kept, shown and counted whole. */
const NAME_CHARACTERS = 200;

function shorten(name: string): string {
  if (name.length <= NAME_CHARACTERS) return name;
  // Copied: a part of a text keeps all of it in memory.
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

/** A text that is not empty, or a number, as text. */
function firstId(fields: PayloadFields | undefined, paths: readonly string[]): string | undefined {
  for (const path of paths) {
    const id = fields?.get(path);
    if (id !== undefined && id !== '') return String(id);
  }
  return undefined;
}

/** The event's identity: its own id, else that of its bytes. Give the summary where it was made. */
export function eventIdOf(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
  { declaredEventId }: Pick<PayloadSummary, 'declaredEventId'> = summarisePayload(request),
): string {
  return declaredEventId ?? bodyIdentity(request.body);
}

/** The identity of an event that carries no id: equal bytes, equal event. */
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

/** An own property, so that `__proto__` and friends in a payload stay what they are: data. */
function own(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
