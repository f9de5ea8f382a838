import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { wrapText } from '../../src/terminal/format.ts';

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
