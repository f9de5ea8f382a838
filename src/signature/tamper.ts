import { SIGNATURE_HEADER, type HeaderPair } from '../request/request.ts';
import { signPayload } from './sign.ts';
import type { Tamper } from './tamper-kinds.ts';

/** The headers and body to send. */
export interface SignedRequest {
  readonly headers: readonly HeaderPair[];
  readonly body: Buffer;
  /** The signature header's value; null when the header is left out. */
  readonly signature: string | null;
}

/**
 * A payload signed as Relyable signs it. Relyable does not publish its other headers, so there are
 * only a content type and our own user agent.
 */
export function signRequest(body: Buffer, secret: string, userAgent: string): SignedRequest {
  return withSignature(body, signPayload(body, secret), userAgent);
}

/** The same request, altered in one way; everything else stays correct. */
export function tamperRequest(
  body: Buffer,
  secret: string,
  userAgent: string,
  tamper: Tamper,
): SignedRequest {
  const signature = signPayload(body, secret);
  const signed = (value: string | null, bytes = body): SignedRequest =>
    withSignature(bytes, value, userAgent);
  switch (tamper) {
    case 'body':
      return signed(signature, changeOneByte(body));
    case 'signature':
      return signed(`${signature.startsWith('0') ? '1' : '0'}${signature.slice(1)}`);
    case 'secret':
      return signed(signPayload(body, `${secret}-not-the-secret`));
    case 'missing':
      return signed(null);
    case 'empty':
      return signed('');
    case 'prefix':
      return signed(`sha256=${signature}`);
    case 'uppercase':
      return signed(signature.toUpperCase());
    case 'base64':
      return signed(Buffer.from(signature, 'hex').toString('base64'));
    case 'truncated':
      return signed(signature.slice(0, 32));
  }
}

/** Changes one letter or digit of the payload, so that JSON stays JSON; adds a space if the body has none. */
function changeOneByte(body: Buffer): Buffer {
  const at = body.toString('latin1').search(/[a-z0-9](?=[^a-z0-9]*$)/);
  if (at === -1) return Buffer.concat([body, Buffer.from(' ')]);
  const changed = Buffer.from(body);
  const old = body[at] ?? 0;
  const isDigit = old >= 0x30 && old <= 0x39;
  const other = isDigit ? (old === 0x31 ? 0x32 : 0x31) : old === 0x61 ? 0x62 : 0x61;
  changed[at] = other;
  return changed;
}

/** A request with this signature, right or wrong; null leaves the header out. */
export function withSignature(
  body: Buffer,
  signature: string | null,
  userAgent: string,
): SignedRequest {
  const headers: HeaderPair[] = [
    ['Content-Type', 'application/json'],
    ['User-Agent', userAgent],
  ];
  if (signature !== null) headers.push([SIGNATURE_HEADER, signature]);
  return { headers, body, signature };
}
