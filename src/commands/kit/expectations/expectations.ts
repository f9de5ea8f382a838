import { RelyableError } from '../../../errors.ts';
import { meetsWhere, valueAt, type WhereClause } from './where.ts';

/** A delivery, or an attempt of one, as expectations see it. */
export interface Observation {
  /** Of the capture or the delivery. */
  readonly id: string;
  readonly event: string | null;
  /** Why the delivery can meet no expectation; null if it can. */
  readonly problem: string | null;
  /** The parsed body, for conditions. */
  readonly readPayload?: () => unknown;
}

/** `--expect type[:n]`: n deliveries of an event type; 0: none. */
export interface Expectation {
  readonly event: string;
  readonly count: number;
}

export interface ExpectationOptions {
  readonly expected: readonly Expectation[];
  /** Conditions that a delivery of an expected type must meet, all of them. */
  readonly where: readonly WhereClause[];
  /** The number of deliveries, of any type, after which it ends; null for no limit. */
  readonly exitAfter: number | null;
}

/**
 * - `met` everything expected was received, verified and answered 200
 * - `impossible` no further delivery can meet the expectations
 * - `waiting` neither yet
 */
export type Verdict = 'met' | 'impossible' | 'waiting';

/** A delivery of an expected type that did not count. */
export interface Mismatch {
  /** Of the capture or the delivery. */
  readonly id: string;
  readonly why: string;
}

export interface ExpectationState {
  readonly event: string;
  readonly expected: number;
  /** Deliveries that counted. */
  readonly received: number;
  readonly isMet: boolean;
  /** The first deliveries of the type that did not count. */
  readonly mismatches: readonly Mismatch[];
}

export interface ExpectationReport {
  readonly verdict: Verdict;
  readonly expectations: readonly ExpectationState[];
  /** Deliveries in all. */
  readonly deliveries: number;
  /** Deliveries of types that were not expected, by type. */
  readonly others: Readonly<Record<string, number>>;
  /** Without expectations: the first deliveries that were not verified or not answered 200. */
  readonly failures: readonly Mismatch[];
}

/** The number of mismatches reported for each expectation. */
const MAX_MISMATCHES = 5;
/** Types come from the sender; beyond this number they count as `(other)`. */
const MAX_OTHERS = 50;

/** `test_run.completed` or `test_run.completed:3`; anything else is a USAGE error. */
export function parseExpectation(text: string, origin: string): Expectation {
  const match = /^([^\s:]+)(?::(\d{1,6}))?$/.exec(text);
  if (match === null) {
    throw new RelyableError(
      'USAGE',
      `${origin}: expected an event type and maybe a count, e.g. test_run.completed:2, got "${text}"`,
    );
  }
  return { event: match[1] ?? '', count: Number(match[2] ?? '1') };
}

/** One expected type and what was received of it. */
class ExpectedType {
  readonly event: string;
  readonly expected: number;
  readonly mismatches: Mismatch[] = [];
  received = 0;

  constructor({ event, count }: Expectation) {
    this.event = event;
    this.expected = count;
  }

  get missing(): number {
    return Math.max(0, this.expected - this.received);
  }

  /** Whether a delivery was received although none was expected. */
  get isViolated(): boolean {
    return this.expected === 0 && this.received > 0;
  }

  state(): ExpectationState {
    const { event, expected, received, mismatches } = this;
    return { event, expected, received, isMet: this.missing === 0 && !this.isViolated, mismatches };
  }
}

/** Counts deliveries against what was expected. Pure: no clock, no output. */
export class Expectations {
  private readonly where: readonly WhereClause[];
  private readonly exitAfter: number | null;
  private readonly types: readonly ExpectedType[];
  private readonly others = new Map<string, number>();
  private readonly failures: Mismatch[] = [];
  private deliveries = 0;

  constructor({ expected, where, exitAfter }: ExpectationOptions) {
    this.where = where;
    this.exitAfter = exitAfter;
    this.types = expected.map((expectation) => new ExpectedType(expectation));
  }

  /** Counts a delivery; once the verdict is decided, further deliveries change nothing. */
  add(delivery: Observation): Verdict {
    const decided = this.verdict(false);
    if (decided !== 'waiting') return decided;
    this.deliveries += 1;
    const why = whyNot(delivery, this.where);
    const mismatch = why === null ? null : { id: delivery.id, why };
    const type = this.types.find(({ event }) => event === delivery.event);
    if (type === undefined) this.addOther(delivery.event, mismatch);
    else if (mismatch === null) type.received += 1;
    else addLimited(type.mismatches, mismatch);
    return this.verdict(false);
  }

  /**
   * The report at the end: `met` for types that were not received and must not be. What is missing
   * is `waiting` if it might still arrive (a time limit, a signal), else `impossible`.
   */
  conclude(mayStillArrive: boolean): ExpectationReport {
    const verdict = this.verdict(true);
    return {
      verdict: verdict === 'waiting' && !mayStillArrive ? 'impossible' : verdict,
      expectations: this.types.map((type) => type.state()),
      deliveries: this.deliveries,
      others: Object.fromEntries(this.others),
      failures: this.failures,
    };
  }

  private addOther(event: string | null, mismatch: Mismatch | null): void {
    const { others } = this;
    const name = event ?? '(none)';
    const key = others.has(name) || others.size < MAX_OTHERS ? name : '(other)';
    others.set(key, (others.get(key) ?? 0) + 1);
    if (this.types.length === 0 && mismatch !== null) addLimited(this.failures, mismatch);
  }

  private verdict(isOver: boolean): Verdict {
    const { types, exitAfter } = this;
    if (types.some((type) => type.isViolated)) return 'impossible';
    const left = exitAfter === null ? Infinity : exitAfter - this.deliveries;
    const isListening = left > 0 && !isOver;
    if (types.length === 0) {
      if (isListening) return 'waiting';
      if (this.failures.length > 0) return 'impossible';
      return exitAfter !== null && left > 0 ? 'waiting' : 'met';
    }
    const missing = types.reduce((sum, type) => sum + type.missing, 0);
    if (missing > left) return 'impossible';
    const waitsForAbsence = isListening && types.every(({ expected }) => expected === 0);
    return missing > 0 || waitsForAbsence ? 'waiting' : 'met';
  }
}

function addLimited(list: Mismatch[], item: Mismatch): void {
  if (list.length < MAX_MISMATCHES) list.push(item);
}

/** Why a delivery does not count; null when it does. */
function whyNot(delivery: Observation, where: readonly WhereClause[]): string | null {
  if (delivery.problem !== null) return delivery.problem;
  if (where.length === 0) return null;
  const payload = delivery.readPayload?.();
  const failed = where.find((clause) => !meetsWhere(payload, clause));
  if (failed === undefined) return null;
  const found = valueAt(payload, failed.path);
  const actual =
    found === undefined ? 'no such field' : `it is ${JSON.stringify(found).slice(0, 100)}`;
  return `${failed.text}: ${actual}`;
}
