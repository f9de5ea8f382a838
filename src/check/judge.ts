import type { SendResult } from '../http/send.ts';
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

/** Whether a plain genuine event gets through at all; where it does not, that is the finding. */
export function isUsuallyAccepted(facts: Facts): boolean {
  return is2xx(facts.usualStatus);
}

/**
 * Whether genuine requests got through; `topic` says what it means when they did not although a
 * plain event does. A status that every genuine event gets is the matter of other cases.
 */
export function judgeGenuine(
  { answers }: Pick<Exchange, 'answers'>,
  facts: Facts,
  topic: Topic,
): Complaint | null {
  const bad = answers.find(({ status }) => status !== 200 && !isUsual(status, facts));
  if (bad !== undefined) return genuineComplaint(bad, facts, topic);
  const usual = answers.find(({ status }) => status !== 200);
  if (usual === undefined || isUsuallyAccepted(facts)) return null;
  return genuineComplaint(usual, facts, topic);
}

function isUsual(status: number | null, facts: Facts): boolean {
  return status !== null && status === facts.usualStatus;
}

function genuineComplaint(answer: SendResult, facts: Facts, topic: Topic): Complaint {
  const { status } = answer;
  if (status === null)
    return {
      topic: 'no-answer',
      message: `expected 200, got none: ${describeAnswer(answer)}`,
      severity: 'error',
    };
  const message = `expected 200, got ${status}`;
  if (is3xx(status)) return { topic: 'redirect', message };
  if (is2xx(status)) return { topic: 'not-200', message };
  if (isUsuallyAccepted(facts)) return { topic, message };
  return {
    topic: status >= 500 ? 'genuine-crashes' : 'genuine-refused',
    message: `${message}, as every genuine event does`,
  };
}

/** Whether requests that are not genuine were refused with 401 or 403. */
export function judgeRefusal(
  { answers, requests }: Pick<Exchange, 'answers' | 'requests'>,
  acceptedTopic: Topic,
): Complaint | null {
  const at = answers.findIndex(({ status }) => status !== 401 && status !== 403);
  const answer = answers[at];
  if (answer === undefined) return null;
  const which = requests.length > 1 ? ` (${requests[at]?.label ?? ''})` : '';
  const { status } = answer;
  if (status === null) {
    return {
      topic: 'no-answer',
      message: `expected 401, got none: ${describeAnswer(answer)}`,
      severity: 'error',
    };
  }
  const message = `expected 401, got ${status}${which}`;
  if (is2xx(status)) return { topic: acceptedTopic, message };
  if (is3xx(status)) return { topic: 'redirect', message, severity: 'warning' };
  if (status >= 500) return { topic: 'refusal-crashes', message, severity: 'error' };
  return { topic: 'refused-otherwise', message, severity: 'warning' };
}
