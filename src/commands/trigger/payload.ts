import type { EventType } from '../../relyable/event-type.ts';
import { applyOverrides, type Override } from '../../json/overrides.ts';
import { serialisePayload } from '../../relyable/payload.ts';
import type { WireFormat } from '../../relyable/wire-format.ts';
import type { JsonObject, JsonValue } from '../../json/json-value.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { SAMPLES } from '../../relyable/samples.ts';
import { createSeededSample } from '../../relyable/seeded-sample.ts';
import { formatTimestamp } from './timestamp.ts';

/** One event to send: its bytes and their content. */
export interface TriggerPayload {
  /** `event` of the payload; null when it has none. */
  readonly event: string | null;
  /** The bytes that are signed and sent. */
  readonly body: Buffer;
  /** The payload before it was written; undefined where given bytes are not JSON. */
  readonly payload: JsonValue | undefined;
  /** The wire format of the bytes; null for those of `--data`. */
  readonly wire: WireFormat | null;
}

export interface SampleOptions {
  readonly seed: number | undefined;
  /** `now`, `sample` (the sample's own), or the time to put into the payload. */
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

/** The payload of `--data`, with its bytes unchanged. */
export function readPayload(body: Buffer): TriggerPayload {
  let payload: JsonValue | undefined;
  try {
    payload = JSON.parse(body.toString('utf8')) as JsonValue;
  } catch {
    payload = undefined;
  }
  return { event: summarisePayload({ headers: [], body }).event, body, payload, wire: null };
}

/** Overrides of fields that are not published: mostly typing errors, but Relyable may add fields. */
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
