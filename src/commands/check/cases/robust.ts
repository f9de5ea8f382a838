import type { Topic } from '../advice.ts';
import type { CheckCase } from '../check-case.ts';
import { describeAnswer, judgeGenuine, unanswered } from '../judge.ts';

function robust(
  name: string,
  rest: Pick<CheckCase, 'title' | 'severity' | 'requests' | 'judge'> & Partial<CheckCase>,
): CheckCase {
  return { id: `robust.${name}`, section: 'robust', ...rest };
}

const BURST = 50;
const TRANSCRIPT = 'caller: I smell gas. agent: Please hold the line.\n';
const MEGABYTE = 1024 * 1024;

function getsThrough(topic: Topic): CheckCase['judge'] {
  return (exchange, facts) => judgeGenuine(exchange, facts, topic);
}

/** Repeats must be answered alike: an error on the second makes Relyable send it again. */
const judgeRepeats: CheckCase['judge'] = (exchange, facts) => {
  const complaint = judgeGenuine(exchange, facts, 'duplicate');
  if (complaint !== null) return complaint;
  const [first, second] = exchange.answers;
  if (first?.status === second?.status || first === undefined || second === undefined) return null;
  return {
    topic: 'duplicate',
    message: `expected both to be answered alike, got ${describeAnswer(first)} and ${describeAnswer(second)}`,
    at: 1,
  };
};

export const ROBUST: readonly CheckCase[] = [
  robust('duplicate', {
    title: 'the same event twice is answered alike',
    severity: 'error',
    requests: (make) => {
      const request = make.genuine('test_run.completed');
      return [request, request];
    },
    judge: judgeRepeats,
  }),
  robust('simultaneous', {
    title: 'the same event twice at once is answered alike',
    severity: 'error',
    manner: 'together',
    requests: (make) => {
      const request = make.genuine('test_run.completed');
      return [request, request];
    },
    judge: judgeRepeats,
  }),
  robust('unknown-event', {
    title: 'accepts an event type it does not know',
    severity: 'error',
    requests: (make) => [make.genuine('test_run.completed', { event: 'test_run.archived' })],
    judge: getsThrough('unknown-event'),
  }),
  robust('extra-field', {
    title: 'accepts a field it does not know',
    severity: 'error',
    requests: (make) => [
      make.genuine('test_run.completed', { edit: { triggered_by: { kind: 'schedule' } } }),
    ],
    judge: getsThrough('strict-fields'),
  }),
  robust('missing-field', {
    title: 'accepts a payload with a field missing',
    severity: 'warning',
    // A first run has nothing to compare with; the page does not say which fields are optional.
    requests: (make) => [
      make.genuine('test_run.completed', { edit: { previous_score: undefined } }),
    ],
    judge: getsThrough('strict-fields'),
  }),
  robust('non-ascii', {
    title: 'accepts names in other scripts',
    severity: 'error',
    requests: (make) => [
      make.genuine('test_run.completed', { edit: { agent_name: 'Zürich 不動産 Агент' } }),
    ],
    judge: getsThrough('charset'),
  }),
  robust('emoji', {
    title: 'accepts names with emoji',
    severity: 'error',
    requests: (make) => [
      make.genuine('agent.score_dropped', { edit: { agent_name: '🏠 Agent 👩‍💻' } }),
    ],
    judge: getsThrough('charset'),
  }),
  robust('large', {
    title: 'accepts a transcript of 1 MB',
    severity: 'error',
    requests: (make) => [
      make.genuine('test_case.critical_failure', {
        edit: { transcript: TRANSCRIPT.repeat(Math.ceil(MEGABYTE / TRANSCRIPT.length)) },
      }),
    ],
    judge: getsThrough('body-limit'),
  }),
  robust('slow', {
    title: 'waits for a body that arrives in pieces',
    severity: 'error',
    manner: 'slowly',
    requests: (make) => [make.genuine('test_run.completed')],
    judge: getsThrough('slow-body'),
  }),
  robust('reuse', {
    title: 'leaves a connection usable after a refusal',
    severity: 'error',
    manner: 'one connection',
    requests: (make) => [
      make.tampered('missing'),
      make.genuine('test_run.completed'),
      make.genuine('test_run.failed'),
    ],
    judge: ({ answers }, facts) => {
      const at = answers.findIndex(({ status }) => status === null);
      const silent = answers[at];
      if (silent !== undefined) return { ...unanswered(silent, 200), at };
      // `refuses.missing` judges how the first is refused.
      const complaint = judgeGenuine({ answers: answers.slice(1) }, facts, 'connection');
      return complaint === null ? null : { ...complaint, at: 1 + (complaint.at ?? 0) };
    },
  }),
  robust('burst', {
    title: `accepts ${BURST} events at once`,
    severity: 'error',
    manner: 'together',
    requests: (make) => Array.from({ length: BURST }, () => make.genuine('test_run.completed')),
    judge: (exchange, facts) => {
      const complaint = judgeGenuine(exchange, facts, 'burst');
      if (complaint === null) return null;
      const failed = exchange.answers.filter(({ status }) => status !== 200).length;
      return { ...complaint, message: `${complaint.message} (${failed} of ${BURST} events)` };
    },
  }),
  robust('charset', {
    title: 'accepts "application/json; charset=utf-8"',
    severity: 'error',
    requests: (make) => [
      make.genuine('test_run.completed', { contentType: 'application/json; charset=utf-8' }),
    ],
    judge: getsThrough('content-type'),
  }),
  robust('content-type', {
    title: 'accepts a content type it does not expect',
    severity: 'warning',
    requests: (make) => [
      make.genuine('test_run.completed', {
        contentType: 'application/vnd.relyable.event+json; charset=UTF-8',
      }),
    ],
    judge: getsThrough('content-type'),
  }),
];
