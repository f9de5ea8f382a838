import { describe, expect, it } from 'vitest';
import type { ExpectationReport } from '../../../../src/commands/kit/expectations/expectations.ts';
import {
  type Ending,
  expectationsView,
  formatExpectationsGithub,
  formatExpectationsJunit,
  formatExpectationsMarkdown,
} from '../../../../src/commands/kit/expectations/expectations-view.ts';
import { createTerminal } from '../../../../src/terminal/terminal.ts';
import { testContext } from '../../../support/context.ts';

const SUBJECT = { command: 'logs tail', one: 'attempt', many: 'attempts' };

const MET: ExpectationReport = {
  verdict: 'met',
  expectations: [
    { event: 'test_run.completed', expected: 2, received: 2, isMet: true, mismatches: [] },
    { event: 'agent.score_dropped', expected: 0, received: 0, isMet: true, mismatches: [] },
  ],
  deliveries: 2,
  others: {},
  failures: [],
};

const MISSED: ExpectationReport = {
  verdict: 'waiting',
  expectations: [
    {
      event: 'test_run.completed',
      expected: 2,
      received: 1,
      isMet: false,
      mismatches: [
        { id: 'cap_1', why: 'answered 500' },
        { id: 'cap_2', why: 'data.score>=80: it is 7\u001b' },
      ],
    },
    { event: 'agent.score_dropped', expected: 0, received: 0, isMet: true, mismatches: [] },
  ],
  deliveries: 4,
  others: { 'a|<b': 1, '(none)': 2 },
  failures: [],
};

const FAILED: ExpectationReport = {
  verdict: 'impossible',
  expectations: [],
  deliveries: 1,
  others: { x: 1 },
  failures: [{ id: 'cap_9', why: 'its signature is invalid' }],
};

const NONE: ExpectationReport = { ...FAILED, verdict: 'met', deliveries: 2, failures: [] };

function textOf(report: ExpectationReport, ending: Ending): string | null {
  return expectationsView(report, ending, SUBJECT).text(createTerminal(testContext(), {}));
}

describe('the verdict as text', () => {
  it('that everything was received', () => {
    expect(textOf(MET, 'verdict')).toBe(
      '✓ as expected\n  ✓ test_run.completed: expected 2, received 2\n  ✓ agent.score_dropped: expected none, received 0',
    );
  });

  it('names what is missing, what did not count, and what else was received', () => {
    expect(textOf(MISSED, 'time')).toBe(
      [
        '✗ not as expected: the time limit was reached',
        '  ✗ test_run.completed: expected 2, received 1',
        '      cap_1 did not count: answered 500',
        String.raw`      cap_2 did not count: data.score>=80: it is 7\u{1b}`,
        '  ✓ agent.score_dropped: expected none, received 0',
        '  also received: 1 × a|<b, 2 × (none)',
      ].join('\n'),
    );
  });

  it('without expectations names failures and the number of all', () => {
    expect(textOf(FAILED, 'app')).toBe(
      '✗ not as expected: the app ended\n  ✗ cap_9: its signature is invalid\n  1 attempt',
    );
    expect(textOf(NONE, 'verdict')).toBe('✓ as expected\n  2 attempts');
  });

  it.each<[Ending, string]>([
    ['url-change', 'the public address changed'],
    ['verdict', 'the expectations can no longer be met'],
    ['time', 'the time limit was reached'],
    ['app', 'the app ended'],
    ['signal', 'the command was stopped'],
    ['failure', 'a delivery failed for good'],
  ])('says what ended the waiting: %s', (ending, words) => {
    expect(textOf(MISSED, ending)?.split('\n')[0]).toBe(`✗ not as expected: ${words}`);
  });

  it('names the time limit only where more could have arrived', () => {
    expect(textOf({ ...MISSED, verdict: 'impossible' }, 'time')).toContain('can no longer be met');
    expect(textOf({ ...MISSED, verdict: 'impossible' }, 'app')).toContain('the app ended');
  });
});

