import { gunzipSync, gzipSync } from 'node:zlib';
import type { Capture, Forward } from '../capture.ts';
import { eventIdOf, summarisePayload } from '../../relyable/payload-summary.ts';
import { withLength } from '../raw.ts';
import { type HeaderPair, headerValues, isSameHeader, SIGNATURE_HEADER } from '../request.ts';
import { signPayload } from '../../signature/sign.ts';
import { rewriteJson } from './rewrite-json.ts';
import {
  createPayloadRedactor,
  type PayloadRedactor,
  type RedactionNotes,
  redactEvent,
} from './redact-rules.ts';
import { TEST_SECRET } from '../export/test-file.ts';

/** Removes personal data from captures. */
export interface Redactor {
  /** The redacted capture: its ids, times, statuses, event types and structure are kept. */
  redact(capture: Capture): Capture;
  /** The fields that were replaced, with their counts, e.g. `data.agent_name` → 3. */
  readonly replaced: ReadonlyMap<string, number>;
  /** The fields that were kept, with their counts, e.g. `data.score` → 3. */
  readonly kept: ReadonlyMap<string, number>;
}

/** The most bytes that a gzip body is decompressed to; a larger one is replaced as a whole. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

const REDACTED = 'redacted';

/** Headers that describe how to read the bytes, with the values that are kept. */
const KEPT_HEADERS: ReadonlyMap<string, RegExp> = new Map([
  ['accept', /^\*\/\*$|^application\/json$/],
  ['accept-encoding', /^(identity|gzip|deflate|br|zstd|[, ])+$/],
  ['connection', /^(keep-alive|close)$/i],
  ['content-encoding', /^(gzip|identity)$/i],
  ['content-length', /^\d+$/],
  [
    'content-type',
    /^(application\/json|application\/x-www-form-urlencoded|text\/plain)(;\s*charset=utf-8)?$/i,
  ],
  ['transfer-encoding', /^chunked$/i],
]);

/** Headers whose names are kept. Any other name is replaced, because it may contain a customer's name. */
const KEPT_NAMES: ReadonlySet<string> = new Set([
  ...KEPT_HEADERS.keys(),
  'authorization',
  'cookie',
  'forwarded',
  'host',
  'traceparent',
  'tracestate',
  'user-agent',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-port',
  'x-forwarded-proto',
  'x-real-ip',
  'x-relyable-event-id',
  'x-request-id',
]);

const METHODS: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'GET', 'HEAD', 'DELETE']);

/** A redactor for one export: equal ids become equal ids throughout. */
export function createRedactor(): Redactor {
  const tally = new RedactionTally();
  const payloads = createPayloadRedactor(tally);
  return {
    replaced: tally.replacedCounts,
    kept: tally.keptCounts,
    redact: (capture) => redactCapture(capture, payloads, tally),
  };
}

/** How often each thing was replaced or kept. */
class RedactionTally implements RedactionNotes {
  readonly replacedCounts = new Map<string, number>();
  readonly keptCounts = new Map<string, number>();
  private readonly headerNames = new Map<string, string>();

  replaced(what: string): void {
    this.replacedCounts.set(what, (this.replacedCounts.get(what) ?? 0) + 1);
  }

  kept(what: string): void {
    this.keptCounts.set(what, (this.keptCounts.get(what) ?? 0) + 1);
  }

  /** The replacement of a header's name. Equal names get equal replacements. */
  headerName(name: string): string {
    const key = name.toLowerCase();
    if (/^x-redacted-\d+$/.test(key)) return name;
    const known = this.headerNames.get(key) ?? `X-Redacted-${this.headerNames.size + 1}`;
    this.headerNames.set(key, known);
    return known;
  }
}

