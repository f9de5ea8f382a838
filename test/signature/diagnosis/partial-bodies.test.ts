import { expect, it } from 'vitest';
import { partialBodies } from '../../../src/signature/diagnosis/partial-bodies.ts';
import { listFile, shownBytes, toList } from '../../support/lists.ts';

/** Characters of two, three and four bytes; longer than the smallest chunk. */
const BODY = Buffer.from('{"a":"éé","b":"€ 😀 €"}');

it('lists what code makes of the chunks of a body', async () => {
  const samples = [BODY, Buffer.from('{}\0\0'), Buffer.from('é')];
  const lines = samples.flatMap((body) =>
    [shownBytes(body)].concat(
      Array.from(
        partialBodies(body),
        ({ reason, name, bytes, isInner }) =>
          `  ${reason}${isInner === true ? ' (inner)' : ''}, ${name}: ${bytes.length > 100 ? `${bytes.length} bytes` : shownBytes(bytes)}`,
      ),
    ),
  );
  await expect(toList(lines)).toMatchFileSnapshot(listFile('partial-bodies'));
});

it('tries every border of a small body, and the likely ones of a large one', () => {
  const bordersOf = (length: number): number[] => {
    const borders: number[] = [];
    for (const { name, bytes } of partialBodies(Buffer.alloc(length, 'a'))) {
      if (name.includes('(the last chunk)')) borders.push(length - bytes.length);
      // What follows copies the body for each border.
      if (name.includes('between')) break;
    }
    return borders;
  };
  expect(bordersOf(1536)).toEqual(Array.from({ length: 1535 }, (_, at) => at + 1));
  expect(bordersOf(1537)).toEqual([1, 2, 3, 4, 1460, 1024, 1000]);
  expect(bordersOf(5000)).toEqual([
    1, 2, 3, 4, 4096, 1460, 2920, 4380, 1024, 2048, 3072, 1000, 2000, 3000, 4000,
  ]);
  expect(bordersOf(1_000_000)).toHaveLength(256);
});

it('joins the chunks of a larger body with what was between them', () => {
  const body = Buffer.alloc(2500, 'a');
  const joined = [...partialBodies(body)].filter(({ name }) => name.includes('between chunks of'));
  expect(joined.map(({ name, bytes }) => [name, bytes.length])).toEqual(
    [
      [',', 1],
      ['\\n', 1],
      ['\\r\\n', 2],
      [' ', 1],
      ['\\u0000', 1],
    ].flatMap(([mark, size]) =>
      [1024, 1000].map((chunk) => [
        `the body with "${mark}" between chunks of ${chunk} bytes`,
        2500 + 2 * Number(size),
      ]),
    ),
  );
  expect(joined[0]?.bytes.indexOf(',')).toBe(1024);
  expect(joined[0]?.bytes.lastIndexOf(',')).toBe(2049);
});
