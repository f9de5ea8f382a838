import type { Section, Severity } from '../check-case.ts';
import type { Framework } from '../framework.ts';
import type { CaseResult, CheckFinding, ShownAnswer } from '../run-battery.ts';
import type { Summary } from '../summary.ts';
import { quotePosixIfNeeded } from '../../../shell-quote.ts';
import { formatCount, formatDuration } from '../../../terminal/format.ts';

/** A finished run of the battery: what every reporter renders. */
export interface CheckReport {
  readonly url: string;
  readonly seed: number;
  readonly framework: Framework | null;
  readonly results: readonly CaseResult[];
  readonly summary: Summary;
  readonly durationMs: number;
  /** Options that the repeating command needs besides url, case and seed, e.g. `--allow-remote`. */
  readonly repeatOptions: readonly string[];
  /** The lowest severity that fails the run. */
  readonly failOn: Severity;
}

export interface FailedCase {
  readonly result: CaseResult;
  readonly finding: CheckFinding;
}

export const FRAMEWORK_NAMES: Readonly<Record<Framework, string>> = {
  express: 'Express',
  fastify: 'Fastify',
  node: 'Node',
  hono: 'Hono',
  nextjs: 'Next.js',
  flask: 'Flask',
  fastapi: 'FastAPI',
  django: 'Django',
  'python-http-server': "Python's http.server",
  python: 'Python',
  php: 'PHP',
  laravel: 'Laravel',
  rails: 'Rails',
  spring: 'Spring',
  go: 'Go',
  aspnet: 'ASP.NET',
};

/** The command that sends one case again, the same bytes. */
export function repeatCommand(
  { url, seed, repeatOptions }: Pick<CheckReport, 'url' | 'seed' | 'repeatOptions'>,
  id: string,
): string {
  return [
    'relyable webhooks check',
    quotePosixIfNeeded(url),
    `--only ${id} --seed ${seed}`,
    ...repeatOptions,
  ].join(' ');
}

export function failedCases(results: readonly CaseResult[]): FailedCase[] {
  return results.flatMap((result) =>
    result.finding === null ? [] : [{ result, finding: result.finding }],
  );
}

/** One finding: the failed cases of one cause, the weightiest first. Errors come before warnings. */
export function groupByCause(failed: readonly FailedCase[]): FailedCase[][] {
  const groups = new Map<string, FailedCase[]>();
  for (const item of failed) {
    const key = item.finding.headline;
    const group = groups.get(key) ?? [];
    if (item.finding.severity === 'error' && group[0]?.finding.severity === 'warning') {
      group.unshift(item);
    } else group.push(item);
    groups.set(key, group);
  }
  const isError = ([first]: readonly FailedCase[]): boolean => first?.finding.severity === 'error';
  const all = [...groups.values()];
  return [...all.filter(isError), ...all.filter((group) => !isError(group))];
}

/** `2 errors, 1 warning`: findings, not cases. */
export function describeFindings(results: readonly CaseResult[]): string {
  const severities = groupByCause(failedCases(results)).map(([first]) => first?.finding.severity);
  const count = (severity: Severity): number =>
    severities.filter((other) => other === severity).length;
  return `${formatCount(count('error'), 'error')}, ${formatCount(count('warning'), 'warning')}`;
}

/** What makes the run fail, beside the grade: a grade does not say it. */
export function describeFailOn({ failOn }: Pick<CheckReport, 'failOn'>): string {
  return failOn === 'error'
    ? 'errors alone fail the run (--fail-on error, the default)'
    : 'warnings fail the run too (--fail-on warning)';
}

export function bySection(results: readonly CaseResult[]): Map<Section, CaseResult[]> {
  const sections = new Map<Section, CaseResult[]>();
  for (const result of results) {
    sections.set(result.section, [...(sections.get(result.section) ?? []), result]);
  }
  return sections;
}

/** The request that shows the finding; if all are the same, with their number. */
export function describeSent({ sent }: CaseResult, at: number): string {
  const label = sent[at] ?? '';
  const isSame = sent.every((other) => other === label);
  if (sent.length === 1) return label;
  return isSame ? `${sent.length} × ${label}` : `${label} (${at + 1} of ${sent.length})`;
}

/**
 * `401 in 3 ms, 200 in 2 ms`; many answers are counted by status. The reason of a missing answer is left out where
 * `message`, which stands beside this, has it.
 */
export function describeAnswers(answers: readonly ShownAnswer[], message: string): string {
  if (answers.length <= 4) return answers.map((answer) => describeOne(answer, message)).join(', ');
  const counts = new Map<string, number>();
  for (const { status } of answers) {
    const key = status === null ? 'no answer' : String(status);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const worstMs = Math.max(...answers.map(({ durationMs }) => durationMs));
  const parts = Array.from(counts, ([status, count]) => `${count} × ${status}`);
  return `${parts.join(', ')}; worst ${formatDuration(worstMs)}`;
}

function describeOne({ status, durationMs, error }: ShownAnswer, message: string): string {
  if (status !== null) return `${status} in ${formatDuration(durationMs)}`;
  return error === null || message.includes(error) ? 'no answer' : error;
}

/** `A · 58 of 60 checks passed`, as the summary line and the badge say it. */
export function describeSummary({ grade, passed, total }: Summary): string {
  return `${grade} · ${passed} of ${total} checks passed`;
}
