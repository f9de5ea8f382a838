import type { SendResult } from '../../http/client/send.ts';
import type { Complaint, Exchange, Facts } from './check-case.ts';
import type { Topic } from './advice.ts';

/** A status as it is read out: `401`, or why there was none. */
export function describeAnswer({ status, error }: SendResult): string {
  return status === null ? (error ?? 'no answer') : `status ${status}`;
}

function is2xx(status: number): boolean {
  return status >= 200 && status < 300;
}

function is3xx(status: number): boolean {
  return status >= 300 && status < 400;
}

/** Whether a plain genuine event is accepted; where it is not, that alone is the finding. */
export function isUsuallyAccepted(facts: Facts): boolean {
  return is2xx(facts.usualStatus);
}

/** The complaint about a request that got no answer. */
export function unanswered(answer: SendResult, expected: number): Complaint {
  const message = `expected ${expected}, got none: ${describeAnswer(answer)}`;
  return { topic: 'no-answer', message, severity: 'error' };
}

/** What it means that a genuine request was answered otherwise than with 200. */
export function complainOfGenuine(answer: SendResult, facts: Facts, topic: Topic): Complaint {
  const { status } = answer;
  if (status === null) return unanswered(answer, 200);
  const message = `expected 200, got ${status}`;
  if (is3xx(status)) return { topic: 'redirect', message };
  if (is2xx(status)) return { topic: 'not-200', message };
  if (isUsuallyAccepted(facts)) return { topic, message };
  return {
    topic: status >= 500 ? 'genuine-crashes' : 'genuine-refused',
    message: `${message}, as every genuine event does`,
  };
}

/**
 * Whether genuine requests got through; `topic` says what it means when they did not although a
 * plain event does. `answers.status` judges a 2xx that every genuine event gets.
 */
export function judgeGenuine(
  { answers }: Pick<Exchange, 'answers'>,
  facts: Facts,
  topic: Topic,
): Complaint | null {
  const isFine = ({ status }: SendResult): boolean =>
    status === 200 || (status === facts.usualStatus && isUsuallyAccepted(facts));
  const at = answers.findIndex((answer) => !isFine(answer));
  const answer = answers[at];
  return answer === undefined ? null : { ...complainOfGenuine(answer, facts, topic), at };
}

/** Whether requests that are not genuine were refused with 401 or 403. */
export function judgeRefusal(
  { answers }: Pick<Exchange, 'answers'>,
  facts: Facts,
  acceptedTopic: Topic,
): Complaint | null {
  const at = answers.findIndex(({ status }) => status !== 401 && status !== 403);
  const answer = answers[at];
  return answer === undefined ? null : { ...complainOfRefusal(answer, facts, acceptedTopic), at };
}

function complainOfRefusal(answer: SendResult, facts: Facts, acceptedTopic: Topic): Complaint {
  const { status } = answer;
  if (status === null) return unanswered(answer, 401);
  const message = `expected 401, got ${status}`;
  if (is2xx(status)) return { topic: acceptedTopic, message };
  if (is3xx(status)) return { topic: 'redirect', message, severity: 'warning' };
  if (status < 500) return { topic: 'refused-otherwise', message, severity: 'warning' };
  return facts.usualStatus >= 500
    ? { topic: 'genuine-crashes', message: `${message}, as every request does`, severity: 'error' }
    : { topic: 'refusal-crashes', message, severity: 'error' };
}
