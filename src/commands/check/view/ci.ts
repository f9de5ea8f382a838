import type { Severity } from '../check-case.ts';
import { isAtLeast, type CaseResult, type CheckFinding } from '../run-battery.ts';
import type { Grade } from '../summary.ts';
import {
  bySection,
  type CheckReport,
  describeAnswers,
  describeFailOn,
  describeFindings,
  describeSent,
  describeSummary,
  type FailedCase,
  failedCases,
  groupByCause,
  repeatCommand,
} from './report.ts';
import { formatAnnotation } from '../../../terminal/github.ts';
import { formatJunit } from '../../../terminal/junit.ts';
import { safeLine } from '../../../terminal/safe-text.ts';

/** The most cases that an annotation names. */
const SHOWN_CASES = 5;

/** The request, the result, why it matters, the fix and the repeating command, each on its own line. */
function explain(report: CheckReport, result: CaseResult, finding: CheckFinding): string[] {
  return [
    `sent: ${describeSent(result, finding.at)}`,
    `result: ${safeLine(finding.message)} (${safeLine(describeAnswers(result.answers, finding.message))})`,
    `why: ${finding.why}`,
    `fix: ${finding.fix}`,
    ...(finding.recipe === null ? [] : [`see: ${finding.recipe} in the package relyable`]),
    `again: ${repeatCommand(report, result.id)}`,
  ];
}

/** JUnit XML; a finding below `failOn` is a passed case, so that a CI's verdict equals ours. */
export function formatCheckJunit(report: CheckReport, failOn: Severity): string {
  const suites = Array.from(bySection(report.results), ([section, results]) => ({
    name: `relyable webhooks check: ${section}`,
    cases: results.map((result) => {
      const { finding, skipReason } = result;
      return {
        name: `${result.id}: ${result.title}`,
        classname: `relyable.check.${section}`,
        timeSeconds: result.durationMs / 1000,
        ...(finding !== null && isAtLeast(finding.severity, failOn)
          ? {
              failure: {
                message: `${finding.headline}: ${safeLine(finding.message)}`,
                text: explain(report, result, finding).join('\n'),
              },
            }
          : {}),
        ...(skipReason === null ? {} : { skipped: skipReason }),
      };
    }),
  }));
  return formatJunit(suites);
}

/** TAP 14; a finding below `failOn` is `not ok … # TODO`, which harnesses do not count. */
export function formatCheckTap(report: CheckReport, failOn: Severity): string {
  const lines = ['TAP version 14', `1..${report.results.length}`];
  for (const [index, result] of report.results.entries()) {
    const { finding, skipReason } = result;
    const name = `${index + 1} - ${result.id} ${result.title.replaceAll('#', '\\#')}`;
    if (skipReason !== null) lines.push(`ok ${name} # SKIP ${skipReason}`);
    else if (finding === null) lines.push(`ok ${name}`);
    else {
      const todo = isAtLeast(finding.severity, failOn) ? '' : ' # TODO a warning';
      lines.push(`not ok ${name}${todo}`, '  ---');
      lines.push(
        `  severity: ${finding.severity}`,
        `  finding: ${JSON.stringify(finding.headline)}`,
      );
      for (const line of explain(report, result, finding)) {
        const colon = line.indexOf(': ');
        lines.push(`  ${line.slice(0, colon)}: ${JSON.stringify(line.slice(colon + 2))}`);
      }
      lines.push('  ...');
    }
  }
  return `${lines.join('\n')}\n`;
}

/** Workflow commands of GitHub Actions: an annotation for each finding, which names its cases. */
export function formatCheckGithub(report: CheckReport): string {
  const lines = groupByCause(failedCases(report.results)).flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const { result, finding } = first;
    return formatAnnotation(finding.severity, finding.headline, [
      `cases: ${nameCases(group)}`,
      ...explain(report, result, finding),
    ]);
  });
  const grade = `grade ${describeSummary(report.summary)}; ${describeFailOn(report)}`;
  return [...lines, formatAnnotation('notice', 'relyable webhooks check', [grade])].join('\n');
}

/** The first cases of a finding, and how many more there are. */
function nameCases(group: readonly FailedCase[]): string {
  const ids = group.map(({ result: { id } }) => id);
  const rest = ids.length - SHOWN_CASES;
  return rest > 0 ? `${ids.slice(0, SHOWN_CASES).join(', ')} and ${rest} more` : ids.join(', ');
}

/** A table of the findings, for a pull request or a step summary. */
export function formatCheckMarkdown(report: CheckReport): string {
  const { summary, url } = report;
  const failed = failedCases(report.results);
  const lines = [
    `### relyable webhooks check: grade ${describeSummary(summary)}`,
    '',
    `\`${url}\`, ${describeFindings(report.results)}, ${summary.skipped} skipped, seed ${report.seed}; ${describeFailOn(report)}`,
    '',
  ];
  if (failed.length === 0) return `${[...lines, 'No findings.'].join('\n')}\n`;
  lines.push('| | finding | checks | result | fix |', '|---|---|---|---|---|');
  for (const [first, ...more] of groupByCause(failed)) {
    if (first === undefined) continue;
    const { finding, result } = first;
    const icon = finding.severity === 'error' ? '❌' : '⚠️';
    const ids = `\`${result.id}\`${more.length > 0 ? ` and ${more.length} more` : ''}`;
    const cells = [icon, finding.headline, ids, finding.message, finding.fix];
    lines.push(`| ${cells.map(escapeCell).join(' | ')} |`);
  }
  const commands = groupByCause(failed).flatMap(([first]) =>
    first === undefined ? [] : `- \`${repeatCommand(report, first.result.id)}\``,
  );
  lines.push('', '<details><summary>Repeat one alone</summary>', '', ...commands, '', '</details>');
  return `${lines.join('\n')}\n`;
}

function escapeCell(text: string): string {
  return safeLine(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

const BADGE_COLOURS: Readonly<Record<Grade, string>> = {
  A: 'brightgreen',
  B: 'green',
  C: 'yellow',
  D: 'orange',
  F: 'red',
};

/** The grade in the endpoint format of shields.io. */
export function formatCheckBadge({ summary }: CheckReport): string {
  const badge = {
    schemaVersion: 1,
    label: 'relyable webhooks',
    message: `${summary.grade} ${summary.passed}/${summary.total}`,
    color: BADGE_COLOURS[summary.grade],
  };
  return `${JSON.stringify(badge)}\n`;
}
