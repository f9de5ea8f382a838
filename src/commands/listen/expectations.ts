import { RelyableError } from '../../errors.ts';
import { isDelivered } from '../../relyable/retry.ts';
import type { HandledRequest } from '../../pipeline/events.ts';
import { meetsWhere, valueAt, type WhereClause } from './where.ts';

/** `--expect type[:n]`: so many deliveries of a type; 0 for none at all. */
export interface Expectation {
  readonly event: string;
  readonly count: number;
}

export interface ExpectationOptions {
  readonly expected: readonly Expectation[];
  /** Conditions that a delivery of an expected type must meet, all of them. */
  readonly where: readonly WhereClause[];
  /** End after so many deliveries, whatever they are; null for no such end. */
  readonly exitAfter: number | null;
}

/**
 * - `met` everything expected came, verified and answered 200
 * - `impossible` whatever comes, it cannot be met any more
 * - `waiting` neither yet
 */
export type Verdict = 'met' | 'impossible' | 'waiting';

/** A delivery of an expected type that did not count. */
export interface Mismatch {
  /** The capture's id. */
  readonly id: string;
  readonly why: string;
}

export interface ExpectationState {
  readonly event: string;
  readonly expected: number;
  /** Deliveries that counted. */
  readonly came: number;
  readonly isMet: boolean;
  /** The first of those that did not count. */
  readonly mismatches: readonly Mismatch[];
}

export interface ExpectationReport {
  readonly verdict: Verdict;
  readonly expectations: readonly ExpectationState[];
  /** Deliveries in all. */
  readonly deliveries: number;
  /** Deliveries nobody asked about, by type. */
  readonly others: Readonly<Record<string, number>>;
  /** Without expectations: deliveries that were not verified or not answered 200. */
  readonly failures: readonly Mismatch[];
}

/** Fed with deliveries, says whether what was expected has come. Pure: no clock, no output. */
export interface Expectations {
  /** Once it is decided, what comes changes nothing. */
  add(delivery: HandledRequest): Verdict;
  /**
   * The verdict at the end: `met` for types that did not come and must not. What is missing is
   * `waiting` if it might still come (a time limit, a signal), else `impossible`.
   */
  conclude(mayStillCome: boolean): ExpectationReport;
}

/** How many deliveries that did not count are named. */
const KEPT_MISMATCHES = 5;
/** Names come from outside; beyond so many they count as `(other)`. */
const MAX_OTHERS = 50;

/** `test_run.completed` or `test_run.completed:3`; anything else is a USAGE error. */
export function parseExpectation(text: string): Expectation {
  const match = /^([^\s:]+)(?::(\d{1,6}))?$/.exec(text);
  if (match === null) {
    throw new RelyableError(
      'USAGE',
      `--expect: expected an event type and maybe a count, e.g. test_run.completed:2, got "${text}"`,
    );
  }
  return { event: match[1] ?? '', count: Number(match[2] ?? '1') };
}

export function createExpectations(options: ExpectationOptions): Expectations {
  const { expected, where, exitAfter } = options;
  const states = expected.map(({ event, count }) => ({
    event,
    expected: count,
    came: 0,
    mismatches: [] as Mismatch[],
  }));
  const others = new Map<string, number>();
  const failures: Mismatch[] = [];
  let deliveries = 0;

  const withIsMet = (state: (typeof states)[number]): ExpectationState => {
    const { expected: count, came } = state;
    return { ...state, isMet: count === 0 ? came === 0 : came >= count };
  };

  const verdict = (isOver: boolean): Verdict => {
    if (states.some((state) => state.expected === 0 && state.came > 0)) return 'impossible';
    const left = exitAfter === null ? Infinity : exitAfter - deliveries;
    const isListening = left > 0 && !isOver;
    if (expected.length === 0) {
      if (isListening) return 'waiting';
      if (failures.length > 0) return 'impossible';
      return exitAfter !== null && left > 0 ? 'waiting' : 'met';
    }
    const missing = states.reduce(
      (sum, { expected, came }) => sum + Math.max(0, expected - came),
      0,
    );
    if (missing > left) return 'impossible';
    const waitsForAbsence = isListening && states.every((state) => state.expected === 0);
    return missing > 0 || waitsForAbsence ? 'waiting' : 'met';
  };

  return {
    add: (delivery) => {
      const decided = verdict(false);
      if (decided !== 'waiting') return decided;
      deliveries += 1;
      const wrong = whyNot(delivery, where);
      const state = states.find(({ event }) => event === delivery.event);
      if (state === undefined) {
        const name = delivery.event ?? '(none)';
        const key = others.has(name) || others.size < MAX_OTHERS ? name : '(other)';
        others.set(key, (others.get(key) ?? 0) + 1);
        if (expected.length === 0 && wrong !== null)
          keep(failures, { id: delivery.id, why: wrong });
      } else if (wrong === null) state.came += 1;
      else keep(state.mismatches, { id: delivery.id, why: wrong });
      return verdict(false);
    },
    conclude: (mayStillCome) => {
      const concluded = verdict(true);
      return {
        verdict: concluded === 'waiting' && !mayStillCome ? 'impossible' : concluded,
        expectations: states.map(withIsMet),
        deliveries,
        others: Object.fromEntries(others),
        failures,
      };
    },
  };
}

function keep(list: Mismatch[], item: Mismatch): void {
  if (list.length < KEPT_MISMATCHES) list.push(item);
}

/** Why a delivery does not count; null when it does. */
function whyNot(delivery: HandledRequest, where: readonly WhereClause[]): string | null {
  const { verification, answered, forward } = delivery;
  if (!verification.valid) return `signature not valid (${verification.reason})`;
  if (!isDelivered(answered.status)) {
    const error = forward?.error ?? null;
    return error === null ? `answered ${answered.status}` : `answered ${answered.status}: ${error}`;
  }
  if (!answered.complete) return 'the sender did not get the whole answer';
  if (where.length === 0) return null;
  const payload = delivery.readPayload();
  const failed = where.find((clause) => !meetsWhere(payload, clause));
  if (failed === undefined) return null;
  const found = valueAt(payload, failed.path);
  const came =
    found === undefined ? 'nothing there' : `it is ${JSON.stringify(found).slice(0, 100)}`;
  return `${failed.text}: ${came}`;
}
