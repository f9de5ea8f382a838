import type { ChalkInstance } from 'chalk';
import type { Finding } from './finding.ts';
import { formatCount, wrapText } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';

/** Words, not marks or colours alone, carry the meaning. */
const LABELS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok',
  info: 'info',
  warning: 'warn',
  failure: 'FAIL',
};

const CHECK_WIDTH = 'container'.length;
const INDENT = ' '.repeat(CHECK_WIDTH + 8);

/** A finding and its fix, in lines of at most `columns` (Infinity for one line each). */
export function formatFinding(
  { check, level, message, fix }: Finding,
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
export function formatVerdict(findings: readonly Finding[]): string {
  const count = (level: Finding['level']): number =>
    findings.filter((finding) => finding.level === level).length;
  const parts = [
    ...(count('failure') > 0 ? [formatCount(count('failure'), 'failure')] : ['nothing is broken']),
    ...(count('warning') > 0 ? [formatCount(count('warning'), 'warning')] : []),
  ];
  return parts.join(', ');
}
