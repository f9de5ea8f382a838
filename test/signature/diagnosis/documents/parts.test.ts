import { expect, it, vi } from 'vitest';
import { numberNode, objectNode, stringNode } from '../../../../src/json/tree.ts';
import { joinedParts } from '../../../../src/signature/diagnosis/documents/parts.ts';

const five = objectNode([
  ['a', numberNode('1')],
  ['b', numberNode('2')],
  ['c', numberNode('3')],
  ['event', stringNode('x')],
  ['data', objectNode([['id', numberNode('4')]])],
]);

it('joins two and three of the first five members, in any order, with six marks', () => {
  const texts = Array.from(joinedParts(five), ({ bytes }) => bytes.toString());
  expect(texts).toHaveLength((5 * 4 + 5 * 4 * 3) * 6);
  expect(new Set(texts).size).toBe(texts.length);
  expect(texts).toContain('x.{"id":4}');
  expect(texts).toContain('1:x:{"id":4}');
});

it('makes one text at a time: each may be as long as the body', () => {
  const made = vi.spyOn(Buffer, 'from');
  joinedParts(five).next();
  expect(made).toHaveBeenCalledOnce();
  made.mockRestore();
});
