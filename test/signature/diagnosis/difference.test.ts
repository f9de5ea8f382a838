import { expect, it } from 'vitest';
import { findDifference, printableBytes } from '../../../src/signature/diagnosis/difference.ts';

const LONG = 'x'.repeat(30);

it.each([
  ['abc', 'abd', 2, ['ab', 'c'], ['ab', 'd']],
  ['abc', 'ab', 2, ['ab', 'c'], ['ab', '']],
  ['ab', 'abc', 2, ['ab', ''], ['ab', 'c']],
  ['', 'a', 0, ['', ''], ['', 'a']],
  [`${LONG}a${LONG}`, `${LONG}b`, 30, [LONG.slice(6), `a${LONG.slice(7)}`], [LONG.slice(6), 'b']],
])('%j and %j differ at %i', (received, signed, offset, before, after) => {
  const excerpt = ([first, rest]: readonly string[]): object => ({
    before: Buffer.from(first ?? ''),
    after: Buffer.from(rest ?? ''),
  });
  expect(findDifference(Buffer.from(received), Buffer.from(signed))).toEqual({
    offset,
    received: excerpt(before),
    signed: excerpt(after),
  });
});

it('finds none between equal bytes', () => {
  expect(findDifference(Buffer.from('a'), Buffer.from('a'))).toBeNull();
});

it('escapes what is not printable ASCII', () => {
  expect(printableBytes(Buffer.from('a ~\n\r\t\0\x7fé'))).toBe('a ~\\n\\r\\t\\x00\\x7f\\xc3\\xa9');
});
