import type { ChalkInstance } from 'chalk';
import type { Finding } from '../doctor/finding.ts';
import { formatCount } from './format.ts';
import { safeLine } from './safe-text.ts';

/** Words, not marks or colours alone, carry the meaning. */
const LABELS: Readonly<Record<Finding['level'], string>> = {
  ok: 'ok',
  info: 'info',
  warning: 'warn',
  failure: 'FAIL',
};

const CHECK_WIDTH = 'container'.length;

/** A finding in one line, with its fix in a second. */
export function formatFinding(
  { check, level, message, fix }: Finding,
  style: ChalkInstance,
): string {
  const paint = { ok: style.green, info: style.cyan, warning: style.yellow, failure: style.red };
  const label = paint[level](LABELS[level].padEnd(4));
  const line = `${label}  ${check.padEnd(CHECK_WIDTH)}  ${safeLine(message)}`;
  if (fix === null) return line;
  return `${line}\n${' '.repeat(CHECK_WIDTH + 8)}fix: ${safeLine(fix)}`;
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
