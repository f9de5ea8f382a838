import { expect, it } from 'vitest';
import * as z from 'zod';
import { describeIssue } from '../../src/json/describe-issue.ts';

it.each<[z.ZodType, unknown, string]>([
  [z.string(), 5, 'expected a text, got 5'],
  [z.string(), undefined, 'expected a text, got nothing'],
  [z.int(), 'whsec_1', 'expected a number, got a text'],
  [z.int(), 1.5, 'expected a whole number, got 1.5'],
  [z.int().max(10), 11, 'expected at most 10, got 11'],
  [z.string().min(1), '', 'expected at least 1 character, got an empty text'],
  [z.array(z.string()).min(1), [], 'expected at least 1 entry, got a list'],
  [z.record(z.string(), z.string()), [], 'expected an object, got a list'],
  [z.enum(['gaps', 'offsets']), 'both', 'expected gaps or offsets, got another text'],
  [z.url(), 'whsec_1', 'expected a URL, got another text'],
  [z.string().startsWith('/'), 'whsec_1', 'expected a text that starts with /, got another text'],
  [z.iso.datetime(), 'now', 'expected an ISO 8601 date and time, got another text'],
  [z.strictObject({}), { a: 1 }, 'unknown key "a"'],
  [z.union([z.string(), z.number()]), true, 'another value is expected, got true'],
  [z.coerce.number(), 'x', 'expected a number, got a text'],
])('%# says what was expected and what came', (schema, value, message) => {
  const { error } = schema.safeParse(value, { error: describeIssue });
  expect(error?.issues.map((issue) => issue.message)).toEqual([message]);
});
