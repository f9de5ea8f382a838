import type * as z from 'zod';

/** The words of our messages for zod's types. */
const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
};

const FORMAT_WORDS: Readonly<Record<string, string>> = {
  url: 'a URL',
  datetime: 'an ISO 8601 date and time',
};

/**
 * Describes a schema issue in our words, e.g. `expected a whole number, got a text`. Used as the error
 * map of `safeParse`. Texts are not quoted, because they may be secrets.
 */
export function describeIssue(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}`;
    case 'invalid_union':
    case 'custom':
      return `another value is expected, got ${describeValue(issue.input)}`;
    case 'invalid_type':
      return `expected ${expectation(issue)}, got ${describeValue(issue.input)}`;
    default:
      return `expected ${expectation(issue)}, got ${describeOther(issue.input)}`;
  }
}

function expectation(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return TYPE_WORDS[issue.expected] ?? issue.expected;
    case 'invalid_value':
      return issue.values.map(String).join(' or ');
    case 'invalid_format':
      return issue.format === 'starts_with' && typeof issue['prefix'] === 'string'
        ? `a text that starts with ${issue['prefix']}`
        : (FORMAT_WORDS[issue.format] ?? 'another text');
    case 'too_small':
      return bound('at least', issue.origin, issue.minimum);
    case 'too_big':
      return bound('at most', issue.origin, issue.maximum);
    default:
      return 'another value';
  }
}

/** `at least 0`, `at least 1 character`. */
function bound(words: string, origin: string, limit: number | bigint): string {
  const unit = origin === 'string' ? ' character' : origin === 'array' ? ' entry' : '';
  return `${words} ${limit}${unit}`;
}

/** Describes a value that has the expected type but is not allowed. */
export function describeOther(value: unknown): string {
  if (typeof value !== 'string') return describeValue(value);
  return value === '' ? 'an empty text' : 'another text';
}

/** Describes a value by its kind; a number, a boolean and null are shown themselves. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  // NaN is the result of converting a text to a number.
  if (typeof value === 'string' || Number.isNaN(value)) return 'a text';
  return typeof value === 'object' && value !== null ? 'an object' : JSON.stringify(value);
}
