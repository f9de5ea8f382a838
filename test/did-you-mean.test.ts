import { expect, it } from 'vitest';
import { didYouMean } from '../src/did-you-mean.ts';

const EVENTS = ['test_run.completed', 'test_run.failed'];

it.each([
  ['a letter too few', 'test_run.faild', 'did you mean test_run.failed?'],
  ['two letters swapped', 'test_run.fialed', 'did you mean test_run.failed?'],
  ['upper case', 'TEST_RUN.FAILED', 'did you mean test_run.failed?'],
  ['the first letters', 'test_', 'did you mean test_run.completed?'],
  ['too few first letters', 'tes', undefined],
  ['another word', 'banana', undefined],
])('%s', (_, word, hint) => {
  expect(didYouMean(word, EVENTS)).toBe(hint);
});

it('shows the name as it is typed', () => {
  expect(didYouMean('stagng', ['staging'], (name) => `--profile ${name}`)).toBe(
    'did you mean --profile staging?',
  );
});
