import { hash } from 'node:crypto';
import { headerValues, type WebhookRequest } from './request.ts';

/** What a payload says of itself, for display, filters and deduplication. */
export interface PayloadSummary {
  /** `event` of the payload, known type or not; null when the body says none. */
  readonly event: string | null;
  /** The event's identity: its id, else `sha256:<hex of the body>`. */
  readonly eventId: string;
  /** The most telling id in `data`, e.g. the test run's; null when there is none. */
  readonly subjectId: string | null;
  readonly isJson: boolean;
}

const SUBJECT_KEYS = ['test_run_id', 'test_case_id', 'call_id', 'agent_id'] as const;

/**
 * Reads a body for display. Never throws: whatever the bytes are, there is an answer. The id is
 * `id`, `event_id`, `data.event_id` or an `X-Relyable-Event-Id` header, none of which the vendor
 * page shows (it only says "use the event ID to deduplicate"); else the hash of the bytes, which a
 * retry repeats.
 */
export function summarisePayload(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
): PayloadSummary {
  const json = parsePayload(request.body);
  const event = own(json, 'event');
  const data = own(json, 'data');
  const id =
    idAt(json, 'id') ??
    idAt(json, 'event_id') ??
    idAt(data, 'event_id') ??
    headerValues(request.headers, 'X-Relyable-Event-Id').find((value) => value !== '');
  return {
    event: typeof event === 'string' ? event : null,
    eventId: id ?? bodyIdentity(request.body),
    subjectId: subjectOf(data),
    isJson: json !== undefined,
  };
}

function subjectOf(data: unknown): string | null {
  for (const key of SUBJECT_KEYS) {
    const id = idAt(data, key);
    if (id !== undefined) return id;
  }
  return null;
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

/** A text that is not empty, or a number, as text. */
function idAt(value: unknown, key: string): string | undefined {
  const id = own(value, key);
  const isId = (typeof id === 'string' && id !== '') || typeof id === 'number';
  return isId ? String(id) : undefined;
}
