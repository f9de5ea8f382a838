import type { ChalkInstance } from 'chalk';
import type { CaseResult } from '../run-battery.ts';
import {
  bySection,
  type CheckReport,
  describeAnswers,
  describeFailOn,
  describeFindings,
  describeSent,
  describeSummary,
  failedCases,
  FRAMEWORK_NAMES,
  groupByCause,
  type FailedCase,
  repeatCommand,
} from './report.ts';
import { formatDuration, wrapText } from '../../../terminal/format.ts';
import { safeLine } from '../../../terminal/safe-text.ts';
import type { Terminal } from '../../../terminal/terminal.ts';

const SECTION_TITLES: Readonly<Record<CaseResult['section'], string>> = {
  accepts: 'accepts   each event in each wire format',
  refuses: 'refuses   what Relyable did not sign',
  robust: 'robust    against network faults and future changes',
  answers: 'answers   200, fast, small, discreet',
  idempotency: 'idempotency   one effect for each event',
};

/** The indent of the texts of a finding. */
const FIELD_INDENT = ' '.repeat(11);
/** The width of a finding's label: `  ! warning  `. */
const HEADLINE_INDENT = ' '.repeat(11);
/** Lists of check ids are wrapped to this width in a pipe, too: nobody searches them line by line. */
const IDS_WIDTH = 96;

/** The whole report for people; without UTF-8 the marks will be words. */
export function formatCheckPretty(
  report: CheckReport,
  { style, isUtf8, columns }: Pick<Terminal, 'style' | 'isUtf8' | 'columns'>,
): string {
  const lines: string[] = [];
  for (const [section, results] of bySection(report.results)) {
    const passed = results.filter(({ outcome }) => outcome === 'passed').length;
    lines.push(
      `${style.bold(SECTION_TITLES[section])}  ${style.dim(`${passed}/${results.length}`)}`,
    );
    lines.push(`  ${results.map((result) => mark(result, style)).join(isUtf8 ? '' : ' ')}`);
  }
  lines.push('');
  for (const group of groupByCause(failedCases(report.results))) {
    lines.push(...formatGroup(group, report, { style, columns }), '');
  }
  lines.push(formatClosing(report, { style, columns }));
  return lines.join('\n');
}

function mark({ outcome, finding }: CaseResult, style: ChalkInstance): string {
  if (outcome === 'passed') return style.green('✓');
  if (finding === null) return style.dim('-');
  return finding.severity === 'error' ? style.red('✗') : style.yellow('!');
}

function formatGroup(
  group: readonly FailedCase[],
  report: CheckReport,
  { style, columns }: Pick<Terminal, 'style' | 'columns'>,
): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { finding, result } = first;
  const isError = finding.severity === 'error';
  const label = isError ? style.red('✗ error') : style.yellow('! warning');
  const field = (name: string, text: string): string =>
    `    ${style.dim(name.padEnd(6))} ${wrapText(text, FIELD_INDENT, columns)}`;
  const count = group.length > 1 ? style.dim(`  (${group.length} checks)`) : '';
  const lines = [
    `  ${label}  ${wrapText(`${style.bold(finding.headline)}${count}`, HEADLINE_INDENT, columns)}`,
    `    ${wrapText(group.map(({ result: { id } }) => id).join('  '), '    ', Math.min(columns, IDS_WIDTH))}`,
    field('sent', describeSent(result, finding.at)),
    field(
      'result',
      `${safeLine(finding.message)}${style.dim(`  (${safeLine(describeAnswers(result.answers, finding.message))})`)}`,
    ),
  ];
  const body = result.answers[finding.at]?.body ?? '';
  if (body !== '') lines.push(field('body', safeLine(body.slice(0, 160))));
  lines.push(
    field('why', finding.why),
    field('fix', finding.fix),
    ...(finding.recipe === null ? [] : [field('see', `${finding.recipe} in the package relyable`)]),
    field('again', repeatCommand(report, result.id)),
  );
  return lines;
}

function formatClosing(
  report: CheckReport,
  { style, columns }: Pick<Terminal, 'style' | 'columns'>,
): string {
  const { summary, framework, durationMs, seed } = report;
  const colour = summary.errors > 0 ? style.red : summary.warnings > 0 ? style.yellow : style.green;
  const parts = [
    describeFindings(report.results),
    ...(summary.skipped > 0 ? [`${summary.skipped} skipped`] : []),
    formatDuration(durationMs),
    `seed ${seed}`,
    ...(summary.times === null
      ? []
      : [
          `answers in ${formatDuration(summary.times.medianMs)} (median), ${formatDuration(summary.times.worstMs)} (worst)`,
        ]),
    ...(framework === null ? [] : [`looks like ${FRAMEWORK_NAMES[framework]}`]),
  ];
  const skip = report.results.find(({ skipReason }) => skipReason !== null)?.skipReason;
  const reason = skip === undefined || skip === null ? '' : `\n${style.dim(`skipped: ${skip}`)}`;
  const grade = `${colour(`grade ${describeSummary(summary)}`)}${style.dim(`, ${parts.join(', ')}`)}`;
  return `${wrapText(grade, '  ', columns)}\n${style.dim(describeFailOn(report))}${reason}`;
}
