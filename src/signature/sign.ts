import { timingSafeEqual } from 'node:crypto';
import { HmacKey } from './hmac.ts';

/**
 * The signature Relyable sends: lower-case hex HMAC-SHA256 of the body bytes, keyed with the
 * secret's unchanged UTF-8 bytes (vendor page, "Verifying Webhooks").
 */
export function signPayload(payload: Uint8Array, secret: string | Uint8Array): string {
  return new HmacKey('sha256', Buffer.from(secret)).hex(payload);
}

/** `signPayload` for many payloads and one secret. */
export function createSigner(secret: string): (payload: Uint8Array) => string {
  const key = new HmacKey('sha256', Buffer.from(secret, 'utf8'));
  return (payload) => key.hex(payload);
}

/** Size of a signature in bytes. */
const SIGNATURE_SIZE = 64;
const received = Buffer.alloc(SIGNATURE_SIZE);
const wanted = Buffer.alloc(SIGNATURE_SIZE);

/**
 * Whether a received header value, which may be any text, is the expected signature. The comparison
 * takes the same time for every value of the right length; other lengths are never equal.
 */
export function isSameSignature(value: string, expected: string): boolean {
  if (Buffer.byteLength(value) !== SIGNATURE_SIZE) return false;
  received.write(value);
  wanted.write(expected);
  return timingSafeEqual(received, wanted);
}
