import type { HeaderPair, WebhookRequest } from '../request/request.ts';

/** A request on its way through the stream, as the relay received it. */
export interface RelayedRequest extends WebhookRequest {
  /** When the relay received it, ms since 1970. */
  readonly receivedAt: number;
  /** The relay's verdict; null where it has no signing secret. */
  readonly verdict: { readonly valid: boolean; readonly reason: string } | null;
}

/** Four bytes before every message: the form's name and its version. */
const MAGIC = Buffer.from('RLY1', 'latin1');
/** The latest time that fits into a capture's id, in the year 3084. */
const LATEST_MS = 2 ** 45 - 1;
const HEAD_AT = MAGIC.length + 4;

/**
 * A request as a message: `RLY1`, the length of the head (32 bits, big-endian), the head as JSON, and the
 * unchanged bytes of the body.
 */
export function encodeEnvelope(relayed: RelayedRequest): Buffer {
  const { receivedAt, verdict, method, path, httpVersion, headers, body } = relayed;
  const head = Buffer.from(
    JSON.stringify({ receivedAt, verdict, method, path, httpVersion, headers }),
    'utf8',
  );
  const start = Buffer.alloc(HEAD_AT);
  MAGIC.copy(start);
  start.writeUInt32BE(head.length, MAGIC.length);
  return Buffer.concat([start, head, body]);
}

/** The error for a message that is not a request. Its message completes a sentence. */
export class EnvelopeProblem extends Error {}

/** The request of a message; throws EnvelopeProblem for anything that `encodeEnvelope` did not write. */
export function decodeEnvelope(message: Buffer): RelayedRequest {
  const form = message.subarray(0, MAGIC.length).toString('latin1');
  if (form !== 'RLY1') {
    throw new EnvelopeProblem(
      /^RLY\d$/.test(form)
        ? `it was written by a newer relyable (form ${form})`
        : 'it was not written by a relay',
    );
  }
  const headEnd =
    message.length < HEAD_AT ? Infinity : HEAD_AT + message.readUInt32BE(MAGIC.length);
  if (headEnd > message.length) throw new EnvelopeProblem('it is cut off');
  const head = parseHead(message.subarray(HEAD_AT, headEnd));
  return { ...head, body: Buffer.from(message.subarray(headEnd)) };
}

function parseHead(bytes: Buffer): Omit<RelayedRequest, 'body'> {
  let head: Partial<Record<keyof RelayedRequest, unknown>> | null;
  try {
    head = JSON.parse(bytes.toString('utf8')) as typeof head;
  } catch {
    head = null;
  }
  const { receivedAt, verdict, method, path, httpVersion, headers } = head ?? {};
  if (
    typeof receivedAt !== 'number' ||
    !Number.isSafeInteger(receivedAt) ||
    receivedAt < 0 ||
    receivedAt > LATEST_MS ||
    typeof method !== 'string' ||
    typeof path !== 'string' ||
    typeof httpVersion !== 'string' ||
    !isHeaders(headers) ||
    !isVerdict(verdict)
  ) {
    throw new EnvelopeProblem('its head is damaged');
  }
  return { receivedAt, verdict, method, path, httpVersion, headers };
}

function isHeaders(value: unknown): value is HeaderPair[] {
  return (
    Array.isArray(value) &&
    value.every(
      (pair) =>
        Array.isArray(pair) && pair.length === 2 && pair.every((text) => typeof text === 'string'),
    )
  );
}

function isVerdict(value: unknown): value is RelayedRequest['verdict'] {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { valid, reason } = value as { valid?: unknown; reason?: unknown };
  return typeof valid === 'boolean' && typeof reason === 'string';
}
