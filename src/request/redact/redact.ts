import { gunzipSync, gzipSync } from 'node:zlib';
import type { Capture, Forward } from '../capture.ts';
import { eventIdOf, summarisePayload } from '../../relyable/payload-summary.ts';
import { withLength } from '../raw.ts';
import { type HeaderPair, headerValues, isSameHeader, SIGNATURE_HEADER } from '../request.ts';
import { signPayload } from '../../signature/sign.ts';
import { rewriteJson } from './rewrite-json.ts';
import { createPayloadRedactor, type PayloadRedactor, redactEvent } from './redact-rules.ts';
import { TEST_SECRET } from '../export/test-file.ts';

/** Removes personal data from captures. */
export interface Redactor {
  /** The capture with only the ids, times, statuses, types and shape of the original. */
  redact(capture: Capture): Capture;
  /** What was replaced, and how often, e.g. `data.agent_name` → 3. */
  readonly replaced: ReadonlyMap<string, number>;
}

/** The most bytes that a gzip body is decompressed to; a larger one is replaced as a whole. */
const MAX_UNPACKED_BYTES = 64 * 1024 * 1024;

const REDACTED = 'redacted';

/** Headers that say how to read the bytes, with the values that stay. */
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

/** A redactor for one export: equal ids become equal ids throughout. */
export function createRedactor(): Redactor {
  const replaced = new Map<string, number>();
  const note = (what: string): void => {
    replaced.set(what, (replaced.get(what) ?? 0) + 1);
  };
  const payloads = createPayloadRedactor(note);
  return {
    replaced,
    redact: (capture) => {
      const isPacked = /^gzip$/i.test(headerValues(capture.headers, 'Content-Encoding')[0] ?? '');
      const body = redactBody(capture.body, isPacked, payloads, note);
      const { valid, reason } = capture.verification;
      const headers = capture.headers.map(([name, value]): HeaderPair => {
        if (isSameHeader(name, SIGNATURE_HEADER)) {
          return [name, valid ? signPayload(body, TEST_SECRET) : alter(value)];
        }
        return [name, redactHeader(name, value, note)];
      });
      const wasSaid =
        reason === 'ok' || reason === 'signature_missing' || reason === 'signature_empty';
      const path = '/webhooks/relyable';
      if (capture.path !== path) note('path');
      const event = capture.event === null ? null : redactEvent(capture.event);
      return {
        ...capture,
        path,
        headers: withLength(headers, body.length),
        body,
        event,
        eventId: eventIdOf({ headers, body }),
        verification: { valid, reason: wasSaid ? reason : 'secret_wrong_or_body_changed' },
        forwards: capture.forwards.map((forward) => redactForward(forward, note)),
      };
    },
  };
}

function redactBody(
  body: Buffer,
  isPacked: boolean,
  payloads: PayloadRedactor,
  note: (what: string) => void,
): Buffer {
  if (body.length === 0) return body;
  const plain = isPacked ? unpack(body) : body;
  const text = plain?.toString('utf8') ?? '';
  const { event } = summarisePayload({ headers: [], body: plain ?? body });
  const made = rewriteJson(text, (token) => payloads.replace(event, token));
  // Bytes that are not UTF-8 became U+FFFD, so nothing of them is left.
  if (made !== null) {
    const bytes = Buffer.from(made.replaceAll('\ufffd', '?'), 'utf8');
    return isPacked ? pack(bytes) : bytes;
  }
  const whole = isPacked ? pack(Buffer.from(REDACTED)) : Buffer.from(REDACTED);
  if (!whole.equals(body)) note('a body that is not JSON');
  return whole;
}

/** The same bytes on every machine: zlib writes the operating system into byte 9. */
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

function redactHeader(name: string, value: string, note: (what: string) => void): string {
  const key = name.toLowerCase();
  if (value === '' || KEPT_HEADERS.get(key)?.test(value) === true) return value;
  const made = key === 'host' ? 'localhost' : key === 'content-type' ? 'text/plain' : REDACTED;
  if (made !== value) note(`header ${name}`);
  return made;
}

/** A signature that is still wrong, of the same length and with the same prefix. */
function alter(value: string): string {
  const [prefix = ''] = /^sha(1|256|512)=/i.exec(value) ?? [];
  return prefix + value.slice(prefix.length).replace(/\S/g, '0');
}

function redactForward(forward: Forward, note: (what: string) => void): Forward {
  const url = 'http://localhost/webhooks/relyable';
  const hasContent =
    forward.url !== url ||
    forward.responseBody.length > 0 ||
    forward.responseHeaders.length > 0 ||
    (forward.error !== null && forward.error !== REDACTED);
  if (hasContent) note('a forward: its target, answer and error');
  return {
    ...forward,
    url,
    error: forward.error === null ? null : REDACTED,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
  };
}
