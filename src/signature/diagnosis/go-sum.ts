import type { Key } from './keys.ts';
import type { Match } from './candidates.ts';

const FIX =
  'In Go, call `mac.Write(body)` first and then `mac.Sum(nil)`: the argument of Sum is not signed, the MAC is appended to it.';
const NOTHING = Buffer.alloc(0);
const MAC_BYTES = 32;

/** `mac.Sum(body)`: the body with the MAC of nothing after it, in hex or base64. */
export function findGoSum(
  values: readonly string[],
  keys: readonly Key[],
  body: Buffer,
): Match | null {
  for (const value of values) {
    const text = value.trim();
    const isHex = /^[0-9a-f]+$/i.test(text);
    if (!isHex && !/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) continue;
    const bytes = Buffer.from(text, isHex ? 'hex' : 'base64');
    if (bytes.length <= MAC_BYTES) continue;
    const mac = bytes.subarray(-MAC_BYTES).toString('hex');
    const front = bytes.subarray(0, -MAC_BYTES).equals(body) ? 'the body' : 'other bytes';
    for (const key of keys) {
      if (key.mac('sha256').hex(NOTHING) !== mac) continue;
      return {
        key,
        reading: {
          algorithm: 'sha256',
          hex: mac,
          cut: 'none',
          reasons: ['signature_prefixed', ...(isHex ? [] : (['signature_base64'] as const))],
          notes: [
            `has ${front} in front of it, as Go's mac.Sum(body) writes it${isHex ? '' : ', in base64'}`,
          ],
        },
        candidate: {
          reasons: ['body_truncated'],
          name: 'an empty body (nothing was written to the HMAC)',
          bytes: NOTHING,
          fixes: { body_truncated: FIX, signature_prefixed: FIX },
        },
      };
    }
  }
  return null;
}
