import type * as z from 'zod';
import { errorMessage } from '../../errors.ts';
import { describeIssue } from '../../json/describe-issue.ts';
import { findSyntaxError } from '../../json/syntax-error.ts';
import { unreadable } from './input.ts';

/** Whether a text is base64 as RFC 4648 §4 writes it, padding included. */
export function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}

/** The value of a JSON text; undefined if the text is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** Parses JSON that begins at byte `offset` of an input; a syntax error names the byte. */
export function parseJsonInput(
  text: string,
  source: string,
  {
    offset,
    line = '',
    hint,
  }: { readonly offset: number; readonly line?: string; readonly hint?: string },
): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const at = offset + Buffer.byteLength(text.slice(0, findSyntaxError(text) ?? 0));
    throw unreadable(source, `${line}byte ${at}`, `expected JSON: ${errorMessage(error)}`, hint);
  }
}

/** The value, parsed by the schema. An error names the JSON path below `root`. */
export function requireShape<T>(
  schema: z.ZodType<T>,
  value: unknown,
  source: string,
  root: string,
): T {
  const parsed = schema.safeParse(value, { error: describeIssue });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unreadable(source, `${root}${formatPath(issue?.path ?? [])}`, issue?.message ?? 'unfit');
}

/** `.log.entries[3]["x-y"]`. */
function formatPath(path: readonly PropertyKey[]): string {
  return path
    .map((key) => {
      if (typeof key === 'number') return `[${key}]`;
      const name = String(key);
      return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
    })
    .join('');
}
