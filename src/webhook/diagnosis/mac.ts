import { createHash, type Hash } from 'node:crypto';

export const ALGORITHMS = ['sha256', 'sha1', 'sha512'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const BLOCK_BYTES: Readonly<Record<Algorithm, number>> = { sha256: 64, sha1: 64, sha512: 128 };

/**
 * An HMAC key (RFC 2104) with both pads hashed once. Built on plain hashes because Node's Hmac
 * cannot be copied: the MACs of a body and of the same body with a line end, or of every prefix,
 * then cost one pass over the bytes.
 */
export class MacKey {
  private readonly inner: Hash;
  private readonly outer: Hash;

  constructor(algorithm: Algorithm, key: Uint8Array) {
    const size = BLOCK_BYTES[algorithm];
    const block = key.length > size ? createHash(algorithm).update(key).digest() : key;
    const pad = (byte: number): Buffer => {
      const bytes = Buffer.alloc(size, byte);
      for (const [at, value] of block.entries()) bytes[at] = byte ^ value;
      return bytes;
    };
    this.inner = createHash(algorithm).update(pad(0x36));
    this.outer = createHash(algorithm).update(pad(0x5c));
  }

  start(): MacRun {
    return new MacRun(this.inner.copy(), this.outer);
  }
}

/** A MAC in the making; asking for it does not end it. */
export class MacRun {
  private readonly inner: Hash;
  private readonly outer: Hash;

  constructor(inner: Hash, outer: Hash) {
    this.inner = inner;
    this.outer = outer;
  }

  update(bytes: Uint8Array): this {
    this.inner.update(bytes);
    return this;
  }

  /** The MAC of the bytes so far, lower-case hex. */
  hex(): string {
    return this.outer.copy().update(this.inner.copy().digest()).digest('hex');
  }

  /** The MAC of the bytes so far and these. */
  hexWith(bytes: Uint8Array): string {
    return this.outer.copy().update(this.inner.copy().update(bytes).digest()).digest('hex');
  }

  /** The MAC of the bytes so far; the run cannot be used afterwards (saves a copy). */
  end(): string {
    return this.outer.copy().update(this.inner.digest()).digest('hex');
  }
}
