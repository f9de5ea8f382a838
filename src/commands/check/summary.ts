import type { Severity } from './check-case.ts';
import type { Topic } from './advice.ts';
import { timesOf } from './cases/answers.ts';
import type { CaseResult } from './run-battery.ts';

/**
 * - A no finding
 * - B warnings only
 * - C errors, but every event gets through and no forged one does
 * - D a genuine event does not get through
 * - F a forged request is accepted, or the signing secret or a right signature is given away
 */
export type Grade = 'A' | 'B' | 'C' | 'D' | 'F';

export interface Summary {
  readonly grade: Grade;
  readonly total: number;
  readonly passed: number;
  readonly errors: number;
  readonly warnings: number;
  readonly skipped: number;
  /** Of the plain events sent one after the other; null when `answers.time` was not run. */
  readonly times: { readonly medianMs: number; readonly worstMs: number } | null;
}

const UNSAFE: ReadonlySet<Topic> = new Set([
  'forged-accepted',
  'forged-effect',
  'leaks-secret',
  'leaks-signature',
]);
const UNDELIVERED: ReadonlySet<Topic> = new Set([
  'genuine-refused',
  'genuine-crashes',
  'no-route',
  'event-refused',
  'other-notation',
  'other-key',
  'other-algorithm',
  'signs-other-bytes',
  'hex-padding',
  'dies-after-answer',
  'not-200',
]);

export function summarise(results: readonly CaseResult[]): Summary {
  const findings = results.flatMap(({ finding }) => (finding === null ? [] : [finding]));
  const count = (severity: Severity): number =>
    findings.filter((finding) => finding.severity === severity).length;
  const has = (topics: ReadonlySet<Topic>): boolean =>
    findings.some(({ topic, severity }) => severity === 'error' && topics.has(topic));
  const isUndelivered =
    has(UNDELIVERED) ||
    results.some(({ section, finding }) => section === 'accepts' && finding?.severity === 'error');
  const timed = results.find(({ id }) => id === 'answers.time');
  const errors = count('error');
  const warnings = count('warning');
  let grade: Grade = 'A';
  if (has(UNSAFE)) grade = 'F';
  else if (isUndelivered) grade = 'D';
  else if (errors > 0) grade = 'C';
  else if (warnings > 0) grade = 'B';
  return {
    grade,
    total: results.length,
    passed: results.filter(({ outcome }) => outcome === 'passed').length,
    errors,
    warnings,
    skipped: results.filter(({ outcome }) => outcome === 'skipped').length,
    times: timed === undefined || timed.answers.length === 0 ? null : timesOf(timed.answers),
  };
}
