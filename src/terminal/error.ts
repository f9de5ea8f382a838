import type { ErrorCode, RelyableError } from '../errors.ts';
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

/** `error: …` and, where there is one, `hint: …`. */
export function formatError(error: RelyableError): string {
  const lines = [`error: ${indented(error.message)}`];
  if (error.hint !== undefined) lines.push(`hint: ${indented(error.hint)}`);
  return lines.join('\n');
}

/** Indents the lines after the first: outside text cannot start a line that looks like ours. */
function indented(text: string): string {
  return safeText(text).replaceAll('\n', '\n  ');
}
