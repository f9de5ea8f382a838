import {
  createSender,
  type Outgoing,
  type Sender,
  type SendResult,
} from '../../http/client/send.ts';
import { isListening } from '../../http/client/reachability.ts';
import type { TlsOptions } from '../../http/target.ts';
import type { HeaderPair } from '../../request/request.ts';
import { createConceal } from '../../signature/conceal.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import { adviceFor, type FindingAdvice, type Topic } from './advice.ts';
import type {
  CheckCase,
  CheckRequest,
  Complaint,
  Exchange,
  Facts,
  Section,
  Severity,
} from './check-case.ts';
import type { Framework } from './framework.ts';
import { describeAnswer } from './judge.ts';
import { findLeak } from './find-leak.ts';
import { learnFacts } from './learn-facts.ts';
import { createRequestMaker } from './request-maker.ts';

export interface BatteryOptions {
  readonly url: URL;
  readonly cases: readonly CheckCase[];
  readonly secret: string;
  /** Other secrets of the user, which the handler may use by mistake. */
  readonly known: readonly SecretCandidate[];
  /** The language of the app, recognised by the command that starts it; null if unknown. */
  readonly language: Framework | null;
  readonly userAgent: string;
  readonly seed: number;
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  /** Added to every request, e.g. for a proxy. */
  readonly headers: readonly HeaderPair[];
  /** Stop at the first finding of this severity or worse; null: run all. */
  readonly bail: Severity | null;
  readonly signal: AbortSignal;
  /** A monotonic clock, ms. */
  readonly elapsed: () => number;
  /** Reads the user's state after `--settle`; for the idempotency cases. */
  readonly readState: (() => Promise<string>) | null;
}

/** An answer as a report shows it. */
export interface ShownAnswer {
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  /** The first `SHOWN_BYTES` of the body, as text, without secret and signature. */
  readonly body: string;
}

/** What is wrong in a failed case, and how to fix it. */
export interface CheckFinding extends FindingAdvice {
  readonly topic: Topic;
  readonly severity: Severity;
  readonly message: string;
  /** Which of the case's requests and answers shows it. */
  readonly at: number;
}

/** The result of one case. */
export interface CaseResult {
  readonly id: string;
  readonly section: Section;
  readonly title: string;
  readonly severity: Severity;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** What each request was, in their order. */
  readonly sent: readonly string[];
  readonly answers: readonly ShownAnswer[];
  readonly durationMs: number;
  /** null unless failed. */
  readonly finding: CheckFinding | null;
  /** Why it was not run; null unless skipped. */
  readonly skipReason: string | null;
}

export type BatteryEvent =
  | {
      readonly type: 'start';
      readonly cases: number;
      readonly framework: Framework | null;
    }
  | { readonly type: 'case'; readonly result: CaseResult };

const SHOWN_BYTES = 500;
const SEVERITY_RANK: Readonly<Record<Severity, number>> = { warning: 1, error: 2 };
/** Between the pieces of a body, so that each arrives on its own, ms. */
const PIECE_PAUSE_MS = 15;
/** Requests under way where their order does not matter. */
const WIDTH = 8;
/** A handler that leaves this number of cases in a row unanswered will not answer the others. */
const SILENT_CASES = 3;

export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITY_RANK[severity] >= SEVERITY_RANK[threshold];
}

/**
 * Runs the cases one after the other against a handler. A handler that cannot be reached at the
 * start is UNREACHABLE; one that goes away or falls silent leaves the rest of the cases skipped.
 */
export async function* runBattery(options: BatteryOptions): AsyncGenerator<BatteryEvent> {
  const { cases, signal } = options;
  // Each request has a connection to itself: bytes left on one must not answer another case.
  const sender = createSender({ ...options, reuse: false });
  try {
    const { facts, diedAfter } = await learnFacts(options, {
      sender,
      send: (request) => sender.send(outgoing(request, options)),
      fetchErrorPage: () => fetchErrorPage(options, sender),
    });
    yield { type: 'start', cases: cases.length, framework: facts.framework };
    const stops = new StopRules(options);
    for (const item of cases) {
      signal.throwIfAborted();
      const skipReason = stops.reason ?? item.skip?.(facts) ?? null;
      if (skipReason !== null) {
        yield { type: 'case', result: skipped(item, skipReason) };
        continue;
      }
      const result =
        diedAfter === null
          ? await runCase(item, options, sender, facts)
          : deadResult(item, diedAfter, facts);
      yield { type: 'case', result };
      if (diedAfter === null) await stops.note(result);
      else stops.reason = diedAfter;
    }
  } finally {
    sender.close();
  }
}

/** Decides when the remaining cases are skipped. */
class StopRules {
  /** Why the next cases are skipped; null while they are run. */
  reason: string | null = null;
  private readonly options: BatteryOptions;
  private silentCases = 0;

  constructor(options: BatteryOptions) {
    this.options = options;
  }

  async note({ id, answers, finding }: CaseResult): Promise<void> {
    const { url, bail, signal } = this.options;
    const isSilent = answers.length > 0 && answers.every(({ status }) => status === null);
    this.silentCases = isSilent ? this.silentCases + 1 : 0;
    if (answers.some(({ status }) => status === null) && !(await isListening(url, signal))) {
      this.reason = `your app stopped listening during ${id}`;
    } else if (this.silentCases === SILENT_CASES) {
      this.reason = `your app has not answered ${SILENT_CASES} cases in a row, the last one ${id}`;
    } else if (bail !== null && finding !== null && isAtLeast(finding.severity, bail)) {
      this.reason = `stopped after ${id} (--bail)`;
    }
  }
}

