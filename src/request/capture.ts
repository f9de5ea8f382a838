import type { HeaderPair, WebhookRequest } from './request.ts';
import type { Reason } from '../signature/verify.ts';

/** One attempt to send a capture to the app: when it was received (`forward`) or later (`replay`). */
export interface Forward {
  readonly kind: 'forward' | 'replay';
  /** When it began, ms since 1970. */
  readonly at: number;
  readonly url: string;
  /** The app's status; null where it did not answer. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Why there is no answer, or why it is incomplete; null for a complete one. */
  readonly error: string | null;
  readonly responseHeaders: readonly HeaderPair[];
  /** The first bytes of the answer's body (at most `KEPT_RESPONSE_BYTES`). */
  readonly responseBody: Buffer;
  /** Whether the body of a replay was changed first. */
  readonly edited: boolean;
  /** Whether a replay was signed again. */
  readonly resigned?: boolean;
}

/** The most bytes of an app's answer that are stored with a capture. */
export const KEPT_RESPONSE_BYTES = 16 * 1024;

/** A received request and its outcome. */
export interface Capture extends WebhookRequest {
  /** `cap_…`; ids sort by time. */
  readonly id: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  /** The payload's event type; null where it does not have one. */
  readonly event: string | null;
  /** The event's own id, else `sha256:<hex of the body>`: equal for every retry of one event. */
  readonly eventId: string;
  /** The result of verifying when the request was received. The command `verify` verifies again. */
  readonly verification: { readonly valid: boolean; readonly reason: Reason };
  /** Id of the first capture of the same event with the same `valid`; null for the first. */
  readonly duplicateOf: string | null;
  /** The status that the sender got; null where it is not known. */
  readonly answered: number | null;
  readonly forwards: readonly Forward[];
  /** Set if the request did not come over HTTP: `log` for a request from the delivery log. */
  readonly source?: 'log';
  /** When the capture was imported, ms since 1970. For these, `receivedAt` is the time from the recording. */
  readonly importedAt?: number;
}

/** A capture as it is first written: `answered` is null while the answer depends on the app. */
export interface NewCapture extends Omit<Capture, 'eventId' | 'duplicateOf' | 'forwards'> {
  /** The event's id from the payload or the headers; null if there is none: then the bytes identify the event. */
  readonly declaredEventId: string | null;
}

// Crockford's base 32: sorts like numbers, without characters that look alike.
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/** `cap_` + 9 characters of time (ms) + 7 random ones (35 bits), all lower-case. */
export function createCaptureId(receivedAt: number, random: Uint8Array): string {
  let time = '';
  for (let rest = receivedAt, i = 0; i < 9; i++, rest = Math.floor(rest / 32)) {
    time = `${ALPHABET.charAt(rest % 32)}${time}`;
  }
  let tail = '';
  for (let i = 0; i < 7; i++) tail += ALPHABET.charAt((random[i] ?? 0) % 32);
  return `cap_${time}${tail}`;
}
