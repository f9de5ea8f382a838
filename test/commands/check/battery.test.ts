import { describe, expect, test } from 'vitest';
import { BATTERY, selectCases } from '../../../src/commands/check/battery.ts';
import type { CaseResult } from '../../../src/commands/check/run-battery.ts';
import { summarise } from '../../../src/commands/check/summary.ts';
import { type HandlerName, isRunnable, startHandler } from '../../support/handlers.ts';
import { checkHandler } from './check-handler.ts';

type Findings = Readonly<Record<string, readonly string[]>>;

interface Expected {
  readonly grade: string;
  /** `severity topic` → ids of the cases that say so. */
  readonly findings: Findings;
}

const ids = BATTERY.filter(({ section }) => section !== 'idempotency').map(({ id }) => id);
const inSection = (section: string): string[] => ids.filter((id) => id.startsWith(`${section}.`));

/** What a handler that signs `JSON.stringify` of the parsed body does not accept. */
const NOT_COMPACT = [
  'accepts.test_run.completed.spaced',
  'accepts.test_run.completed.pretty',
  'accepts.test_run.completed.ascii',
  'accepts.test_run.completed.decimal',
  'accepts.test_run.failed.spaced',
  'accepts.test_run.failed.pretty',
  'accepts.test_run.failed.ascii',
  'accepts.agent.score_dropped.spaced',
  'accepts.agent.score_dropped.pretty',
  'accepts.agent.score_dropped.ascii',
  'accepts.agent.score_dropped.decimal',
  'accepts.test_case.critical_failure.spaced',
  'accepts.test_case.critical_failure.pretty',
  'accepts.test_case.critical_failure.ascii',
];
const COMPACT = inSection('accepts').filter((id) => id.endsWith('.compact'));
/** What refuses these for another reason is right, too. */
const ANY_REFUSAL = new Set(['refuses.unknown-event', 'refuses.large']);
const REFUSALS = inSection('refuses').filter((id) => !ANY_REFUSAL.has(id));
const NOT_ERRORS = ['robust.missing-field', 'robust.content-type'];
/** `robust.aftermath` judges only whether the app still answers. */
const NOT_COUNTED = new Set([...NOT_ERRORS, 'robust.aftermath']);

const FLAWLESS: Expected = { grade: 'A', findings: {} };

const EXPECTED: Readonly<Record<HandlerName, Expected>> = {
  express: FLAWLESS,
  fastify: FLAWLESS,
  hono: FLAWLESS,
  'node-http': FLAWLESS,
  flask: FLAWLESS,
  'http-server': FLAWLESS,
  'vendor-express': {
    grade: 'C',
    findings: {
      'warning reserialised': NOT_COMPACT,
      // timingSafeEqual throws on another length, Buffer.from on a missing header.
      'error refusal-crashes': [
        'refuses.missing',
        'refuses.content-type',
        'refuses.empty-body',
        'refuses.empty',
        'refuses.prefix',
        'refuses.base64',
        'refuses.truncated',
        'refuses.too-long',
        'refuses.not-ascii',
        'refuses.repeated',
      ],
      'warning parses-first': ['refuses.not-json'],
      'error body-limit': ['robust.large'],
      'warning content-type': ['robust.content-type'],
      'warning leaks-stack': ['answers.stack-trace'],
    },
  },
  'vendor-flask': {
    grade: 'D',
    // `.encode()` on bytes: 500 to everything.
    findings: {
      'error genuine-crashes': [
        ...COMPACT,
        ...REFUSALS,
        ...inSection('robust').filter((id) => !NOT_COUNTED.has(id)),
        'answers.status',
      ],
      'warning genuine-crashes': [
        ...inSection('accepts').filter((id) => !COMPACT.includes(id)),
        ...NOT_ERRORS,
      ],
    },
  },
  'no-verification': {
    grade: 'F',
    findings: {
      'error forged-accepted': [
        'refuses.body',
        'refuses.signature',
        'refuses.secret',
        'refuses.missing',
        'refuses.empty',
        'refuses.truncated',
        'refuses.content-type',
        'refuses.empty-body',
        'refuses.known-key',
        'refuses.unknown-event',
        'refuses.large',
        'refuses.not-hex',
        'refuses.not-ascii',
      ],
      'warning forged-accepted': [
        'refuses.prefix',
        'refuses.uppercase',
        'refuses.base64',
        'refuses.too-long',
        'refuses.repeated',
      ],
      // It is not known to refuse forged JSON, so nothing says that it parses first.
      'warning refused-otherwise': ['refuses.not-json'],
      'warning leaks-stack': ['answers.stack-trace'],
    },
  },
  'parsed-json': {
    grade: 'B',
    findings: {
      'warning reserialised': NOT_COMPACT,
      'warning parses-first': ['refuses.not-json'],
      'warning leaks-stack': ['answers.stack-trace'],
    },
  },
  'no-content': { grade: 'D', findings: { 'error not-200': ['answers.status'] } },
  'verify-late': {
    grade: 'B',
    findings: { 'warning parses-first': ['refuses.empty-body', 'refuses.not-json'] },
  },
  // Without a state to look at, a double effect cannot be seen from outside.
  'no-dedupe': FLAWLESS,
  'redirect-login': {
    grade: 'D',
    findings: {
      'error redirect': [
        ...COMPACT,
        ...inSection('robust').filter((id) => !NOT_COUNTED.has(id)),
        'answers.status',
        'answers.redirect',
      ],
      'warning redirect': [
        ...inSection('accepts').filter((id) => !COMPACT.includes(id)),
        ...REFUSALS,
        ...NOT_ERRORS,
      ],
    },
  },
};

