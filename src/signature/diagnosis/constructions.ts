import { createHash } from 'node:crypto';
import type { Reason } from '../verify.ts';
import { type Algorithm, HmacKey } from '../hmac.ts';

/** A way to combine the secret and the body that some senders use instead of HMAC(secret, body). */
export interface Construction {
  readonly reason: Reason;
  /** Completes "the signature matches …". */
  readonly name: string;
  readonly fix: string;
  /** The digest, lower-case hex. */
  readonly compute: (algorithm: Algorithm, secret: Buffer, body: Buffer) => string;
}

const NOT_HMAC =
  "Compute an HMAC, with the secret as its key: `createHmac('sha256', secret).update(body).digest('hex')`.";

function hash(algorithm: Algorithm, parts: readonly (Buffer | string)[]): string {
  const run = createHash(algorithm);
  for (const part of parts) run.update(part);
  return run.digest('hex');
}

function hmac(algorithm: Algorithm, key: Buffer | string, body: Buffer | string): string {
  return new HmacKey(algorithm, Buffer.from(key)).hex(Buffer.from(body));
}

const plain = (name: string, compute: Construction['compute'], fix = NOT_HMAC): Construction => ({
  reason: 'algorithm_other',
  name,
  fix,
  compute,
});

const MARKS = ['.', ':', '\n', '|', '&', '-', ' '] as const;

/** Hashes without HMAC, swapped arguments, and HMACs of a hash. */
export const CONSTRUCTIONS: readonly Construction[] = [
  plain('the plain hash of the body and then the secret, hash(body + secret)', (a, secret, body) =>
    hash(a, [body, secret]),
  ),
  plain('the plain hash of the secret and then the body, hash(secret + body)', (a, secret, body) =>
    hash(a, [secret, body]),
  ),
  plain('the plain hash of the secret, the body and the secret', (a, secret, body) =>
    hash(a, [secret, body, secret]),
  ),
  plain(
    'the plain hash of the body, without the secret',
    (a, _, body) => hash(a, [body]),
    `${NOT_HMAC} A hash without the secret proves nothing.`,
  ),
  plain('the plain hash of the secret, without the body', (a, secret) => hash(a, [secret])),
  plain(
    'an HMAC whose arguments are swapped: the body is the key, and the secret the message',
    (a, secret, body) => hmac(a, body, secret),
    'Swap the arguments: the secret is the key, and the body the message (PHP hash_hmac($algo, $data, $key); Python hmac.new(key, msg)).',
  ),
  plain('the HMAC of the secret with itself as key', (a, secret) => hmac(a, secret, secret)),
  ...MARKS.flatMap((mark) => [
    plain(`the plain hash of body, ${JSON.stringify(mark)} and secret`, (a, secret, body) =>
      hash(a, [body, mark, secret]),
    ),
    plain(`the plain hash of secret, ${JSON.stringify(mark)} and body`, (a, secret, body) =>
      hash(a, [secret, mark, body]),
    ),
  ]),
  ...(['sha256', 'sha1', 'md5', 'sha512'] as const).flatMap((inner) => {
    const words = inner === 'md5' ? 'MD5' : inner.replace('sha', 'SHA-');
    const digest = (body: Buffer): Buffer => createHash(inner).update(body).digest();
    const fix = `Compute the HMAC over the raw body itself, not over its ${words}.`;
    return [
      plain(
        `the HMAC over the ${words} of the body in hex`,
        (a, secret, body) => hmac(a, secret, digest(body).toString('hex')),
        fix,
      ),
      plain(
        `the HMAC over the ${words} of the body as bytes`,
        (a, secret, body) => hmac(a, secret, digest(body)),
        fix,
      ),
      plain(
        `the HMAC over the ${words} of the body in base64`,
        (a, secret, body) => hmac(a, secret, digest(body).toString('base64')),
        fix,
      ),
    ];
  }),
  ...macOfMac(),
];

/** An HMAC whose digest is hashed again. */
function macOfMac(): Construction[] {
  const fix = 'Send the digest of the HMAC itself, in hex, without hashing it again.';
  const forms: readonly [string, (hex: string) => Buffer][] = [
    ['in hex', (hex) => Buffer.from(hex)],
    ['as bytes', (hex) => Buffer.from(hex, 'hex')],
    ['in base64', (hex) => Buffer.from(Buffer.from(hex, 'hex').toString('base64'))],
    ['in upper-case hex', (hex) => Buffer.from(hex.toUpperCase())],
  ];
  return forms.flatMap(([name, write]) => [
    plain(
      `the HMAC of the HMAC ${name}`,
      (a, secret, body) => hmac(a, secret, write(hmac(a, secret, body))),
      fix,
    ),
    plain(
      `the plain hash of the HMAC ${name}`,
      (a, secret, body) => hash(a, [write(hmac(a, secret, body))]),
      fix,
    ),
  ]);
}
