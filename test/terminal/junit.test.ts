import { expect, it } from 'vitest';
import { formatJunit } from '../../src/terminal/junit.ts';

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

/** Attributes by element: what both schemas allow, and what one of them requires (`!`). */
const RULES: Readonly<Record<string, readonly string[]>> = {
  // jenkins-junit.xsd; surefire's schema begins with the suite.
  testsuites: ['tests', 'failures', 'errors', 'time'],
  testsuite: ['name!', 'tests!', 'failures!', 'errors!', 'skipped!', 'time'],
  testcase: ['name!', 'classname', 'time!'],
  failure: ['message', 'type!'],
  skipped: ['message'],
};

it('has the elements and attributes of the schemas of Jenkins and surefire', () => {
  const failure = { message: 'm', text: 't' };
  const report = formatJunit([
    {
      name: 's',
      cases: [
        { name: 'a', classname: 'x' },
        { name: 'b', classname: 'x', failure },
        { name: 'c', classname: 'x', skipped: 'why' },
      ],
    },
  ]);
  const elements = [...report.matchAll(/<(\w+)((?: \w+="[^"]*")*)\/?>/g)];
  expect(new Set(elements.map(([, name]) => name))).toEqual(new Set(Object.keys(RULES)));
  for (const [, name = '', attributes = ''] of elements) {
    const given = [...attributes.matchAll(/(\w+)=/g)].map(([, attribute]) => attribute);
    const rules = RULES[name] ?? [];
    expect(rules.map((rule) => rule.replace('!', ''))).toEqual(expect.arrayContaining(given));
    const required = rules.filter((rule) => rule.endsWith('!')).map((rule) => rule.slice(0, -1));
    expect(given).toEqual(expect.arrayContaining(required));
  }
});
