import { expect, it } from 'vitest';
import {
  chooseReporters,
  parseReporter,
  type Reporter,
} from '../../../src/commands/check/reporter.ts';

const reporters = (...texts: string[]): Reporter[] =>
  texts.map((text) => parseReporter(text, '--reporter'));

it.each([
  [[], false, ['pretty']],
  [[], true, ['json']],
  [['json'], true, ['json']],
  [['tap'], false, ['tap']],
  [['junit=a.xml'], false, ['junit=a.xml']],
  [['pretty', 'github', 'junit=a.xml'], false, ['pretty', 'github', 'junit=a.xml']],
  [['markdown', 'github'], false, ['markdown', 'github']],
])('%j with --json %s become %j', (asked, isJson, chosen) => {
  expect(chooseReporters(reporters(...asked), isJson)).toEqual(reporters(...chosen));
});

it.each([
  [['junit', 'tap'], false, '--reporter junit=report.txt'],
  [['pretty'], true, '--reporter pretty=report.txt'],
  [['github', 'tap'], false, '--reporter github=report.txt'],
])('%j with --json %s are two reports on stdout', (asked, isJson, hint) => {
  expect(() => chooseReporters(reporters(...asked), isJson)).toThrow(
    expect.objectContaining({ code: 'USAGE', hint: `give one a file: ${hint}` }),
  );
});
