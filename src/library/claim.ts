import { type FailureReason, WebhookVerificationError } from './errors.ts';

/** The body exactly as it was received. A string is taken as UTF-8. */
export type RawBody = string | Uint8Array | ArrayBuffer;

/** The value of `X-Relyable-Signature`, or the headers it is in (a fetch `Headers`). */
export type SignatureHeader =
  | string
  | readonly string[]
  | { get(name: string): string | null }
  | null
  | undefined;

/** The signing secret as the dashboard shows it; several while one replaces another. */
export type SigningSecret = string | readonly string[] | undefined;

/** A key that the signature may have been made with. */
interface ClaimKey {
  readonly text: string;
  /** `ok` for a secret as it was given; otherwise what is wrong with the one that was given. */
  readonly reason: 'ok' | 'secret_whitespace' | 'secret_quoted';
}

/** What is to be verified: everything that is needed before an HMAC is computed. */
export interface Claim {
  readonly body: string | Uint8Array;
  /** The values of the header, one for each time it was sent. */
  readonly values: readonly string[];
  readonly keys: readonly ClaimKey[];
}

/** Reads the arguments of `constructEvent`; throws where the caller's own are not usable. */
export function readClaim(body: RawBody, header: SignatureHeader, secret: SigningSecret): Claim {
  return { body: requireRaw(body), values: toValues(header), keys: toKeys(secret) };
}

/** A raw body as text or bytes; anything else is refused, because its bytes cannot be had back. */
export function requireRaw(body: RawBody): string | Uint8Array {
  if (typeof body === 'string') return body;
  // Not `instanceof`: in a test environment such as jsdom the classes are those of another realm.
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  }
  if (Object.prototype.toString.call(body) === '[object ArrayBuffer]') return new Uint8Array(body);
  throw fail('body_reserialized', `${describe(body)}. ${RAW_BODY}`);
}

const encoder = /* @__PURE__ */ new TextEncoder();

export function toBytes(body: string | Uint8Array): Uint8Array {
  return typeof body === 'string' ? encoder.encode(body) : body;
}

const RAW_BODY =
  "Pass the raw body: in Express use express.raw({ type: () => true, limit: '10mb' }) on this route, in NestJS { rawBody: true }, with fetch `await request.text()`";

function describe(body: unknown): string {
  if (body === null || body === undefined) return 'The body is missing';
  if (typeof (body as { then?: unknown }).then === 'function') return 'The body is a promise';
  const kind = Object.prototype.toString.call(body);
  if (!/ (Object|Array)\]$/.test(kind)) return `The body is ${kind}, and not its bytes or text`;
  return 'The body is a parsed object, and its bytes cannot be had back';
}

function toKeys(secret: SigningSecret): ClaimKey[] {
  const secrets: unknown = typeof secret === 'string' ? [secret] : secret;
  if (!isTexts(secrets) || secrets.length === 0 || secrets.includes('')) throw fail('secret_empty');
  return secrets.flatMap(keysOf);
}

