import { createCipheriv, createDecipheriv, hash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { RelyableError } from '../errors.ts';
import { EnvelopeProblem } from './envelope.ts';

/** A key of `--encrypt-key-file`: AES-256, and the name by which messages refer to it. */
export interface SealingKey {
  /** The first 4 bytes of the key's SHA-256 as hex, which identify the key without revealing it. */
  readonly id: string;
  readonly bytes: Buffer;
}

/** The first key seals; each key opens. A second key is one that is being replaced. */
export type SealingKeys = readonly [SealingKey, ...SealingKey[]];

const MAGIC = Buffer.from('RLS1', 'latin1');
const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = MAGIC.length + ID_BYTES + NONCE_BYTES;

/** The values of the first encrypted byte: whether the rest is compressed. */
const PLAIN = 0;
const DEFLATED = 1;
/** Only messages of these sizes are compressed. For small ones it gains nothing; for large ones it delays other requests. */
const COMPRESSED_FROM = 256;
const COMPRESSED_TO = 2 * 1024 * 1024;
/** The size of the largest request (`--max-body`), with room for its head. */
const MAX_OPENED_BYTES = 260 * 1024 * 1024;

/** The keys of a file's text: one or two lines of 64 hex digits, as `openssl rand -hex 32` writes. */
export function parseSealingKeys(text: string, origin: string): SealingKeys {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
  const keys = lines.map((line): SealingKey => {
    if (!/^[0-9a-f]{64}$/i.test(line)) {
      throw new RelyableError('SECRET_INVALID', `${origin}: expected lines of 64 hex digits`, {
        hint: 'openssl rand -hex 32 makes a key',
      });
    }
    const bytes = Buffer.from(line, 'hex');
    return { id: hash('sha256', bytes).slice(0, ID_BYTES * 2), bytes };
  });
  const [first, ...more] = keys;
  if (first === undefined || more.length > 1) {
    throw new RelyableError(
      'SECRET_INVALID',
      `${origin}: expected one or two keys, got ${keys.length}`,
      { hint: 'openssl rand -hex 32 makes a key; the first one seals, each one opens' },
    );
  }
  return [first, ...more];
}

/**
 * Seals a message: `RLS1`, key id, nonce, then the encrypted message and its tag. This adds 37 bytes. The
 * message is compressed first if that makes it smaller. `random` creates the nonce.
 */
export function seal(message: Buffer, key: SealingKey, random: (size: number) => Buffer): Buffer {
  const nonce = random(NONCE_BYTES);
  const header = Buffer.concat([MAGIC, Buffer.from(key.id, 'hex'), nonce]);
  const cipher = createCipheriv('aes-256-gcm', key.bytes, nonce);
  cipher.setAAD(header);
  const { form, bytes } = compress(message);
  return Buffer.concat([
    header,
    cipher.update(Buffer.of(form)),
    cipher.update(bytes),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

/**
 * Opens a sealed message. A message that is not sealed is returned unchanged. Throws SECRET_INVALID if the key
 * is not known, because skipping the message would lose a request, and EnvelopeProblem if it was changed.
 */
export function unseal(message: Buffer, keys: readonly SealingKey[]): Buffer {
  const id = sealedWith(message);
  if (id === null) return message;
  const key = keys.find((candidate) => candidate.id === id);
  if (key !== undefined) return openSealed(message, key);
  const known = keys.map((candidate) => candidate.id).join(' and ');
  throw new RelyableError(
    'SECRET_INVALID',
    `the relay seals requests with key ${id}, expected ${known === '' ? 'none: there is no --encrypt-key-file' : known}`,
    { hint: 'give the file with that key: --encrypt-key-file <file>' },
  );
}

function compress(message: Buffer): { form: number; bytes: Buffer } {
  if (message.length >= COMPRESSED_FROM && message.length <= COMPRESSED_TO) {
    const bytes = deflateRawSync(message, { level: 1 });
    if (bytes.length < message.length) return { form: DEFLATED, bytes };
  }
  return { form: PLAIN, bytes: message };
}

/** The id of the key that a message is sealed with; null if it is not sealed. */
export function sealedWith(message: Buffer): string | null {
  const isSealed =
    message.length >= HEADER_BYTES && message.subarray(0, MAGIC.length).equals(MAGIC);
  return isSealed ? message.subarray(MAGIC.length, MAGIC.length + ID_BYTES).toString('hex') : null;
}

/** Decrypts a sealed message. Throws EnvelopeProblem if it was changed or truncated. */
export function openSealed(sealed: Buffer, key: SealingKey): Buffer {
  const header = sealed.subarray(0, HEADER_BYTES);
  const end = sealed.length - TAG_BYTES;
  if (end <= HEADER_BYTES) throw new EnvelopeProblem('it is cut off');
  const nonce = header.subarray(MAGIC.length + ID_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key.bytes, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(header);
  decipher.setAuthTag(sealed.subarray(end));
  let opened: Buffer;
  try {
    opened = Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES, end)), decipher.final()]);
  } catch (cause) {
    throw new EnvelopeProblem('it was changed or cut after it was sealed', { cause });
  }
  return opened[0] === DEFLATED
    ? inflateRawSync(opened.subarray(1), { maxOutputLength: MAX_OPENED_BYTES })
    : opened.subarray(1);
}
