import { RelyableError } from '../../errors.ts';
import { EVENT_TYPES, type EventType } from '../../relyable/event-type.ts';
import { applyOverrides, type Override } from '../../json/overrides.ts';
import { serialisePayload, type WireFormat } from '../../relyable/payload.ts';
import type { JsonObject, JsonValue } from '../../json/json-value.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { SAMPLES } from '../../relyable/samples.ts';
import { createSeededSample } from '../../relyable/seeded-sample.ts';

/** One event to send: its bytes, and what they say. */
export interface TriggerPayload {
  /** `event` of the payload; null when it has none. */
  readonly event: string | null;
  /** The bytes that are signed and sent. */
  readonly body: Buffer;
  /** The payload before it was written; undefined where given bytes are not JSON. */
  readonly payload: JsonValue | undefined;
  /** The wire format it is written in; null for bytes that were given. */
  readonly wire: WireFormat | null;
}

export interface SampleOptions {
  readonly seed: number | undefined;
  /** `now`, `sample` (the sample's own), or a time as it is to stand in the payload. */
  readonly timestamp: string;
  readonly overrides: readonly Override[];
  readonly wire: WireFormat;
  /** ms since 1970, for `now`. */
  readonly nowMs: number;
}

/** A sample of that type, edited and written as the options say. */
export function createPayload(event: EventType, options: SampleOptions): TriggerPayload {
  const { seed, timestamp, overrides, wire, nowMs } = options;
  const sample = seed === undefined ? SAMPLES[event] : createSeededSample(event, seed);
  const dated =
    timestamp === 'sample'
      ? sample
      : { ...sample, timestamp: timestamp === 'now' ? formatTimestamp(nowMs) : timestamp };
  const payload = applyOverrides(dated, overrides);
  return {
    event: typeof payload['event'] === 'string' ? payload['event'] : null,
    body: serialisePayload(payload, wire),
    payload,
    wire,
  };
}

/** Bytes as given with `--data`, kept as they are. */
export function readPayload(body: Buffer): TriggerPayload {
  let payload: JsonValue | undefined;
  try {
    payload = JSON.parse(body.toString('utf8')) as JsonValue;
  } catch {
    payload = undefined;
  }
  return { event: summarisePayload({ headers: [], body }).event, body, payload, wire: null };
}

/** ISO 8601 in UTC with whole seconds, as the published samples have it. */
function formatTimestamp(epochMs: number): string {
  return `${new Date(epochMs).toISOString().slice(0, 19)}Z`;
}

/** `now`, `sample` or an ISO 8601 time with its zone, which is sent as typed. */
export function parseTimestamp(text: string): string {
  if (text === 'now' || text === 'sample') return text;
  const isIso = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  if (isIso && !Number.isNaN(Date.parse(text))) return text;
  throw new RelyableError(
    'USAGE',
    `--timestamp: expected now, sample or a time such as 2025-01-16T15:38:00Z, got "${text}"`,
  );
}

/** Overrides that touch no published field: rarely meant, though Relyable may add fields. */
export function findUnknownPaths(event: EventType, overrides: readonly Override[]): UnknownPath[] {
  const { data, ...frame } = SAMPLES[event];
  const known = [...Object.keys(frame), 'data', ...Object.keys(data as JsonObject).map(inData)];
  return overrides
    .map(({ path: [first, second] }) =>
      first === 'data' && second !== undefined ? inData(String(second)) : String(first),
    )
    .filter((path) => !known.includes(path))
    .map((path) => ({ path, known }));
}

export interface UnknownPath {
  readonly path: string;
  /** The published paths of that event. */
  readonly known: readonly string[];
}

function inData(key: string): string {
  return `data.${key}`;
}

/** The event types behind the operand: one, or all four. */
export function expandEvent(name: EventType | 'all'): readonly EventType[] {
  return name === 'all' ? EVENT_TYPES : [name];
}