/** A secret as it was given, and what it may have been meant to be. */
function keysOf(text: string): ClaimKey[] {
  const keys: ClaimKey[] = [{ text, reason: 'ok' }];
  const trimmed = text.trim();
  if (trimmed !== text && trimmed !== '') keys.push({ text: trimmed, reason: 'secret_whitespace' });
  const unquoted = /^(["'])(.+)\1$/s.exec(trimmed)?.[2];
  if (unquoted !== undefined) keys.push({ text: unquoted, reason: 'secret_quoted' });
  return keys;
}

function toValues(header: SignatureHeader): readonly string[] {
  if (header === null || header === undefined) return [];
  if (typeof header === 'string') return [header];
  if (isTexts(header)) return header;
  if (typeof (header as { get?: unknown }).get !== 'function') {
    throw new TypeError(
      'Expected the value of X-Relyable-Signature or a Headers object; in Node pass request.headers["x-relyable-signature"]',
    );
  }
  const value = (header as Headers).get('x-relyable-signature');
  return typeof value === 'string' ? [value] : [];
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

/** Longer header values are not examined, because that could take long. */
const MAX_HEADER_LENGTH = 1000;

/**
 * Whether the signature is the HMAC of one key, and if not, why. `macs` has the HMAC-SHA256 of the
 * bytes for each key, in lower-case hex. A reason other than the last is given only where it is proved:
 * the HMAC, written that way, is what came.
 */
export function judge({ values, keys }: Claim, macs: readonly string[]): 'ok' | FailureReason {
  const [first] = values;
  if (first === undefined) return 'signature_missing';
  if (values.every((value) => value.trim() === '')) return 'signature_empty';
  for (const [index, mac] of macs.entries()) {
    if (values.length === 1 && isSame(first, mac)) return keys[index]?.reason ?? 'ok';
  }
  if (first.length > MAX_HEADER_LENGTH) return 'secret_wrong_or_body_changed';
  const several = values.flatMap((value) => value.split(',')).map((value) => value.trim());
  for (const mac of macs) {
    if (several.length > 1 && several.some((value) => isSame(value, mac))) {
      return 'signature_multiple';
    }
    const notation = readNotation(first, mac);
    if (notation !== null) return notation;
  }
  return 'secret_wrong_or_body_changed';
}

/** The notation in which a header's value holds a MAC; null where it does not hold it. */
function readNotation(value: string, mac: string): FailureReason | null {
  const text = value.trim();
  if (text.length === 64 && isSame(text.toLowerCase(), mac)) {
    return text === value ? 'signature_uppercase' : 'signature_prefixed';
  }
  if (text.length > 64 && isSame(text.slice(-64).toLowerCase(), mac)) return 'signature_prefixed';
  // Fewer than 128 bits would tell a sender who guesses how much of a guess is right.
  if (/^[\da-f]{32,63}$/.test(text) && isSame(text, mac.slice(0, text.length))) {
    return 'signature_truncated';
  }
  const base64 = /^([\w+/-]{43})(=?)$/.exec(text);
  if (base64 === null) return null;
  const [, digits = '', padding] = base64;
  if (!isSame(toHex(atob(digits.replaceAll('-', '+').replaceAll('_', '/'))), mac)) return null;
  return padding === '' || /[-_]/.test(digits) ? 'signature_base64url' : 'signature_base64';
}

function toHex(latin1: string): string {
  return Array.from(latin1, (unit) => unit.charCodeAt(0).toString(16).padStart(2, '0')).join('');
}

/** Compares in a time that depends on the lengths alone. */
function isSame(value: string, expected: string): boolean {
  if (value.length !== expected.length) return false;
  let difference = 0;
  for (let at = 0; at < expected.length; at++) {
    difference |= value.charCodeAt(at) ^ expected.charCodeAt(at);
  }
  return difference === 0;
}

/** The error of a reason, with what to change. */
export function fail(
  reason: FailureReason,
  message = FIXES[reason] ?? NO_MATCH,
): WebhookVerificationError {
  return new WebhookVerificationError(reason, message);
}

const HEX = 'Send the 64 lower-case hex digits and nothing else';

const FIXES: Partial<Record<FailureReason, string>> = {
  signature_missing:
    'The request has no X-Relyable-Signature header. Send it through Relyable or `relyable webhooks trigger`; let proxies forward the header',
  signature_empty:
    'The X-Relyable-Signature header is empty. Set the signing secret where the request is sent',
  signature_multiple:
    'The request has several signatures. Look for a proxy that adds another X-Relyable-Signature header',
  signature_prefixed: `The signature has something before or after it. ${HEX}`,
  signature_uppercase: `The signature is in upper case. ${HEX}`,
  signature_base64: `The signature is in base64. ${HEX}`,
  signature_base64url: `The signature is in base64url. ${HEX}`,
  signature_truncated: `The signature was cut. ${HEX}`,
  secret_empty:
    'The signing secret is empty or not text. Set RELYABLE_WEBHOOK_SECRET and pass its value',
  secret_whitespace: 'The signing secret has white space around it. Trim it where it is read',
  secret_quoted: 'The signing secret has quotes around it. Remove them where it is set',
};

const NO_MATCH = `The signature does not match: another secret, or a body that was parsed and written again. ${RAW_BODY}. explainFailure of relyable/diagnosis, or \`relyable webhooks verify\`, finds the cause`;