function findingsOf(results: readonly CaseResult[]): Record<string, string[]> {
  const findings: Record<string, string[]> = {};
  for (const { id, finding } of results) {
    if (finding === null) continue;
    const key = `${finding.severity} ${finding.topic}`;
    findings[key] = [...(findings[key] ?? []), id];
  }
  return findings;
}

function sorted(findings: Findings): Findings {
  const lists = Object.entries(findings).map(([key, list]) => [key, [...list].sort()] as const);
  return Object.fromEntries(lists);
}

/** Of some handlers, which framework their answers show; null for none. */
const FRAMEWORKS: Partial<Record<HandlerName, string | null>> = {
  express: 'express',
  fastify: 'fastify',
  hono: 'hono',
  'node-http': null,
  flask: 'flask',
  'http-server': 'python-http-server',
  // Says nothing in its headers; its error page does.
  'parsed-json': 'express',
};

describe('the battery against real handlers', () => {
  test.for(Object.keys(EXPECTED) as HandlerName[])('%s', async (name, context) => {
    context.skip(!isRunnable(name), 'python3 or flask is not installed');
    const handler = await startHandler(name);
    const { results, framework } = await checkHandler(handler.url);
    if (name in FRAMEWORKS) expect(framework).toBe(FRAMEWORKS[name]);
    expect(sorted(findingsOf(results))).toEqual(sorted(EXPECTED[name].findings));
    expect(summarise(results).grade).toBe(EXPECTED[name].grade);
    expect(results.map(({ id }) => id)).toEqual(ids);
  });
});

describe('which cases run', () => {
  const select = (only: string[], skip: string[] = [], isObserved = false): string[] =>
    selectCases({ only, skip, isObserved }).map(({ id }) => id);

  test('all but those that need a state, unless there is one', () => {
    expect(select([])).toEqual(ids);
    expect(select([], [], true)).toEqual(BATTERY.map(({ id }) => id));
  });

  test('sections, ids, prefixes and patterns', () => {
    expect(select(['answers'], ['answers.s*'])).toEqual(['answers.redirect', 'answers.time']);
    expect(select(['refuses.missing'])).toEqual(['refuses.missing']);
    expect(select(['accepts.test_run.failed'])).toHaveLength(6);
    expect(select(['accepts.*.pretty'])).toHaveLength(4);
  });

  test('a name that no case has is an error with the nearest one', () => {
    expect(() => select(['refuses.mising'])).toThrow(
      expect.objectContaining({ code: 'USAGE', hint: 'did you mean refuses.missing?' }),
    );
  });

  test('a choice that leaves nothing is an error', () => {
    expect(() => select(['answers'], ['answers'])).toThrow(
      expect.objectContaining({ code: 'USAGE' }),
    );
    expect(() => select(['idempotency'])).toThrow(/expected at least one case/);
  });

  test('ids are unique', () => {
    expect(new Set(BATTERY.map(({ id }) => id)).size).toBe(BATTERY.length);
  });
});
