import type { ChalkInstance } from 'chalk';
import type { DoctorFinding } from './finding.ts';
import type { View } from '../../terminal/terminal.ts';
import { formatCount, wrapText } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';

/** Words carry the meaning: marks and colours alone would not. */
const LABELS: Readonly<Record<DoctorFinding['level'], string>> = {
  ok: 'ok',
  info: 'info',
  warning: 'warn',
  failure: 'FAIL',
};

/** The width of the longest name. */
const CHECK_WIDTH = 'deliveries'.length;
const INDENT = ' '.repeat(CHECK_WIDTH + 8);

/** A finding as soon as it is there; under `--json` the verdict has them all. */
export function findingView(finding: DoctorFinding): View {
  return {
    text: ({ style, columns }) => formatFinding(finding, style, columns),
    json: () => null,
  };
}

/** The last line, or the one object of `--json`. */
export function verdictView(findings: readonly DoctorFinding[], ok: boolean): View {
  return {
    text: () => formatVerdict(findings),
    json: () => ({ type: 'doctor', v: 1, ok, findings }),
  };
}

/** A finding and its fix, in lines of at most `columns` (Infinity for one line each). */
export function formatFinding(
  { check, level, message, fix }: DoctorFinding,
  style: ChalkInstance,
  columns: number,
): string {
  const paint = { ok: style.green, info: style.cyan, warning: style.yellow, failure: style.red };
  const label = paint[level](LABELS[level].padEnd(4));
  const below = (text: string): string => wrapText(text, INDENT, columns);
  const line = `${label}  ${check.padEnd(CHECK_WIDTH)}  ${below(safeLine(message))}`;
  return fix === null ? line : `${line}\n${INDENT}${below(`fix: ${safeLine(fix)}`)}`;
}

/** `nothing is broken`, `2 failures, 1 warning`. */
export function formatVerdict(findings: readonly DoctorFinding[]): string {
  const count = (level: DoctorFinding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const parts = [
    ...(count('failure') > 0 ? [formatCount(count('failure'), 'failure')] : ['nothing is broken']),
    ...(count('warning') > 0 ? [formatCount(count('warning'), 'warning')] : []),
  ];
  return parts.join(', ');
}
