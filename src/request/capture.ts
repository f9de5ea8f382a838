import type { HeaderPair, WebhookRequest } from './request.ts';
import type { Reason } from '../signature/verify.ts';

/** One try to pass a capture on: at once (`forward`) or later (`replay`). */
export interface Forward {
  readonly kind: 'forward' | 'replay';
  /** When it began, ms since 1970. */
  readonly at: number;
  readonly url: string;
  /** The app's status; null when no answer came. */
  readonly status: number | null;
  readonly durationMs: number;
  /** Why no answer came, or what cut the answer off; null when all went well. */
  readonly error: string | null;
  readonly responseHeaders: readonly HeaderPair[];
  /** The first bytes of the answer's body (at most `KEPT_RESPONSE_BYTES`). */
  readonly responseBody: Buffer;
  /** For a replay: the bytes or the signature were changed first. */
  readonly edited: boolean;
}

/** How much of an app's answer is kept with a capture. */
export const KEPT_RESPONSE_BYTES = 16 * 1024;

/** A recorded inbound request with what came of it. */
export interface Capture extends WebhookRequest {
  /** `cap_…`; ids sort by time. */
  readonly id: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  /** The payload's event type; null when it has none. */
  readonly event: string | null;
  /** The event's own id, else `sha256:<hex of the body>`: equal for every retry of one event. */
  readonly eventId: string;
  /** The verdict when it was received; `verify` judges anew. */
  readonly verification: { readonly valid: boolean; readonly reason: Reason };
  /** Id of the first capture of the same event with the same verdict; null for the first. */
  readonly duplicateOf: string | null;
  /** The status the sender got; null when it is not known. */
  readonly answered: number | null;
  readonly forwards: readonly Forward[];
}

/** A capture as it is first written: `answered` is null while the answer depends on the app. */
export interface NewCapture extends Omit<Capture, 'eventId' | 'duplicateOf' | 'forwards'> {
  /** The id its event carries; null where it carries none: then its bytes identify it. */
  readonly declaredEventId: string | null;
}

// Crockford's base 32: sorts like numbers, has no look-alikes.
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
