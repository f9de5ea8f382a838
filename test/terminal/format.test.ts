import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { formatSize, wrapParts, wrapText } from '../../src/terminal/format.ts';

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KB'],
  [1536, '1.5 KB'],
  [1024 ** 2 - 1, '1.0 MB'],
  [1024 ** 3 - 1, '1.0 GB'],
  [5000 * 1024 ** 3, '5000.0 GB'],
])('writes %i bytes as %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});

describe('wrapText', () => {
  it('breaks lines at words', () => {
    expect(wrapText('one two three four five six seven', '  ', 26)).toBe(
      'one two three four five\n  six seven',
    );
  });

  it('counts no columns for colours', () => {
    const { red } = new Chalk({ level: 1 });
    expect(wrapText(red('one two three four five'), '', 24)).toBe(red('one two three four five'));
  });

  it('counts two columns for a wide character', () => {
    expect(wrapText('日本語日本語 日本語日本語', '', 24)).toBe('日本語日本語\n日本語日本語');
  });

  it('keeps one line where no width is known', () => {
    expect(wrapText('word '.repeat(50), '', Infinity)).toBe('word '.repeat(50));
  });
});

it('keeps the columns before the first word', () => {
  expect(wrapText('  one two three four five six', '    ', 30)).toBe(
    '  one two three four five\n    six',
  );
});

describe('wrapParts', () => {
  const parts = ['→ 200   12 ms', '', 'http://localhost:3000/hook', '1 of 2'];

  it.each([
    [Infinity, '→ 200   12 ms  http://localhost:3000/hook  1 of 2'],
    [49, '→ 200   12 ms  http://localhost:3000/hook  1 of 2'],
    [48, '→ 200   12 ms  http://localhost:3000/hook\n  1 of 2'],
    [40, '→ 200   12 ms\n  http://localhost:3000/hook  1 of 2'],
    [30, '→ 200   12 ms\n  http://localhost:3000/hook\n  1 of 2'],
  ])('fills %s columns', (columns, lines) => {
    expect(wrapParts(parts, '  ', columns)).toBe(lines);
  });

  it('wraps a part that is longer than a line at words', () => {
    expect(wrapParts(['head  ', 'one two three four five six seven'], '  ', 26)).toBe(
      'head\n  one two three four five\n  six seven',
    );
  });
});
