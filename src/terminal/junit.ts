import { safeText } from './safe-text.ts';

/** One test in a JUnit report. A test without `failure` and `skipped` has passed. */
export interface JunitCase {
  readonly name: string;
  /** Groups cases within a suite, e.g. `accepts.compact`. */
  readonly classname: string;
  readonly timeSeconds?: number;
  readonly failure?: { readonly message: string; readonly text: string };
  /** Why the test was not run. */
  readonly skipped?: string;
}

export interface JunitSuite {
  readonly name: string;
  readonly cases: readonly JunitCase[];
}

/**
 * Suites as JUnit XML, valid by the schemas of Jenkins (`jenkins-junit.xsd`) and, suite by suite, of
 * Maven's surefire 3: `skipped` only on a suite, `time` on each case, `type` on each failure. Ends with
 * a newline.
 */
export function formatJunit(suites: readonly JunitSuite[]): string {
  const lines = ['<?xml version="1.0" encoding="UTF-8"?>'];
  lines.push(`<testsuites${counts(suites.flatMap(({ cases }) => cases))}>`);
  for (const { name, cases } of suites) {
    const skipped = cases.filter((testCase) => testCase.skipped !== undefined).length;
    lines.push(`  <testsuite${attribute('name', name)}${counts(cases)} skipped="${skipped}">`);
    for (const testCase of cases) lines.push(formatCase(testCase));
    lines.push('  </testsuite>');
  }
  lines.push('</testsuites>', '');
  return lines.join('\n');
}

function formatCase({ name, classname, timeSeconds, failure, skipped }: JunitCase): string {
  const open = `    <testcase${attribute('name', name)}${attribute('classname', classname)}${time(timeSeconds)}`;
  if (failure !== undefined) {
    const body = `<failure${attribute('message', failure.message)} type="failure">${escape(failure.text)}</failure>`;
    return `${open}>${body}</testcase>`;
  }
  if (skipped !== undefined) return `${open}><skipped${attribute('message', skipped)}/></testcase>`;
  return `${open}/>`;
}

function counts(cases: readonly JunitCase[]): string {
  const failures = cases.filter(({ failure }) => failure !== undefined).length;
  const seconds = cases.reduce((sum, { timeSeconds = 0 }) => sum + timeSeconds, 0);
  return ` tests="${cases.length}" failures="${failures}" errors="0"${time(seconds)}`;
}

function time(seconds = 0): string {
  return ` time="${seconds.toFixed(3)}"`;
}

function attribute(name: string, value: string): string {
  // A parser turns raw white space in an attribute into spaces (XML 1.0 §3.3.3).
  const kept = escape(value).replace(/[\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
  return ` ${name}="${kept}"`;
}

/** Matches characters that XML 1.0 does not allow, not even escaped (§2.2). */
const ILLEGAL = /[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu;

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

function escape(text: string): string {
  // Illegal characters are removed before safeText, which would make them visible.
  const legal = text.replace(ILLEGAL, '');
  return safeText(legal).replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
}
