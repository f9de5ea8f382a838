import { expect, it } from 'vitest';
import { REASON_WORDS } from '../../src/signature/reason-words.ts';

it('has a few words of its own for each reason', () => {
  const words = Object.values(REASON_WORDS);
  expect(new Set(words).size).toBe(words.length);
  expect(words.filter((text) => text === '' || text.length > 32)).toEqual([]);
});
