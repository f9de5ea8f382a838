import { describe, expect, it } from 'vitest';
import { verifyCommand, type VerifyOptions } from '../../../src/commands/verify/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

const parse = (...args: string[]): VerifyOptions => parseOptions(verifyCommand, args);

describe('the options of verify', () => {
  it('have their defaults', () => {
    expect(parse()).toEqual({ explain: false, secret: [], secretFile: [] });
  });

  it('are parsed, and accumulate where they are repeatable', () => {
    const args = ['--format', 'har', '--explain', '--framework', 'next-pages', '--junit', 'a.xml'];
    expect(parse(...args, '--secret-file', 'a', '--secret-file', 'b')).toEqual({
      format: 'har',
      explain: true,
      framework: 'next-pages',
      junit: 'a.xml',
      secret: [],
      secretFile: ['a', 'b'],
    });
  });

  it.each([
    [['--junit', 'a', '--junit', 'b'], { message: '--junit is given twice; it takes one value' }],
    [['--format', 'httpp'], { hint: 'did you mean http?' }],
    [['--framework', 'expres'], { hint: 'did you mean express?' }],
  ])('refuse %j', (args, problem) => {
    expect(() => parse(...args)).toThrow(expect.objectContaining({ code: 'USAGE', ...problem }));
  });
});