function redactCapture(
  capture: Capture,
  payloads: PayloadRedactor,
  tally: RedactionTally,
): Capture {
  const isPacked = /^gzip$/i.test(headerValues(capture.headers, 'Content-Encoding')[0] ?? '');
  const body = redactBody(capture.body, isPacked, payloads, tally);
  const { valid, reason } = capture.verification;
  const headers = capture.headers.map(([name, value]): HeaderPair => {
    if (isSameHeader(name, SIGNATURE_HEADER)) {
      return [SIGNATURE_HEADER, valid ? signPayload(body, TEST_SECRET) : alter(value)];
    }
    return redactHeader(name, value, tally);
  });
  const wasSaid = reason === 'ok' || reason === 'signature_missing' || reason === 'signature_empty';
  const path = '/webhooks/relyable';
  if (capture.path !== path) tally.replaced('path');
  const method = METHODS.has(capture.method) ? capture.method : 'POST';
  if (method !== capture.method) tally.replaced('method');
  const event = capture.event === null ? null : redactEvent(capture.event);
  return {
    ...capture,
    method,
    path,
    headers: withLength(headers, body.length),
    body,
    event,
    eventId: eventIdOf({ headers, body }),
    verification: { valid, reason: wasSaid ? reason : 'secret_wrong_or_body_changed' },
    forwards: capture.forwards.map((forward) => redactForward(forward, tally)),
  };
}

function redactBody(
  body: Buffer,
  isPacked: boolean,
  payloads: PayloadRedactor,
  notes: RedactionNotes,
): Buffer {
  if (body.length === 0) return body;
  const plain = isPacked ? unpack(body) : body;
  const text = plain?.toString('utf8') ?? '';
  const { event } = summarisePayload({ headers: [], body: plain ?? body });
  const made = rewriteJson(text, (token) => payloads.replace(event, token));
  // Decoding has turned bytes that are not UTF-8 into U+FFFD, so none of these bytes is left.
  if (made !== null) {
    const bytes = Buffer.from(made.replaceAll('\ufffd', '?'), 'utf8');
    return isPacked ? pack(bytes) : bytes;
  }
  const whole = isPacked ? pack(Buffer.from(REDACTED)) : Buffer.from(REDACTED);
  if (!whole.equals(body)) notes.replaced('a body that is not JSON');
  return whole;
}

/** Compresses to the same bytes on every machine: byte 9, in which zlib writes the operating system, is fixed. */
function pack(bytes: Buffer): Buffer {
  const packed = gzipSync(bytes);
  packed[9] = 255;
  return packed;
}

function unpack(body: Buffer): Buffer | undefined {
  try {
    return gunzipSync(body, { maxOutputLength: MAX_UNPACKED_BYTES });
  } catch {
    return undefined;
  }
}

/** Redacts a header. A usual name is kept; the value is kept, too, if it only describes how to read the bytes. */
function redactHeader(name: string, value: string, tally: RedactionTally): HeaderPair {
  const key = name.toLowerCase();
  const isUsual = KEPT_NAMES.has(key);
  const shown = isUsual ? name : tally.headerName(name);
  const isHarmless = value === '' || KEPT_HEADERS.get(key)?.test(value) === true;
  if (isUsual && isHarmless) {
    tally.kept(`header ${name}`);
    return [name, value];
  }
  const made = key === 'host' ? 'localhost' : key === 'content-type' ? 'text/plain' : REDACTED;
  if (shown !== name) tally.replaced('headers with other names');
  else if (made !== value) tally.replaced(`header ${name}`);
  return [shown, made];
}

/** Replaces a wrong signature with another wrong one of the same length and with the same prefix. */
function alter(value: string): string {
  const [prefix = ''] = /^sha(1|256|512)=/i.exec(value) ?? [];
  return prefix + value.slice(prefix.length).replace(/\S/g, '0');
}

function redactForward(forward: Forward, notes: RedactionNotes): Forward {
  const url = 'http://localhost/webhooks/relyable';
  const hasContent =
    forward.url !== url ||
    forward.responseBody.length > 0 ||
    forward.responseHeaders.length > 0 ||
    (forward.error !== null && forward.error !== REDACTED);
  if (hasContent) notes.replaced('a forward: its target, answer and error');
  return {
    ...forward,
    url,
    error: forward.error === null ? null : REDACTED,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
  };
}