it('the verdict as JSON has every number', () => {
  expect(expectationsView(MISSED, 'time', SUBJECT).json()).toEqual({
    type: 'expectations',
    v: 1,
    met: false,
    ending: 'time',
    verdict: 'waiting',
    expectations: MISSED.expectations.map(({ received, ...rest }) => ({ ...rest, came: received })),
    deliveries: 4,
    others: MISSED.others,
    failures: [],
  });
  expect(expectationsView(MET, 'verdict', SUBJECT).json()).toMatchObject({ met: true });
});

describe('the JUnit report', () => {
  const junit = (report: ExpectationReport, ending: Ending = 'time'): string =>
    formatExpectationsJunit(report, ending, SUBJECT, 1500);

  it('has a case for each expectation', () => {
    const text = junit(MISSED);
    expect(text).toContain('name="relyable webhooks logs tail"');
    expect(text).toContain('tests="2" failures="1"');
    expect(text).toMatch(/<testcase [^>]*name="test_run.completed × 2"[^>]*>\s*<failure/);
    expect(text).toMatch(/<testcase [^>]*name="no agent.score_dropped"[^>]*\/>/);
    expect(text).toContain('classname="relyable.logs.tail"');
    expect(text).toContain('time="1.500"');
    expect(text).toContain('message="test_run.completed: expected 2, received 1"');
    expect(text).toContain(
      [
        'test_run.completed: expected 2, received 1',
        'cap_1 did not count: answered 500',
        String.raw`cap_2 did not count: data.score&gt;=80: it is 7\u{1b}`,
        'also received: 1 × a|&lt;b, 2 × (none)',
        'ended because the time limit was reached',
      ].join('\n'),
    );
  });

  it('has one case for all where nothing was expected', () => {
    expect(junit(FAILED)).toContain('message="1 attempt; the expectations can no longer be met"');
    expect(junit(FAILED)).toContain('cap_9: its signature is invalid');
    expect(junit(FAILED)).toContain('name="deliveries"');
    expect(junit(NONE)).toContain('failures="0"');
    expect(junit(NONE)).not.toContain('<failure');
  });

  it('says nothing of other events where there are none', () => {
    expect(junit({ ...MISSED, others: {} })).not.toContain('also received');
  });
});

describe('annotations for GitHub', () => {
  it('are one for each expectation that is not met', () => {
    const text = formatExpectationsGithub(MISSED, 'signal', SUBJECT);
    expect(text.split('\n')).toHaveLength(1);
    expect(text).toMatch(
      /^::error title=test_run.completed not as expected::test_run.completed: expected 2, received 1%0Acap_1 did/,
    );
    expect(text).toMatch(/%0Aended because the command was stopped$/);
    const both = MISSED.expectations.map((state) => ({ ...state, isMet: false }));
    const two = formatExpectationsGithub({ ...MISSED, expectations: both }, 'time', SUBJECT);
    expect(two.split('\n')).toHaveLength(2);
  });

  it('are one for all without expectations, and none where all is as expected', () => {
    expect(formatExpectationsGithub(FAILED, 'app', SUBJECT)).toBe(
      '::error title=relyable webhooks logs tail::1 attempt; the app ended%0Acap_9: its signature is invalid',
    );
    expect(formatExpectationsGithub(MET, 'verdict', SUBJECT)).toBe('');
    expect(formatExpectationsGithub(NONE, 'verdict', SUBJECT)).toBe('');
  });
});

describe('the summary for GitHub', () => {
  it('is a table with a row for each expectation', () => {
    const odd = { ...MISSED.expectations[0]!, event: 'a|<b' };
    const report = { ...MISSED, expectations: [odd, MISSED.expectations[1]!] };
    expect(formatExpectationsMarkdown(report, 'time', SUBJECT)).toBe(
      [
        '### relyable webhooks logs tail: not as expected, the time limit was reached',
        '',
        '| | event | expected | received | did not count |',
        '|---|---|---|---|---|',
        String.raw`| ❌ | a\|&lt;b | 2 | 1 | answered 500; data.score>=80: it is 7\u{1b} |`,
        '| ✅ | agent.score_dropped | 0 | 0 |  |',
        '',
        '',
      ].join('\n'),
    );
  });

  it('is a line without expectations', () => {
    expect(formatExpectationsMarkdown(NONE, 'verdict', SUBJECT)).toBe(
      '### relyable webhooks logs tail: as expected\n\n2 attempts\n\n',
    );
  });
});
