import { expect, it } from 'vitest';
import { displayWidth, truncate, truncateStart } from '../../src/terminal/width.ts';

it.each([
  ['', 0],
  ['plain', 5],
  ['naïve', 5],
  ['nai\u0308ve', 5],
  ['日本', 4],
  ['ﾊﾝｶｸ', 4],
  ['✓ →', 3],
  ['🙂', 2],
  ['❤️', 2],
  // Joined emoji and flags count as their parts: more than some terminals show, never less.
  ['👩‍💻', 4],
  ['🇩🇪', 4],
])('%j takes at most %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});

it.each([
  ['fits', 4, 'fits'],
  ['too long', 5, 'too …'],
  ['日本語', 6, '日本語'],
  ['日本語', 5, '日本…'],
  // A wide character that would stick out by half is left out.
  ['日本語', 4, '日…'],
  ['👩‍💻👩‍💻', 7, '👩‍💻…'],
  ['abc', 1, '…'],
  ['abc', 0, ''],
])('%j in %i columns is %j', (text, columns, expected) => {
  const cut = truncate(text, columns, '…');
  expect(cut).toBe(expected);
  expect(displayWidth(cut)).toBeLessThanOrEqual(columns);
});

it.each([
  ['test_run.failed', 15, 'test_run.failed'],
  ['test_run.failed', 9, '…n.failed'],
  ['日本語', 5, '…本語'],
  ['日本語', 4, '…語'],
  ['a', 0, ''],
])('cuts %s to %i columns at its start: %s', (text, columns, cut) => {
  expect(truncateStart(text, columns, '…')).toBe(cut);
});
