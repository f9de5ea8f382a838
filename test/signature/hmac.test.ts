import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type Algorithm,
  ALGORITHMS,
  algorithmName,
  digestBytes,
  HmacKey,
} from '../../src/signature/hmac.ts';

const bytes = (length: number, start = 0): Buffer =>
  Buffer.from(Array.from({ length }, (_, at) => (start + at * 7) % 256));

/** The same MAC by Node alone. */
function wanted(algorithm: Algorithm, key: Buffer, ...parts: readonly Buffer[]): string {
  return createHmac(algorithm, key).update(Buffer.concat(parts)).digest('hex');
}

describe.each(ALGORITHMS)('%s', (algorithm) => {
  // Below, at and above the size of a block of every algorithm.
  it.each([0, 1, 64, 65, 72, 73, 104, 105, 128, 129, 136, 137, 144, 145, 300])(
    'with a key of %i bytes is the MAC of Node',
    (length) => {
      const key = bytes(length, 3);
      expect(new HmacKey(algorithm, key).hex(bytes(50))).toBe(wanted(algorithm, key, bytes(50)));
    },
  );

  it('is as long as it says, and has the name of the standard', () => {
    const hex = new HmacKey(algorithm, bytes(9)).hex(bytes(5));
    expect(hex).toHaveLength(2 * digestBytes(algorithm));
    const name = algorithmName(algorithm)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, '');
    expect(algorithm.replace('-', '')).toContain(name);
  });
});

describe('the parts of a message', () => {
  const key = bytes(20);
  const mac = new HmacKey('sha256', key);

  // 64 KiB is what is hashed in one call.
  it.each([
    [0, 0, 0],
    [3, 5, 7],
    [5, 0, 2],
    [64 * 1024, 0, 0],
    [64 * 1024, 1, 0],
    [64 * 1024 + 80, 0, 0],
    [64 * 1024 + 81, 0, 0],
    [64 * 1024 + 60, 10, 10],
    [64 * 1024 + 60, 10, 11],
    [100, 64 * 1024, 64 * 1024],
    [200_000, 9, 9],
  ])('of %i bytes, %i before and %i after them, are one message', (body, head, tail) => {
    const parts = [bytes(head, 1), bytes(body, 2), bytes(tail, 4)] as const;
    expect(mac.hex(parts[1], parts[0], parts[2])).toBe(wanted('sha256', key, ...parts));
  });

  it('may come one after the other, and the MAC be read in between', () => {
    const run = mac.start();
    expect(run.hex()).toBe(wanted('sha256', key));
    run.update(bytes(10)).update(bytes(200_000, 5));
    expect(run.hex(bytes(3))).toBe(wanted('sha256', key, bytes(10), bytes(200_000, 5), bytes(3)));
    expect(run.hex()).toBe(wanted('sha256', key, bytes(10), bytes(200_000, 5)));
  });
});
