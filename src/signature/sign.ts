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
/** Above this size, copying a payload costs more than an Hmac object. */
const LARGE_PAYLOAD_BYTES = 64 * 1024;

/**
 * `signPayload` for many payloads and one secret: HMAC as in RFC 2104 §2, over one-shot hashes and
 * in memory that is reused. At thousands of payloads a second, collecting Node's Hmac objects and
 * new buffers costs more than the hashing.
 */
export function createSigner(secret: string): (payload: Uint8Array) => string {
  const bytes = Buffer.from(secret, 'utf8');
  const key = bytes.length > BLOCK ? hash('sha256', bytes, 'buffer') : bytes;
  const outer = Buffer.alloc(BLOCK + 32, 0x5c);
  let inner = Buffer.alloc(BLOCK, 0x36);
  for (const [index, byte] of key.entries()) {
    inner[index] = byte ^ 0x36;
    outer[index] = byte ^ 0x5c;
  }
  return (payload) => {
    if (payload.length > LARGE_PAYLOAD_BYTES) return signPayload(payload, secret);
    const size = BLOCK + payload.length;
    if (size > inner.length) inner = Buffer.concat([inner], size * 2);
    inner.set(payload, BLOCK);
    outer.write(hash('sha256', inner.subarray(0, size), 'binary'), BLOCK, 'latin1');
    return hash('sha256', outer, 'hex');
  };
}

/** Size of a signature, in characters and in bytes. */
const SIGNATURE_SIZE = 64;
const received = Buffer.alloc(SIGNATURE_SIZE);
const wanted = Buffer.alloc(SIGNATURE_SIZE);

/**
 * Whether a received header value, which may be any text, is the expected signature. The comparison
 * takes the same time for every value of the right length; other lengths are never equal.
 */
export function isSameSignature(value: string, expected: string): boolean {
  if (value.length !== SIGNATURE_SIZE || Buffer.byteLength(value) !== SIGNATURE_SIZE) return false;
  received.write(value);
  wanted.write(expected);
  return timingSafeEqual(received, wanted);
}
