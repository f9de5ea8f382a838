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
const INDENT = ' '.repeat(CHECK_WIDTH + 8);
/** Below this a column of words is harder to read than broken lines. */
const NARROWEST = 24;

/** A finding and its fix, in lines of at most `columns` (Infinity for one line each). */
export function formatFinding(
  { check, level, message, fix }: Finding,
  style: ChalkInstance,
  columns: number,
): string {
  const paint = { ok: style.green, info: style.cyan, warning: style.yellow, failure: style.red };
  const label = paint[level](LABELS[level].padEnd(4));
  const room = Math.max(columns - INDENT.length, NARROWEST);
  const below = (text: string): string => wrapWords(text, room).join(`\n${INDENT}`);
  const line = `${label}  ${check.padEnd(CHECK_WIDTH)}  ${below(safeLine(message))}`;
  return fix === null ? line : `${line}\n${INDENT}${below(`fix: ${safeLine(fix)}`)}`;
}

/** Lines of whole words; a longer word has a line of its own. */
function wrapWords(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
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
