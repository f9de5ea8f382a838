import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/**
 * The signature Relyable sends: lower-case hex HMAC-SHA256 of the body bytes, keyed with the
 * secret's UTF-8 bytes as they are (vendor page, "Verifying Webhooks").
 */
export function signPayload(payload: Uint8Array, secret: string | Uint8Array): string {
  return createHmac('sha256', secret).update(payload).digest('hex');
}

/** SHA-256's block, bytes. */
const BLOCK = 64;
/** From here on copying a payload costs more than an Hmac object. */
const LARGE_PAYLOAD_BYTES = 64 * 1024;

/**
 * `signPayload` for many payloads and one secret: HMAC as RFC 2104 §2 writes it, over one-shot
 * hashes. Node's Hmac objects outlive young-generation collections, which at thousands a second
 * costs more than the hashing.
 */
export function createSigner(secret: string): (payload: Uint8Array) => string {
  const bytes = Buffer.from(secret, 'utf8');
  const key = bytes.length > BLOCK ? hash('sha256', bytes, 'buffer') : bytes;
  const inner = Buffer.alloc(BLOCK, 0x36);
  const outer = Buffer.alloc(BLOCK + 32, 0x5c);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  return (payload) => {
    if (payload.length > LARGE_PAYLOAD_BYTES) return signPayload(payload, secret);
    const message = Buffer.allocUnsafe(BLOCK + payload.length);
    message.set(inner);
    message.set(payload, BLOCK);
    outer.set(hash('sha256', message, 'buffer'), BLOCK);
    return hash('sha256', outer, 'hex');
  };
}

/**
 * Whether a received header value is the expected signature; any text may come. The comparison takes
 * the same time for every value of the right length; values of another length are refused without one.
 */
export function isSameSignature(value: string, expected: string): boolean {
  const [received, wanted] = [Buffer.from(value, 'utf8'), Buffer.from(expected, 'utf8')];
  return received.length === wanted.length && timingSafeEqual(received, wanted);
}
