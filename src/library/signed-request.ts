import type { JsonObject } from '../json/json-value.ts';
import { serialisePayload } from '../relyable/payload.ts';
import { EVENT_TYPES } from '../relyable/event-type.ts';
import { SAMPLES } from '../relyable/samples.ts';
import { createSeededSample } from '../relyable/seeded-sample.ts';
import { WIRE_FORMATS, type WireFormat } from '../relyable/wire-format.ts';
import { type Tamper, TAMPERS } from '../signature/tamper-kinds.ts';
import { type SignedRequest, signRequest, tamperRequest } from '../signature/tamper.ts';
import type { EventOf, EventType } from './events.ts';
import { override, type Overrides } from './overrides.ts';

/** The signing secret of requests for which none is given. */
export const TEST_SECRET = 'whsec_test_0123456789abcdef';

const USER_AGENT = 'relyable-testing';

export interface SigningOptions {
  /** Default: `TEST_SECRET`. */
  readonly secret?: string;
  /** How the JSON is written. Default: `compact`. */
  readonly wire?: WireFormat;
  /** What is wrong with the request; a handler refuses it with 401 or 403. Default: nothing. */
  readonly tamper?: Tamper;
  /** Ids, names, scores and time from this number. Default: those of the published sample. */
  readonly seed?: number;
}

export interface RequestOptions extends SigningOptions {
  /** Default: `http://localhost/webhooks/relyable`. */
  readonly url?: string;
}

/** Headers and body, for supertest, `inject` and the like. */
export interface SignedParts {
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** Any new values by path, for a payload of one's own. */
type AnyOverrides = Readonly<Record<string, unknown>>;

/** The published sample of an event; with a seed, one with values of its own, the same everywhere. */
export function sampleEvent<T extends EventType>(type: T, seed?: number): EventOf<T> {
  return sample(type, seed) as unknown as EventOf<T>;
}

function sample(type: EventType, seed: number | undefined): JsonObject {
  requireOneOf('the event', type, EVENT_TYPES);
  return seed === undefined ? structuredClone(SAMPLES[type]) : createSeededSample(type, seed);
}

/**
 * A signed request as Relyable sends it: with the sample of an event type and new values by path, or with
 * a payload of one's own.
 */
export function signedRequest<T extends EventType>(
  event: T,
  overrides?: Overrides<T>,
  options?: RequestOptions,
): Request;
export function signedRequest(
  event: object,
  overrides?: AnyOverrides,
  options?: RequestOptions,
): Request;
export function signedRequest(
  event: EventType | object,
  overrides: AnyOverrides = {},
  { url = 'http://localhost/webhooks/relyable', ...options }: RequestOptions = {},
): Request {
  const { headers, body } = sign(event, overrides, options);
  return new Request(url, { method: 'POST', headers, body });
}

/** The headers and the body of `signedRequest`. */
export function signedParts<T extends EventType>(
  event: T,
  overrides?: Overrides<T>,
  options?: SigningOptions,
): SignedParts;
export function signedParts(
  event: object,
  overrides?: AnyOverrides,
  options?: SigningOptions,
): SignedParts;
export function signedParts(
  event: EventType | object,
  overrides: AnyOverrides = {},
  options: SigningOptions = {},
): SignedParts {
  return sign(event, overrides, options);
}

/** For those who call from JavaScript. */
function requireOneOf(name: string, value: string, list: readonly string[]): void {
  if (list.includes(value)) return;
  throw new TypeError(`${name}: expected one of ${list.join(', ')}, got "${value}"`);
}

function sign(
  event: EventType | object,
  overrides: AnyOverrides,
  { secret = TEST_SECRET, wire = 'compact', tamper, seed }: SigningOptions,
): SignedParts {
  requireOneOf('wire', wire, WIRE_FORMATS);
  if (tamper !== undefined) requireOneOf('tamper', tamper, TAMPERS);
  const payload = typeof event === 'string' ? sample(event, seed) : (event as JsonObject);
  const bytes = serialisePayload(override(payload, overrides), wire);
  const signed: SignedRequest =
    tamper === undefined
      ? signRequest(bytes, secret, USER_AGENT)
      : tamperRequest(bytes, secret, USER_AGENT, tamper);
  return { headers: Object.fromEntries(signed.headers), body: signed.body.toString('utf8') };
}