/** The result when the app ended before the first case, because of what it did after an answer. */
function deadResult(item: CheckCase, diedAfter: string, facts: Facts): CaseResult {
  const complaint: Complaint = {
    topic: 'dies-after-answer',
    message: diedAfter,
    severity: 'error',
  };
  return {
    ...identity(item),
    outcome: 'failed',
    sent: ['a plain event of each type, correctly signed'],
    answers: [],
    durationMs: 0,
    finding: toFinding(item, complaint, facts),
    skipReason: null,
  };
}

function fetchErrorPage(options: BatteryOptions, sender: Sender): Promise<SendResult> {
  const url = new URL('/relyable-check-no-such-page', options.url);
  return sender.send({ method: 'GET', url, headers: options.headers, body: Buffer.alloc(0) });
}

function outgoing(request: CheckRequest, { url, headers }: BatteryOptions): Outgoing {
  const { body, cuts } = request;
  const pieces = cuts === undefined ? undefined : { cuts, pauseMs: PIECE_PAUSE_MS };
  return { method: 'POST', url, headers: [...request.headers, ...headers], body, pieces };
}

async function runCase(
  item: CheckCase,
  options: BatteryOptions,
  sender: Sender,
  facts: Facts,
): Promise<CaseResult> {
  const requests = item.requests(createRequestMaker(item.id, options));
  const startedAt = options.elapsed();
  const { answers, states } = await exchange(item, requests, options, sender);
  const durationMs = options.elapsed() - startedAt;
  // An interrupted exchange says nothing about the handler.
  options.signal.throwIfAborted();
  const conceal = createConceal([facts.secret]);
  const exchanged = { requests, answers, states };
  const complaint = worse(item.judge(exchanged, facts), findLeak(exchanged, facts));
  return {
    ...identity(item),
    outcome: complaint === null ? 'passed' : 'failed',
    sent: requests.map(({ label }) => label),
    answers: answers.map((answer, index) =>
      showAnswer(conceal(answer, requests[index]?.body ?? Buffer.alloc(0))),
    ),
    durationMs,
    finding: complaint === null ? null : toFinding(item, complaint, facts),
    skipReason: null,
  };
}

async function exchange(
  { manner = 'in turn' }: CheckCase,
  requests: readonly CheckRequest[],
  options: BatteryOptions,
  sender: Sender,
): Promise<Pick<Exchange, 'answers' | 'states'>> {
  const send = (request: CheckRequest): Promise<SendResult> =>
    sender.send(outgoing(request, options));
  switch (manner) {
    case 'together':
      return { answers: await Promise.all(requests.map(send)), states: [] };
    case 'one connection':
      return { answers: await sendOverOne(requests, options), states: [] };
    case 'in any order':
      return { answers: await atOnce(requests, WIDTH, send), states: [] };
    case 'observed in turn':
      return observe(requests, options.readState, (some) => inTurn(some, send));
    case 'observed together':
      return observe(requests, options.readState, (some) => Promise.all(some.map(send)));
    case 'in turn':
      return { answers: await inTurn(requests, send), states: [] };
  }
}

async function inTurn<T, R>(items: readonly T[], act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of items) results.push(await act(item));
  return results;
}

/** The results in the order of the items, with at most `width` actions under way. */
async function atOnce<T, R>(
  items: readonly T[],
  width: number,
  act: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const work = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}

async function sendOverOne(
  requests: readonly CheckRequest[],
  options: BatteryOptions,
): Promise<SendResult[]> {
  const sender = createSender({ ...options, connections: 1 });
  const answers = await inTurn(requests, async (request) => {
    const answer = await sender.send(outgoing(request, options));
    // A server may close a connection between two requests; the second attempt opens another.
    return answer.status === null ? sender.send(outgoing(request, options)) : answer;
  });
  sender.close();
  return answers;
}

async function observe(
  [first, ...others]: readonly CheckRequest[],
  readState: BatteryOptions['readState'],
  sendAll: (requests: readonly CheckRequest[]) => Promise<SendResult[]>,
): Promise<Pick<Exchange, 'answers' | 'states'>> {
  if (readState === null || first === undefined) return { answers: [], states: [] };
  const before = await readState();
  const answers = await sendAll([first]);
  const once = await readState();
  answers.push(...(await sendAll(others)));
  return { answers, states: [before, once, await readState()] };
}

function identity({
  id,
  section,
  title,
  severity,
}: CheckCase): Pick<CaseResult, 'id' | 'section' | 'title' | 'severity'> {
  return { id, section, title, severity };
}

/** The worse of two complaints: a leaked secret, unless the judge found that a forged request was accepted. */
function worse(judged: Complaint | null, leak: Complaint | null): Complaint | null {
  return leak === null || judged?.topic === 'forged-accepted' ? judged : leak;
}

function toFinding(item: CheckCase, complaint: Complaint, { framework }: Facts): CheckFinding {
  const { topic, message, at = 0, severity = item.severity } = complaint;
  const advice = adviceFor(topic, framework);
  const { headline = advice.headline, fix = advice.fix } = complaint;
  return { topic, severity, message, ...advice, headline, fix, at };
}

function skipped(item: CheckCase, skipReason: string): CaseResult {
  return {
    ...identity(item),
    outcome: 'skipped',
    sent: [],
    answers: [],
    durationMs: 0,
    finding: null,
    skipReason,
  };
}

function showAnswer(answer: SendResult): ShownAnswer {
  return {
    status: answer.status,
    durationMs: answer.durationMs,
    error: answer.status === null ? describeAnswer(answer) : null,
    body: answer.body
      .subarray(0, SHOWN_BYTES * 4)
      .toString('utf8')
      .slice(0, SHOWN_BYTES),
  };
}
