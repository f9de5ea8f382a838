import { stripVTControlCharacters } from 'node:util';
import type { ChalkInstance } from 'chalk';
import type { ErrorCode, RelyableError } from '../errors.ts';
import { wrapText } from './format.ts';
import { safeText } from './safe-text.ts';

/** An error as one line of NDJSON, for `--json`. */
export interface ErrorObject {
  readonly type: 'error';
  readonly v: 1;
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string | null;
  readonly exitCode: number;
}

export function errorToJson(error: RelyableError): ErrorObject {
  return {
    type: 'error',
    v: 1,
    code: error.code,
    message: error.message,
    hint: error.hint ?? null,
    exitCode: error.exitCode,
  };
}

/** `error: …` and, where there is one, `hint: …`, wrapped at words to `columns`. */
export function formatError(error: RelyableError, columns = Infinity): string {
  const lines = [`error: ${indented(error.message, columns)}`];
  if (error.hint !== undefined) lines.push(`hint: ${indented(error.hint, columns)}`);
  return lines.join('\n');
}

/** `warning: …`, wrapped at words to `columns`. */
export function formatWarning(text: string, style: ChalkInstance, columns = Infinity): string {
  return safeText(`warning: ${text}`)
    .split('\n')
    .map((line) => wrapText(line, '  ', columns))
    .join('\n')
    .replace('warning:', style.yellow('warning:'));
}

/** A note, wrapped at words to `columns`. Indented lines are commands and are not wrapped. */
export function formatNote(text: string, columns = Infinity): string {
  return text
    .split('\n')
    .map((line) => (isIndented(line) ? line : wrapText(line, '  ', columns)))
    .join('\n');
}

/** A line may begin with a colour. */
function isIndented(line: string): boolean {
  return stripVTControlCharacters(line).startsWith(' ');
}

/** The width of the label `error: ` before the first line. */
const LABEL_COLUMNS = 7;

/** Indents all lines after the first, so that text from outside cannot begin a line that looks like ours. */
function indented(text: string, columns: number): string {
  return safeText(text)
    .split('\n')
    .map((line) => wrapText(line, '  ', columns - LABEL_COLUMNS + 2))
    .join('\n  ');
}
