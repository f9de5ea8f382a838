import { didYouMean } from '../../did-you-mean.ts';
import { RelyableError } from '../../errors.ts';
import { ACCEPTS } from './cases/accepts.ts';
import { ANSWERS } from './cases/answers.ts';
import { IDEMPOTENCY } from './cases/idempotency.ts';
import { REFUSES } from './cases/refuses.ts';
import { ROBUST } from './cases/robust.ts';
import { type CheckCase, SECTIONS } from './check-case.ts';

/** Every case, in the order it is run. */
export const BATTERY: readonly CheckCase[] = [
  ...ACCEPTS,
  ...REFUSES,
  ...ROBUST,
  ...ANSWERS,
  ...IDEMPOTENCY,
];

export interface Selection {
  /** Ids, sections or patterns with `*`; empty: all. */
  readonly only: readonly string[];
  readonly skip: readonly string[];
  /** Whether the user's state can be read, which the idempotency cases need. */
  readonly isObserved: boolean;
}

/** The cases that a user asked for; a pattern that matches none is a USAGE error. */
export function selectCases({ only, skip, isObserved }: Selection): CheckCase[] {
  for (const pattern of only) requireMatch('--only', pattern);
  for (const pattern of skip) requireMatch('--skip', pattern);
  const chosen = BATTERY.filter(
    (item) =>
      (only.length === 0 || only.some((pattern) => matches(item, pattern))) &&
      !skip.some((pattern) => matches(item, pattern)) &&
      (isObserved || item.section !== 'idempotency'),
  );
  if (chosen.length > 0) return chosen;
  throw new RelyableError(
    'USAGE',
    'expected at least one case to run, --only and --skip leave none',
    {
      hint: 'the idempotency cases need --state-url or --state-command; --list shows every case',
    },
  );
}

function requireMatch(flag: string, pattern: string): void {
  if (BATTERY.some((item) => matches(item, pattern))) return;
  throw new RelyableError('USAGE', `${flag}: no case is called "${pattern}"`, {
    hint:
      didYouMean(pattern, [...SECTIONS, ...BATTERY.map(({ id }) => id)]) ??
      'relyable webhooks check --list shows them all',
  });
}

/** `refuses`, `accepts.test_run.failed` and `accepts.*.pretty` all name cases. */
function matches({ id, section }: CheckCase, pattern: string): boolean {
  if (pattern === section || pattern === id || id.startsWith(`${pattern}.`)) return true;
  if (!pattern.includes('*')) return false;
  const source = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${source.join('.*')}$`).test(id);
}
