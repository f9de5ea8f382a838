import { expect, it } from 'vitest';
import { likelyLengths } from '../../../src/signature/diagnosis/prefixes.ts';

const lengths = (body: string | Buffer, contentLength?: string): number[] =>
  likelyLengths(
    Buffer.from(body),
    contentLength === undefined ? [] : [['Content-Length', contentLength]],
  );

/** All whole numbers from one to another, both included. */
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

it('are all lengths near the end of a body, in order', () => {
  expect(lengths('abcde')).toEqual([1, 2, 3, 4]);
  expect(lengths('x'.repeat(300))).toEqual(range(44, 299));
  expect(lengths('x')).toEqual([]);
  expect(lengths('')).toEqual([]);
});

const X = 'x'.repeat(400);

it.each<[name: string, body: string, contentLength: string | undefined, more: number[]]>([
  ['the end of the first JSON value', `{"a":1}${X}`, undefined, [7]],
  ['the announced length', X, '12', [12]],
  ['line ends', `ab\ncd\n${X}`, undefined, [2, 3, 5, 6]],
  ['nothing for a length that is not a number', X, 'many', []],
  ['nothing for half a byte', X, '1.5', []],
  ['nothing for no byte', X, '0', []],
  ['nothing for less than no byte', X, '-3', []],
  ['nothing for the whole body', X, '400', []],
  ['nothing for more than the body', X, '500', []],
])('has %s', (_, body, contentLength, more) => {
  expect(lengths(body, contentLength)).toEqual([
    ...more,
    ...range(body.length - 256, body.length - 1),
  ]);
});

it('has round lengths', () => {
  expect(lengths('x'.repeat(3100)).filter((length) => length < 3100 - 256)).toEqual([
    1000, 1024, 2000, 2048,
  ]);
  expect(lengths('x'.repeat(2000))).not.toContain(2000);
});

it('has a limited number of lengths', () => {
  const round = lengths(Buffer.alloc(10_000_000, 'x'));
  expect(round).toHaveLength(4096 + 256);
  expect(round).toEqual(round.toSorted((a, b) => a - b));
  // 0, before the first line feed, is not a length.
  expect(lengths('\n'.repeat(100_000))).toHaveLength(8192 + 256 - 1);
});
