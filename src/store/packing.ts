/** Each number takes so many bytes. */
const NUMBER_BYTES = 8;
/** No number we keep; says null. */
const NULL = -1;

export interface Packed {
  readonly memory: SharedArrayBuffer;
  readonly size: number;
}

/**
 * Writes values one after another into memory that two threads share: handing a buffer over or
 * cloning values costs several times as much, and makes the collector of either thread count it anew.
 */
export class Packer {
  private memory: SharedArrayBuffer;
  private buffer: Buffer;
  private at = 0;

  /** Into that memory, or into more where it is too small. */
  constructor(memory: SharedArrayBuffer) {
    this.memory = memory;
    this.buffer = Buffer.from(memory);
  }

  /** A number from 0 up, or null. */
  number(value: number | null): void {
    this.reserve(NUMBER_BYTES);
    this.at = this.buffer.writeDoubleLE(value ?? NULL, this.at);
  }

  /** Written as UTF-8. */
  text(value: string | null): void {
    if (value === null) {
      this.number(null);
      return;
    }
    // A UTF-16 unit takes at most three bytes.
    this.reserve(NUMBER_BYTES + value.length * 3);
    const size = this.buffer.write(value, this.at + NUMBER_BYTES);
    this.buffer.writeDoubleLE(size, this.at);
    this.at += NUMBER_BYTES + size;
  }

  bytes(value: Uint8Array): void {
    this.number(value.length);
    this.rawBytes(value);
  }

  /** Without their number. */
  rawBytes(value: Uint8Array): void {
    this.reserve(value.length);
    // `set` copies into shared memory word by word; `fill` copies it as it is, six times as fast.
    if (value.length > 0) this.buffer.fill(value, this.at, this.at + value.length);
    this.at += value.length;
  }

  /** Where it was written, and how many bytes from its begin. */
  finish(): Packed {
    return { memory: this.memory, size: this.at };
  }

  private reserve(size: number): void {
    const wanted = this.at + size;
    if (wanted <= this.buffer.length) return;
    const memory = new SharedArrayBuffer(2 ** Math.ceil(Math.log2(wanted)));
    const larger = Buffer.from(memory);
    this.buffer.copy(larger, 0, 0, this.at);
    this.memory = memory;
    this.buffer = larger;
  }
}

/** Reads the values back in the same order. The bytes are views: they last as long as what they are of. */
export class Unpacker {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(packed: Buffer) {
    this.buffer = packed;
  }

  number(): number | null {
    const value = this.buffer.readDoubleLE(this.at);
    this.at += NUMBER_BYTES;
    return value === NULL ? null : value;
  }

  text(): string {
    const size = this.number() ?? 0;
    this.at += size;
    return this.buffer.toString('utf8', this.at - size, this.at);
  }

  bytes(): Uint8Array {
    return this.bytesOrNull() ?? this.buffer.subarray(0, 0);
  }

  bytesOrNull(): Uint8Array | null {
    const size = this.number();
    return size === null ? null : this.rawBytes(size);
  }

  rawBytes(size: number): Uint8Array {
    this.at += size;
    return this.buffer.subarray(this.at - size, this.at);
  }

  /** How far it has read. */
  position(): number {
    return this.at;
  }
}
