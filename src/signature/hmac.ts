import { createHash, createHmac, hash, type Hash } from 'node:crypto';

export const ALGORITHMS = ['sha256', 'sha1', 'sha512'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const BLOCK_BYTES: Readonly<Record<Algorithm, number>> = { sha256: 64, sha1: 64, sha512: 128 };
const DIGEST_BYTES: Readonly<Record<Algorithm, number>> = { sha256: 32, sha1: 20, sha512: 64 };
const MAX_BLOCK_BYTES = 128;

/**
 * Up to this size, key pad and message are copied together and hashed in one call. Without a hash
 * object for each MAC, and its collection, a search takes half the time.
 */
const ONE_CALL_BYTES = 64 * 1024;

const scratch = Buffer.alloc(MAX_BLOCK_BYTES + ONE_CALL_BYTES);
const NONE = Buffer.alloc(0);

/** An HMAC key (RFC 2104); made once, it computes many MACs. */
export class HmacKey {
  private readonly algorithm: Algorithm;
  private readonly key: Uint8Array;
  private readonly innerPad: Buffer;
  /** The outer pad, with room for the inner digest after it. */
  private readonly outer: Buffer;

  constructor(algorithm: Algorithm, key: Uint8Array) {
    const size = BLOCK_BYTES[algorithm];
    const block = key.length > size ? createHash(algorithm).update(key).digest() : key;
    const pad = (byte: number, length: number): Buffer => {
      const bytes = Buffer.alloc(length, byte);
      for (const [at, value] of block.entries()) bytes[at] = byte ^ value;
      return bytes;
    };
    this.algorithm = algorithm;
    this.key = key;
    this.innerPad = pad(0x36, size);
    this.outer = pad(0x5c, size + DIGEST_BYTES[algorithm]);
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
    scratch.set(head, size);
    scratch.set(bytes, size + head.length);
    scratch.set(tail, size + head.length + bytes.length);
    return this.finish(hash(this.algorithm, scratch.subarray(0, length), 'binary'));
  }

  /** A MAC over bytes that are given part by part. */
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
 * A MAC that can continue after it was read, so that the MACs of every prefix, or of a body with and
 * without a line end, cost one pass over the bytes.
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

  /** The MAC of the bytes so far and these, lower-case hex. */
  hex(tail: Uint8Array = NONE): string {
    return this.finish(this.inner.copy().update(tail).digest('binary'));
  }
}
