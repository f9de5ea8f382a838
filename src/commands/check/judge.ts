import type { SendResult } from '../../http/client/send.ts';
import type { Topic } from './advice.ts';
import type { CheckRequest, Complaint, Exchange, Facts } from './check-case.ts';
import { explainCrash } from './explain-crash.ts';
import type { Tamper } from '../../signature/tamper-kinds.ts';

/** A status as it is read out: `401`, or why there was none. */
export function describeAnswer({ status, error }: SendResult): string {
  return status === null ? (error ?? 'no answer') : `status ${status}`;
}

export function is2xx(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Whether a status is how this handler refuses a signature. */
export function isSignatureRefusal(
  status: number,
  { forgedStatus }: Pick<Facts, 'forgedStatus'>,
): boolean {
  return status === 401 || status === 403 || (status === forgedStatus && !is2xx(status));
}

/** The complaint about a request that got no answer. */
export function unanswered(answer: SendResult, expected: number): Complaint {
  const message = `expected ${expected}, got none: ${describeAnswer(answer)}`;
  return { topic: 'no-answer', message, severity: 'error' };
}

/** What it means that a genuine request was answered otherwise than with 200. */
export function complainOfGenuine(
  answer: SendResult,
  { event }: CheckRequest,
  facts: Facts,
  topic: Topic,
): Complaint {
  const { status } = answer;
  if (status === null) return unanswered(answer, 200);
  const refusal = facts.refusals[event];
  if (refusal !== undefined && !is2xx(status)) {
    const { proof, topic: cause, headline, fix } = refusal;
    return { topic: cause, headline, fix, message: `expected 200, got ${status}${proof}` };
  }
  const message = `expected 200, got ${status}`;
  if (status >= 300 && status < 400) return { topic: 'redirect', message };
  return is2xx(status) ? { topic: 'not-200', message } : { topic, message };
}

/**
 * Whether genuine requests got through; `topic` says what it means when they did not although the
 * plain form of the same event does. `answers.status` judges a 2xx that the plain event gets.
 */
export function judgeGenuine(
  { requests, answers }: Pick<Exchange, 'requests' | 'answers'>,
  facts: Facts,
  topic: Topic | ((status: number) => Topic),
): Complaint | null {
  for (const [at, request] of requests.entries()) {
    const answer = answers[at];
    if (answer === undefined) continue;
    const { status } = answer;
    const isAsUsual = status !== null && is2xx(status) && status === facts.usual[request.event];
    if (status === 200 || isAsUsual) continue;
    const cause = typeof topic === 'string' ? topic : topic(status ?? 0);
    return { ...complainOfGenuine(answer, request, facts, cause), at };
  }
  return null;
}

/** Whether requests that are not genuine were refused with 401 or 403. */
export function judgeRefusal(
  { requests, answers }: Pick<Exchange, 'requests' | 'answers'>,
  facts: Facts,
  acceptedTopic: Topic,
  tamper?: Tamper,
): Complaint | null {
  const at = answers.findIndex(({ status }) => status !== 401 && status !== 403);
  const answer = answers[at];
  const request = requests[at];
  if (answer === undefined || request === undefined) return null;
  const refusal = facts.refusals[request.event];
  const isAccepted = answer.status !== null && is2xx(answer.status);
  if (isAccepted && tamper !== undefined && refusal?.expects === tamper) {
    const { topic, headline, fix } = refusal;
    return { topic, headline, fix, message: `expected 401, got ${answer.status}`, at };
  }
  return { ...complainOfRefusal(answer, request, facts, acceptedTopic), at };
}

function complainOfRefusal(
  answer: SendResult,
  { event }: CheckRequest,
  facts: Facts,
  acceptedTopic: Topic,
): Complaint {
  const { status } = answer;
  if (status === null) return unanswered(answer, 401);
  const message = `expected 401, got ${status}`;
  if (is2xx(status)) return { topic: acceptedTopic, message };
  if (status >= 300 && status < 400) return { topic: 'redirect', message, severity: 'warning' };
  const cause = facts.refusals[event]?.topic;
  if (cause === 'no-route') return { topic: cause, message: `${message}, as every request does` };
  if (status < 500) return { topic: 'refused-otherwise', message, severity: 'warning' };
  if (cause !== 'genuine-crashes') return { topic: 'refusal-crashes', message, severity: 'error' };
  const { proof, headline, fix } = explainCrash(answer);
  return { topic: cause, headline, fix, message: `${message}${proof}`, severity: 'error' };
}
