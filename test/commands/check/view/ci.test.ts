import { describe, expect, test } from 'vitest';
import type { CaseResult } from '../../../../src/commands/check/run-battery.ts';
import { summarise } from '../../../../src/commands/check/summary.ts';
import {
  formatCheckGithub,
  formatCheckJunit,
  formatCheckMarkdown,
  formatCheckTap,
} from '../../../../src/commands/check/view/ci.ts';
import {
  type CheckReport,
  groupByCause,
  repeatCommand,
} from '../../../../src/commands/check/view/report.ts';
import { formatAnnotation } from '../../../../src/terminal/github.ts';

const HOSTILE = 'got "a|b" <b> & 100%\n::error::x\u001b[2J, ]]>';

const PASSED: CaseResult = {
  id: 'refuses.body',
  section: 'refuses',
  title: 'refuses a changed body',
  severity: 'error',
  outcome: 'passed',
  sent: ['test_run.completed, one byte changed'],
  answers: [{ status: 401, durationMs: 1, error: null, body: '' }],
  durationMs: 1,
  finding: null,
  skipReason: null,
};

function failed(
  id: string,
  severity: 'error' | 'warning',
  headline = 'a forged request is accepted',
): CaseResult {
  return {
    ...PASSED,
    id,
    severity,
    outcome: 'failed',
    finding: {
      topic: 'forged-accepted',
      severity,
      headline,
      message: HOSTILE,
      why: 'why it matters',
      fix: 'how to fix it',
      recipe: null,
      at: 0,
    },
  };
}

const SKIPPED: CaseResult = { ...PASSED, id: 'refuses.empty', outcome: 'skipped', skipReason: 'x' };

function report(...results: CaseResult[]): CheckReport {
  return {
    url: 'http://localhost:3000/hook',
    seed: 7,
    framework: null,
    results,
    summary: summarise(results),
    durationMs: 12,
    repeatOptions: [],
    failOn: 'error',
  };
}

const ALL = report(
  PASSED,
  failed('refuses.missing', 'error'),
  failed('x.y', 'warning', 'another finding'),
  SKIPPED,
);

describe('a report for machines', () => {
  test('as JUnit fails where the exit code does', () => {
    expect(formatCheckJunit(ALL, 'error')).toContain('" skipped="1">');
    const strict = formatCheckJunit(ALL, 'warning');
    expect(strict).toContain('failures="2"');
    expect(strict).not.toContain('\u001b');
    expect(strict).toContain('&lt;b&gt; &amp; 100%');
  });

  test('as TAP is one line for a result, with what was said below it', () => {
    const lines = formatCheckTap(ALL, 'error').split('\n');
    expect(lines.slice(0, 2)).toEqual(['TAP version 14', '1..4']);
    expect(lines.filter((line) => /^(not )?ok /.test(line))).toEqual([
      'ok 1 - refuses.body refuses a changed body',
      'not ok 2 - refuses.missing refuses a changed body',
      'not ok 3 - x.y refuses a changed body # TODO a warning',
      'ok 4 - refuses.empty refuses a changed body # SKIP x',
    ]);
    const result = lines.find((line) => line.startsWith('  result: ')) ?? '';
    expect(JSON.parse(result.slice('  result: '.length))).toContain('\\n::error::x\\u{1b}[2J');
  });

  test('for GitHub is one command to a line, whatever it says', () => {
    const lines = formatCheckGithub(ALL).split('\n');
    expect(lines.map((line) => line.split(' ')[0])).toEqual(['::error', '::warning', '::notice']);
    expect(lines[0]).toContain('100%25\\n::error::x\\u{1b}[2J');
  });

  test('as Markdown keeps to its table', () => {
    const row = formatCheckMarkdown(ALL)
      .split('\n')
      .find((line) => line.startsWith('| ❌'));
    expect(row).toContain('a\\|b');
    expect(row).toContain('&lt;b>');
    expect(row?.split(/(?<!\\)\|/)).toHaveLength(7);
    expect(formatCheckMarkdown(report(PASSED))).toContain('No findings.');
  });
});

test('an annotation escapes what the runner unescapes', () => {
  expect(formatAnnotation('error', 'a: b, c%', ['one', 'two: 50%'])).toBe(
    '::error title=a%3A b%2C c%25::one%0Atwo: 50%25',
  );
});

test('cases of one cause are one annotation', () => {
  const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
  const text = formatCheckGithub(report(...ids.map((id) => failed(id, 'error'))));
  const [annotation, notice, ...rest] = text.split('\n');
  expect(rest).toEqual([]);
  expect(annotation).toContain('::cases: a, b, c, d, e and 2 more%0A');
  expect(notice).toContain('errors alone fail the run (--fail-on error, the default)');
});

test('findings of one cause stand together, the weightiest first', () => {
  const one = failed('a', 'warning');
  const two = failed('b', 'error');
  const items = [one, two].map((result) => ({ result, finding: result.finding! }));
  expect(groupByCause(items).map((group) => group.map(({ result }) => result.id))).toEqual([
    ['b', 'a'],
  ]);
});

test('the command that repeats a case quotes what a shell would read', () => {
  const url = "http://localhost:3000/hook?a=1&b='x'";
  expect(repeatCommand({ url, seed: 3, repeatOptions: ['--allow-remote'] }, 'refuses.body')).toBe(
    `relyable webhooks check 'http://localhost:3000/hook?a=1&b='\\''x'\\''' --only refuses.body --seed 3 --allow-remote`,
  );
});

describe('the grade', () => {
  const graded = (...results: CaseResult[]): string => summarise(results).grade;
  const finding = (
    topic: 'not-200' | 'body-limit' | 'forged-accepted',
    severity: 'error' | 'warning',
  ): CaseResult => {
    const base = failed('x', severity);
    return { ...base, section: 'robust', finding: { ...base.finding!, topic } };
  };

  test.for([
    [[PASSED], 'A'],
    [[finding('body-limit', 'warning')], 'B'],
    [[finding('body-limit', 'error'), finding('body-limit', 'warning')], 'C'],
    [[finding('not-200', 'error'), finding('body-limit', 'error')], 'D'],
    [[finding('not-200', 'error'), finding('forged-accepted', 'error')], 'F'],
  ] as const)('%#: %s', ([results, grade]) => {
    expect(graded(...results)).toBe(grade);
  });
});
