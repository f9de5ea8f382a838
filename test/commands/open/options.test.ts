import { expect, it } from 'vitest';
import { openCommand } from '../../../src/commands/open/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

it('takes a page, an id and --print', () => {
  expect(parseOptions(openCommand, ['docs'])).toEqual({ print: false });
  expect(parseOptions(openCommand, ['run', 'run_1', '--print'])).toEqual({ print: true });
  expect(() => parseOptions(openCommand, [])).toThrow('page');
});
