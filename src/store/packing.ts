/**
 * Values in one buffer and one list of numbers. Another thread gets the buffer handed over; cloning
 * the same values one by one costs ten times as much.
 */
export interface Packed {
  readonly numbers: readonly number[];
  readonly buffer: ArrayBuffer;
}

/** No number we keep; says null. */
const NULL = -1;

/** Writes values one after another. */
export class Packer {
  private readonly numbers: number[] = [];
  private buffer: Buffer;
  private at = 0;

  /** Into that buffer, or into a larger one where it is too small. */
  constructor(buffer: ArrayBuffer) {
    this.buffer = Buffer.from(buffer);
  }

  get size(): number {
    return this.at;
  }

  /** A number from 0 up, or null. */
  number(value: number | null): void {
    this.numbers.push(value ?? NULL);
  }

  /** Written as UTF-8. */
  text(value: string | null): void {
    if (value === null) {
      this.numbers.push(NULL);
      return;
    }
    // A UTF-16 unit takes at most three bytes.
    this.reserve(value.length * 3);
    const size = this.buffer.write(value, this.at);
    this.numbers.push(size);
    this.at += size;
  }

  bytes(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.numbers.push(value.length);
    this.at += value.length;
  }

  finish(): Packed {
    return { numbers: this.numbers, buffer: this.buffer.buffer as ArrayBuffer };
  }

  private reserve(size: number): void {
    const wanted = this.at + size;
    if (wanted <= this.buffer.length) return;
    const larger = Buffer.from(new ArrayBuffer(2 ** Math.ceil(Math.log2(wanted))));
    this.buffer.copy(larger, 0, 0, this.at);
    this.buffer = larger;
  }
}

/** Reads the values back in the same order. The bytes are views: they last as long as the buffer is here. */
export class Unpacker {
  private readonly numbers: readonly number[];
  private readonly buffer: Buffer;
  private index = 0;
  private at = 0;

  constructor({ numbers, buffer }: Packed) {
    this.numbers = numbers;
    this.buffer = Buffer.from(buffer);
  }

  number(): number | null {
    const value = this.numbers[this.index++] ?? NULL;
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
    if (size === null) return null;
    this.at += size;
    return this.buffer.subarray(this.at - size, this.at);
  }
}
