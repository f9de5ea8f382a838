import { createHash, createHmac } from 'node:crypto';
import { serialisePayload } from '../../relyable/payload.ts';
import type { JsonObject, JsonValue } from '../../json/json-value.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import type { Tamper } from '../../signature/tamper-kinds.ts';
import type { Refusal, SigningContext } from './check-case.ts';

/**
 * A mistake in the verification that makes a handler refuse genuine events. A handler that accepts
 * `signature` with the plain body, and refuses the right signature, makes this mistake.
 */
export interface SigningMistake extends Pick<Refusal, 'topic' | 'headline' | 'fix'> {
  /** What is sent, e.g. `the signature with the prefix "sha256="`. */
  readonly sent: string;
  readonly signature: (context: SigningContext) => string;
  readonly expects?: Tamper | undefined;
}

const RAW_KEY_FIX =
  'use the secret as it is, as UTF-8: no decoding, and nothing cut off or added to it';

function hmac(algorithm: string, key: string | Buffer, data: string | Buffer): string {
  return createHmac(algorithm, key).update(data).digest('hex');
}

/** The signature is right, but expected in another form. */
const NOTATIONS: readonly SigningMistake[] = (
  [
    ['prefix', 'the signature with the prefix "sha256="', (right) => `sha256=${right}`],
    ['uppercase', 'the signature in upper case', (right) => right.toUpperCase()],
    ['base64', 'the signature in base64', (right) => toBase64(right)],
    [undefined, 'the signature in base64url', (right) => toBase64(right, 'base64url')],
  ] as ReadonlyArray<readonly [Tamper | undefined, string, (right: string) => string]>
).map(([expects, sent, write]) => ({
  topic: 'other-notation',
  headline: `your handler expects ${sent}`,
  sent,
  signature: ({ right }) => write(right),
  expects,
}));

function toBase64(hex: string, encoding: 'base64' | 'base64url' = 'base64'): string {
  return Buffer.from(hex, 'hex').toString(encoding);
}

/** Something else than the bytes of the body is signed. */
const BODIES: readonly SigningMistake[] = (
  [
    ['JSON.stringify of the Buffer', (body) => JSON.stringify(body)],
    ['an empty body', () => ''],
    ['"{}" instead of the body', () => '{}'],
    ['"[object Object]" instead of the body', () => '[object Object]'],
    ['"undefined" instead of the body', () => 'undefined'],
    ['"null" instead of the body', () => 'null'],
    ["Python's str() of the bytes", (body) => `b'${body.toString('utf8')}'`],
    ['the hex digits of the body', (body) => body.toString('hex')],
    ['the body in base64', (body) => body.toString('base64')],
    ['the body with a newline added', (body) => `${body.toString('utf8')}\n`],
  ] as ReadonlyArray<readonly [string, (body: Buffer) => string]>
).map(([what, write]) => ({
  topic: 'signs-other-bytes',
  headline: `your handler signs ${what}`,
  sent: `a signature of ${what}`,
  signature: ({ body, secret }) => hmac('sha256', secret, write(body)),
}));

/** The body is parsed and written again in a form that no wire format has. */
const WRITERS: readonly SigningMistake[] = (
  [
    ['sorted keys', (json) => serialisePayload(sortKeys(json), 'compact')],
    ['sorted keys and spaces', (json) => serialisePayload(sortKeys(json), 'spaced')],
    ['four spaces of indent', (json) => Buffer.from(JSON.stringify(json, null, 4))],
    [
      'escaped slashes',
      (json) => Buffer.from(JSON.stringify(json).replaceAll('/', String.raw`\/`)),
    ],
    ['only its data', (json) => Buffer.from(JSON.stringify((json as JsonObject)['data']))],
  ] as ReadonlyArray<readonly [string, (json: JsonValue) => Buffer]>
).map(([what, write]) => ({
  topic: 'reserialised',
  sent: `a signature of the body written again with ${what}`,
  signature: ({ body, secret }) =>
    hmac('sha256', secret, write(JSON.parse(body.toString('utf8')) as JsonValue)),
}));

function sortKeys(value: JsonValue): JsonValue {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: JsonValue) => sortKeys(item));
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([key, child]) => [key, sortKeys(child)]));
}

/** The key is not the secret's own bytes. */
const KEYS: readonly SigningMistake[] = (
  [
    ['as an empty text: it is not set', () => ''],
    ['with a newline at its end', (secret) => `${secret}\n`],
    ['in quotes', (secret) => `"${secret}"`],
    ['without the white space around it', (secret) => secret.trim()],
    ['without "whsec_"', (secret) => secret.replace(/^whsec_/, '')],
    ['decoded from base64', (secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')],
    ['decoded from hex', (secret) => Buffer.from(secret.replace(/^whsec_/, ''), 'hex')],
    ['hashed with SHA-256', (secret) => createHash('sha256').update(secret).digest()],
  ] as ReadonlyArray<readonly [string, (secret: string) => string | Buffer]>
).map(([what, write]) => ({
  topic: 'other-key',
  headline: `your handler uses the secret ${what}`,
  fix: RAW_KEY_FIX,
  sent: `a signature made with the secret ${what}`,
  signature: ({ body, secret }) => hmac('sha256', write(secret), body),
}));

/** Another computation. */
const COMPUTATIONS: readonly SigningMistake[] = (
  [
    [
      'key and message swapped',
      ({ body, secret }) => hmac('sha256', body, secret),
      "the secret is the key and the body is the message: `createHmac('sha256', secret).update(body).digest('hex')`, `hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()`",
    ],
    ['SHA-1', ({ body, secret }) => hmac('sha1', secret, body), 'use SHA-256'],
    ['SHA-512', ({ body, secret }) => hmac('sha512', secret, body), 'use SHA-256'],
    [
      'SHA-256 of secret and body, without HMAC',
      ({ body, secret }) => createHash('sha256').update(secret).update(body).digest('hex'),
      'use HMAC with SHA-256',
    ],
    [
      'SHA-256 of body and secret, without HMAC',
      ({ body, secret }) => createHash('sha256').update(body).update(secret).digest('hex'),
      'use HMAC with SHA-256',
    ],
  ] as ReadonlyArray<readonly [string, (context: SigningContext) => string, string]>
).map(([what, signature, fix]) => ({
  topic: 'other-algorithm',
  headline: `your handler computes ${what}`,
  fix,
  sent: `a signature made with ${what}`,
  signature,
}));

const MISTAKES = [...NOTATIONS, ...BODIES, ...WRITERS, ...KEYS, ...COMPUTATIONS];

/** Every mistake that can be distinguished from the right computation, the likely ones first. */
export function listSigningMistakes(known: readonly SecretCandidate[]): readonly SigningMistake[] {
  const others = known.map(({ source, value }): SigningMistake => ({
    topic: 'other-key',
    headline: `your handler has another secret: ${source}`,
    fix: `use one secret for both: the app has the one from ${source}`,
    sent: `a signature made with the secret from ${source}`,
    signature: ({ body }) => hmac('sha256', value, body),
  }));
  return [...MISTAKES, ...others];
}
