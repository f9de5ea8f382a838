import { createHash, createHmac, getHashes, hash, type Hash } from 'node:crypto';

/** Relyable's algorithm, and two that senders use by mistake. */
export const COMMON_ALGORITHMS = ['sha256', 'sha1', 'sha512'] as const;

/** The hashes that a signature may be made with: sizes of block and digest in bytes, and the usual name. */
const HASHES = {
  sha256: { block: 64, digest: 32, name: 'SHA-256' },
  sha1: { block: 64, digest: 20, name: 'SHA-1' },
  sha512: { block: 128, digest: 64, name: 'SHA-512' },
  sha384: { block: 128, digest: 48, name: 'SHA-384' },
  sha224: { block: 64, digest: 28, name: 'SHA-224' },
  md5: { block: 64, digest: 16, name: 'MD5' },
  'sha512-256': { block: 128, digest: 32, name: 'SHA-512/256' },
  'sha512-224': { block: 128, digest: 28, name: 'SHA-512/224' },
  'sha3-256': { block: 136, digest: 32, name: 'SHA3-256' },
  'sha3-224': { block: 144, digest: 28, name: 'SHA3-224' },
  'sha3-384': { block: 104, digest: 48, name: 'SHA3-384' },
  'sha3-512': { block: 72, digest: 64, name: 'SHA3-512' },
  ripemd160: { block: 64, digest: 20, name: 'RIPEMD-160' },
  blake2s256: { block: 64, digest: 32, name: 'BLAKE2s' },
  blake2b512: { block: 128, digest: 64, name: 'BLAKE2b' },
} as const;

export type Algorithm = keyof typeof HASHES;

const MAX_BLOCK_BYTES = 144;

/** The algorithms that this build of Node has, the common ones first. */
export const ALGORITHMS: readonly Algorithm[] = (() => {
  const available = new Set(getHashes().map((name) => name.toLowerCase()));
  return (Object.keys(HASHES) as Algorithm[]).filter((name) => available.has(name));
})();

/** The digest's length in bytes. */
export function digestBytes(algorithm: Algorithm): number {
  return HASHES[algorithm].digest;
}

/** The name in standards, e.g. `SHA-256`. */
export function algorithmName(algorithm: Algorithm): string {
  return HASHES[algorithm].name;
}

/**
 * Up to this size, key pad and message are copied into one buffer and hashed in one call. This avoids a
 * hash object for each MAC and its garbage collection, and halves the time of a search.
 */
const ONE_CALL_BYTES = 64 * 1024;

const scratch = Buffer.alloc(MAX_BLOCK_BYTES + ONE_CALL_BYTES);
/** The part of `scratch` that was hashed last. */
let message = scratch.subarray(0, 0);
const NONE = Buffer.alloc(0);

/** An HMAC key (RFC 2104), prepared once to compute many MACs. */
export class HmacKey {
  private readonly algorithm: Algorithm;
  private readonly key: Uint8Array;
  private readonly innerPad: Buffer;
  /** The outer pad, with room for the inner digest after it. */
  private readonly outer: Buffer;

  constructor(algorithm: Algorithm, key: Uint8Array) {
    const size = HASHES[algorithm].block;
    const block = key.length > size ? createHash(algorithm).update(key).digest() : key;
    const pad = (byte: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length, byte);
      for (let at = 0; at < block.length; at++) bytes[at] = byte ^ (block[at] ?? 0);
      return bytes;
    };
    this.algorithm = algorithm;
    this.key = key;
    this.innerPad = pad(0x36, size);
    this.outer = pad(0x5c, size + HASHES[algorithm].digest);
  }

  /** The MAC of three parts in a row, lower-case hex. */
  hex(bytes: Uint8Array, head: Uint8Array = NONE, tail: Uint8Array = NONE): string {
    const size = this.innerPad.length;
    const length = size + head.length + bytes.length + tail.length;
    if (length > scratch.length) {
      const hmac = createHmac(this.algorithm, this.key).update(head).update(bytes);
      return hmac.update(tail).digest('hex');
    }
    scratch.set(this.innerPad);
    if (head.length > 0) scratch.set(head, size);
    scratch.set(bytes, size + head.length);
    if (tail.length > 0) scratch.set(tail, size + head.length + bytes.length);
    // A search tries many keys on one body, so the next message often has the same length.
    if (message.length !== length) message = scratch.subarray(0, length);
    return this.finish(hash(this.algorithm, message, 'binary'));
  }

  /** Starts a MAC over bytes that are given part by part. */
  start(): HmacRun {
    const inner = createHash(this.algorithm).update(this.innerPad);
    return new HmacRun(inner, (digest) => this.finish(digest));
  }

  /** A digest is a latin1 string here: strings are collected more cheaply than buffers. */
  private finish(innerDigest: string): string {
    this.outer.write(innerDigest, this.innerPad.length, 'latin1');
    return hash(this.algorithm, this.outer, 'hex');
  }
}

/**
 * A MAC that can be read and then continued. The MACs of every prefix, or of a body with and without a
 * line end, take a single pass over the bytes.
 */
export class HmacRun {
  private readonly inner: Hash;
  private readonly finish: (innerDigest: string) => string;

  constructor(inner: Hash, finish: (innerDigest: string) => string) {
    this.inner = inner;
    this.finish = finish;
  }

  update(bytes: Uint8Array): this {
    this.inner.update(bytes);
    return this;
  }

  /** The MAC of the bytes so far followed by `tail`, lower-case hex. */
  hex(tail: Uint8Array = NONE): string {
    return this.finish(this.inner.copy().update(tail).digest('binary'));
  }
}
