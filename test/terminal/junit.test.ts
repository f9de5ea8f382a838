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
<testsuites tests="3" failures="1" errors="0" skipped="1" time="0.250">
  <testsuite name="accepts" tests="3" failures="1" errors="0" skipped="1" time="0.250">
    <testcase name="a" classname="x" time="0.250"/>
    <testcase name="b" classname="x"><failure message="m">line 1
line 2</failure></testcase>
    <testcase name="c" classname="x"><skipped message="why"/></testcase>
  </testsuite>
  <testsuite name="empty" tests="0" failures="0" errors="0" skipped="0" time="0.000">
  </testsuite>
</testsuites>
`);
});

it('escapes markup, keeps white space in attributes, drops what XML 1.0 forbids', () => {
  const hostile = '<&">\'\n\t\u0000\u001b\ufffe\ud800é😀';
  const report = formatJunit([
    {
      name: 's',
      cases: [{ name: hostile, classname: 'c', failure: { message: '', text: hostile } }],
    },
  ]);
  expect(report).toContain(`name="&lt;&amp;&quot;&gt;'&#10;&#9;é😀"`);
  expect(report).toContain(`>&lt;&amp;&quot;&gt;'\n\té😀</failure>`);
});
