import { RelyableError } from '../../../errors.ts';

const OPERATORS = ['!=', '>=', '<=', '=', '>', '<', '~'] as const;
type Operator = (typeof OPERATORS)[number];

/** A condition on a payload, e.g. `data.score>=80`. */
export interface WhereClause {
  /** The condition as the user typed it. */
  readonly text: string;
  readonly path: readonly string[];
  readonly operator: Operator;
  /** A RegExp for `~`, else the JSON value, or the text where it is not JSON. */
  readonly value: unknown;
}

/**
 * `path op value`, e.g. `data.score>=80`, `data.agent_name~Inbound`, `data.scenarios_tested[0]=x`.
 * `~` is a regular expression that may match anywhere. Anything else is a USAGE error.
 */
export function parseWhere(text: string, origin: string): WhereClause {
  const match = /^\s*([\w$.[\]-]+)\s*(!=|>=|<=|=|>|<|~)\s*(.*?)\s*$/s.exec(text);
  const operator = OPERATORS.find((known) => known === match?.[2]);
  const path = (match?.[1] ?? '').split(/[.[\]]+/).filter((key) => key !== '');
  if (match === null || operator === undefined || path.length === 0) {
    throw new RelyableError(
      'USAGE',
      `${origin}: expected a condition such as data.score>=80, got "${text}"`,
      { hint: `operators are ${OPERATORS.join(' ')}; quote the condition for your shell` },
    );
  }
  const value = match[3] ?? '';
  return {
    text,
    path,
    operator,
    value: operator === '~' ? parsePattern(value, origin) : parseValue(value),
  };
}

function parseValue(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function parsePattern(text: string, origin: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch (cause) {
    throw new RelyableError('USAGE', `${origin}: "${text}" is not a regular expression`, { cause });
  }
}

/** The payload's value at a path; undefined where there is none. */
export function valueAt(payload: unknown, path: readonly string[]): unknown {
  let value = payload;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

/** Whether a payload meets the condition. A path that the payload lacks meets only `!=`. */
export function meetsWhere(payload: unknown, { path, operator, value }: WhereClause): boolean {
  const found = valueAt(payload, path);
  if (found === undefined) return operator === '!=';
  switch (operator) {
    case '=':
      return isSame(found, value);
    case '!=':
      return !isSame(found, value);
    case '~':
      return value instanceof RegExp && value.test(asText(found));
    case '>':
      return compare(found, value, (order) => order > 0);
    case '>=':
      return compare(found, value, (order) => order >= 0);
    case '<':
      return compare(found, value, (order) => order < 0);
    case '<=':
      return compare(found, value, (order) => order <= 0);
  }
}

/** `=80` matches both 80 and "80": users do not know which of the two a payload has. */
function isSame(found: unknown, value: unknown): boolean {
  return asText(found) === asText(value);
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Numbers by size, text (ISO timestamps) by characters; other pairs have no order. */
function compare(found: unknown, value: unknown, test: (order: number) => boolean): boolean {
  if (typeof found === 'number' && typeof value === 'number') return test(found - value);
  if (typeof found !== 'string') return false;
  const text = asText(value);
  return test(found < text ? -1 : found > text ? 1 : 0);
}
