import type { ErrorCode, RelyableError } from '../errors.ts';
import { safeText } from './safe-text.ts';

/** The one line of NDJSON an error is under `--json`. */
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

/** A line break in what was typed or read begins no line of ours. */
function indented(text: string): string {
  return safeText(text).replaceAll('\n', '\n  ');
}
