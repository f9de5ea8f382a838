import { expect, it } from 'vitest';
import { isForegroundStat } from '../../src/system/foreground.ts';

it.each([
  ['the group of the terminal', '7 (node) S 1 7 5 34816 7 4194304 0', true],
  ['another group', '7 (node) S 1 7 5 34816 5 4194304 0', false],
  ['no terminal', '7 (node) S 1 7 5 0 -1 4194304 0', true],
  ['a name with spaces and parentheses', '7 (a) S 1 9 (b) S 1 7 5 34816 5 4194304 0', false],
])('%s', (_, stat, isForeground) => {
  expect(isForegroundStat(stat)).toBe(isForeground);
});
