import { expect, it } from 'vitest';
import { RelyableError } from '../../src/errors.ts';
import { formatError } from '../../src/terminal/error.ts';
import { displayWidth } from '../../src/terminal/width.ts';

const error = new RelyableError('USAGE', `expected ${'a word '.repeat(30)}\nsecond line`, {
  hint: `try ${'another '.repeat(20)}`,
});

it.each([60, 80])('wraps an error and its hint at words to %i columns', (columns) => {
  const lines = formatError(error, columns).split('\n');
  expect(lines.filter((line) => displayWidth(line) > columns)).toEqual([]);
  const later = lines.filter((line) => !/^(error|hint): /.test(line));
  expect(later.every((line) => line.startsWith('  '))).toBe(true);
});

it('keeps its lines where no width is known', () => {
  expect(formatError(error).split('\n')).toHaveLength(3);
});
