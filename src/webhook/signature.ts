import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * The signature Relyable sends: lower-case hex HMAC-SHA256 of the body bytes, keyed with the
 * secret's UTF-8 bytes as they are (vendor page, "Verifying Webhooks").
 */
export function signPayload(payload: Uint8Array, secret: string | Uint8Array): string {
  return createHmac('sha256', secret).update(payload).digest('hex');
}

/**
 * Whether a received header value is the signature of these bytes. The comparison takes the same
 * time for every value of the right length; values of another length are refused without one.
 */
export function isSignatureOf(
  value: string,
  payload: Uint8Array,
  secret: string | Uint8Array,
): boolean {
  const expected = Buffer.from(signPayload(payload, secret), 'latin1');
  const received = Buffer.from(value, 'utf8');
  return received.length === expected.length && timingSafeEqual(received, expected);
}
