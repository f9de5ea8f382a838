import { expect, it } from 'vitest';
import { formatJunit } from '../../src/terminal/junit.ts';
import { junitProblems } from '../support/junit-schemas.ts';

it('writes suites and cases with their counts', () => {
  const report = formatJunit([
    {
      name: 'accepts',
      cases: [
        { name: 'a', classname: 'x', timeSeconds: 0.25 },
        { name: 'b', classname: 'x', failure: { message: 'm', text: 'line 1\nline 2' } },
        { name: 'c', classname: 'x', skipped: 'why' },
      ],
    },
    { name: 'empty', cases: [] },
  ]);
  expect(report).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1" errors="0" time="0.250">
  <testsuite name="accepts" tests="3" failures="1" errors="0" time="0.250" skipped="1">
    <testcase name="a" classname="x" time="0.250"/>
    <testcase name="b" classname="x" time="0.000"><failure message="m" type="failure">line 1
line 2</failure></testcase>
    <testcase name="c" classname="x" time="0.000"><skipped message="why"/></testcase>
  </testsuite>
  <testsuite name="empty" tests="0" failures="0" errors="0" time="0.000" skipped="0">
  </testsuite>
</testsuites>
`);
});

it('escapes markup, keeps white space in attributes, drops what XML 1.0 forbids', () => {
  const hostile = '<&">\'\n\t\u0000\u001b\ufffe\ud800é😀\u202e';
  const report = formatJunit([
    {
      name: 's',
      cases: [{ name: hostile, classname: 'c', failure: { message: '', text: hostile } }],
    },
  ]);
  expect(report).toContain(`name="&lt;&amp;&quot;&gt;'&#10;&#9;é😀\\u{202e}"`);
  expect(report).toContain(`>&lt;&amp;&quot;&gt;'\n\té😀\\u{202e}</failure>`);
});

it('is valid by the schemas of Jenkins and of surefire, with whatever text', () => {
  const hostile = ']]>\u0000\u001b\ufffe\ud800\u202e<&">\'\n\t';
  const failure = { message: hostile, text: hostile };
  const cases = [
    { name: 'passed', classname: 'x', timeSeconds: 12_345.6789 },
    { name: hostile, classname: hostile, failure },
    { name: '', classname: '', failure: { message: '', text: '' } },
    { name: 'skipped', classname: 'x', skipped: hostile },
  ];
  const suites = [
    { name: hostile, cases },
    { name: 'empty', cases: [] },
  ];
  expect(junitProblems(formatJunit(suites))).toEqual([]);
  expect(junitProblems(formatJunit([]))).toEqual([]);
});

it.each([
  ['skipped on testsuites', (report: string) => report.replace('<testsuites', '$& skipped="0"')],
  ['a failure without a type', (report: string) => report.replace(' type="failure"', '')],
  [
    'a case without a time',
    (report: string) => report.replace(/(<testcase[^>]*) time="[^"]*"/, '$1'),
  ],
  ['a time that is not a number', (report: string) => report.replace('time="0.000"', 'time="1e3"')],
  ['an unclosed element', (report: string) => report.replace('</testsuite>', '')],
])('the schemas refuse %s', (_, spoil) => {
  const failure = { message: 'm', text: 't' };
  const cases = [{ name: 'a', classname: 'x', failure }];
  const report = formatJunit([{ name: 's', cases }]);
  expect(junitProblems(report)).toEqual([]);
  expect(junitProblems(spoil(report))).not.toEqual([]);
});
