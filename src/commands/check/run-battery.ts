import { RelyableError } from '../../errors.ts';
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
import { detectFramework, type Framework } from './framework.ts';
import { describeAnswer } from './judge.ts';
import { createRequestMaker } from './request-maker.ts';

export interface BatteryOptions {
  readonly url: URL;
  readonly cases: readonly CheckCase[];
  readonly secret: string;
  readonly userAgent: string;
  readonly seed: number;
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
  /** Added to every request, e.g. for a proxy. */
  readonly headers: readonly HeaderPair[];
  /** Stop at the first finding of this severity or worse; null: run all. */
  readonly bail: Severity | null;
  readonly signal: AbortSignal;
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

export interface Finding extends FindingAdvice {
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
  readonly finding: Finding | null;
  /** Why it was not run; null unless skipped. */
  readonly skipReason: string | null;
}

export type BatteryEvent =
  | {
      readonly type: 'start';
      readonly cases: number;
      readonly framework: Framework | null;
      readonly usualStatus: number;
    }
  | { readonly type: 'case'; readonly result: CaseResult };

const SHOWN_BYTES = 500;
const SEVERITY_RANK: Readonly<Record<Severity, number>> = { warning: 1, error: 2 };
const SLOW_PIECES = { count: 8, pauseMs: 15 };

export function isAtLeast(severity: Severity, threshold: Severity): boolean {
  return SEVERITY_RANK[severity] >= SEVERITY_RANK[threshold];
}

/**
 * Runs the cases one after the other against a handler. A handler that cannot be reached at the
 * start is UNREACHABLE; one that goes away during the run leaves the rest of the cases skipped.
 */
export async function* runBattery(options: BatteryOptions): AsyncGenerator<BatteryEvent> {
  const { cases, bail, signal } = options;
  // Each request has a connection to itself: bytes left on one must not answer another case.
  const sender = createSender({ ...options, reuse: false });
  try {
    const facts = await learnFacts(options, sender);
    const { framework, usualStatus } = facts;
    yield { type: 'start', cases: cases.length, framework, usualStatus };
    let skipReason: string | null = null;
    for (const item of cases) {
      signal.throwIfAborted();
      if (skipReason !== null) {
        yield { type: 'case', result: skipped(item, skipReason) };
        continue;
      }
      const result = await runCase(item, options, sender, facts);
      yield { type: 'case', result };
      const isUnanswered = result.answers.some(({ status }) => status === null);
      if (isUnanswered && !(await isListening(options.url, signal))) {
        skipReason = `your app stopped listening during ${item.id}`;
      } else if (bail !== null && result.finding && isAtLeast(result.finding.severity, bail)) {
        skipReason = `stopped after ${item.id} (--bail)`;
      }
    }
  } finally {
    sender.close();
  }
}

/** Sends a plain genuine event and looks at an error page: whether a handler answers, and which. */
async function learnFacts(options: BatteryOptions, sender: Sender): Promise<Facts> {
  const { url, secret } = options;
  const make = createRequestMaker('usual', options);
  const usual = await sender.send(outgoing(make.genuine('test_run.completed'), options));
  options.signal.throwIfAborted();
  if (usual.status === null) {
    const isThere = await isListening(url, options.signal);
    const hint = isThere
      ? 'something listens there: is it your app, and what does its log say?'
      : 'start your app first, or let this command start it: … -- <command>';
    const message = `${url.href}: expected an answer, ${usual.error ?? ''}`;
    throw new RelyableError('UNREACHABLE', message, { hint });
  }
  const answers = [usual];
  if (detectFramework(answers) === null) answers.push(await fetchErrorPage(options, sender));
  return { usualStatus: usual.status, framework: detectFramework(answers), secret };
}

function fetchErrorPage(options: BatteryOptions, sender: Sender): Promise<SendResult> {
  const url = new URL('/relyable-check-no-such-page', options.url);
  return sender.send({ method: 'GET', url, headers: options.headers, body: Buffer.alloc(0) });
}

function outgoing(request: CheckRequest, { url, headers }: BatteryOptions): Outgoing {
  return { method: 'POST', url, headers: [...request.headers, ...headers], body: request.body };
}

async function runCase(
  item: CheckCase,
  options: BatteryOptions,
  sender: Sender,
  facts: Facts,
): Promise<CaseResult> {
  const requests = item.requests(createRequestMaker(item.id, options));
  const startedAt = performance.now();
  const { answers, states } = await exchange(item, requests, options, sender);
  const durationMs = performance.now() - startedAt;
  // An interrupted exchange says nothing about the handler.
  options.signal.throwIfAborted();
  const conceal = createConceal([facts.secret]);
  const complaint = item.judge({ requests, answers, states }, facts);
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
    case 'slowly': {
      const slow = createSender({ ...options, reuse: false, pieces: SLOW_PIECES });
      const answers = await inTurn(requests, (request) => slow.send(outgoing(request, options)));
      slow.close();
      return { answers, states: [] };
    }
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

function toFinding(item: CheckCase, complaint: Complaint, { framework }: Facts): Finding {
  const { topic, message, at = 0, severity = item.severity } = complaint;
  return { topic, severity, message, ...adviceFor(topic, framework), at };
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
