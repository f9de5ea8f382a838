import type { ChalkInstance } from 'chalk';
import type { Forward } from '../../request/capture.ts';
import { describeAnswer, paintOutcome } from './event-line.ts';
import { shownResponse } from './shown-response.ts';
import { safeLine, safeText } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { wrapText } from '../../terminal/format.ts';

type Look = Pick<Terminal, 'style' | 'columns'>;

/** ` (changed)` or ` (resigned)`; empty for a forward or replay of the exact bytes. */
export function describeChange({ edited, resigned }: Forward): string {
  if (edited) return ' (changed)';
  return resigned === true ? ' (resigned)' : '';
}

/** `→ <status>   <duration>`. */
export function formatOutcome({ status, durationMs }: Forward, style: ChalkInstance): string {
  const { text, tone } = describeAnswer(status, durationMs);
  return paintOutcome(text, tone, style);
}

/** Why a forward failed and the first bytes of the answer, each on a line of its own. */
export function formatFailure(forward: Forward, { style, columns }: Look): string[] {
  const { error } = forward;
  const lines = error === null ? [] : [`  ${style.red(wrapText(safeLine(error), '  ', columns))}`];
  const shown = shownResponse(forward.responseBody, '  ', columns);
  return [...lines, ...shown.map((line) => style.dim(line))];
}

/** The first `limit` bytes as lines of text that a terminal may have. */
export function shownText(bytes: Buffer, limit: number): string[] {
  const text = bytes.subarray(0, limit).toString('utf8').trimEnd();
  return text === '' ? [] : safeText(text).split('\n');
}
