import type { SendResult } from '../../../http/client/send.ts';
import { EVENT_TYPES } from '../../../relyable/event-type.ts';
import type { CheckCase, CheckRequest, RequestMaker } from '../check-case.ts';
import { complainOfGenuine, describeAnswer, unanswered } from '../judge.ts';
import { SHORTEST_SECRET } from '../find-leak.ts';
import { headerValues } from '../../../request/request.ts';

/** Our own threshold: Relyable does not publish how long it waits. */
export const SLOW_MS = 5000;
/** Our own threshold: the answer ends up in Relyable's delivery log. */
const LARGE_ANSWER_BYTES = 4096;
const TIMED_REQUESTS = 20;

/** Stack traces of the runtimes that handlers are commonly written in. */
const STACK_TRACES = [
  /^\s*at .+\(?.+:\d+:\d+\)?/m,
  /&nbsp; ?&nbsp;at .+:\d+:\d+/,
  /Traceback \(most recent call last\)/,
  /^\s+at [\w.$]+\([\w.]+\.java:\d+\)/m,
  /^goroutine \d+ \[/m,
  /^#\d+ .+\.php\(\d+\)/m,
  /\.rb:\d+:in [`']/,
];

function ofEveryKind(make: RequestMaker): readonly CheckRequest[] {
  return [
    make.genuine('test_run.completed'),
    make.tampered('missing'),
    make.tampered('secret'),
    make.forged({
      label: 'a body that is not JSON, with a wrong signature',
      body: '{"event": ',
      signatures: () => ['0'.repeat(64)],
    }),
  ];
}

function bodyText({ body }: SendResult): string {
  return body.toString('utf8');
}

/** Median and worst of some answers' times. */
export function timesOf(answers: ReadonlyArray<{ readonly durationMs: number }>): {
  readonly medianMs: number;
  readonly worstMs: number;
} {
  const sorted = answers.map(({ durationMs }) => durationMs).sort((a, b) => a - b);
  return {
    medianMs: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
    worstMs: sorted.at(-1) ?? 0,
  };
}

export const ANSWERS: readonly CheckCase[] = [
  {
    id: 'answers.status',
    section: 'answers',
    severity: 'error',
    title: 'answers every event with 200 exactly',
    requests: (make) => EVENT_TYPES.map((event) => make.genuine(event)),
    judge: ({ requests, answers }, facts) => {
      const at = answers.findIndex(({ status }) => status !== 200);
      const answer = answers[at];
      const request = requests[at];
      if (answer === undefined || request === undefined) return null;
      return { ...complainOfGenuine(answer, request, facts, 'event-refused'), at };
    },
  },
  {
    id: 'answers.redirect',
    section: 'answers',
    severity: 'error',
    title: 'does not redirect',
    requests: (make) => [make.genuine('test_run.completed')],
    judge: ({ answers: [answer] }) => {
      const status = answer?.status ?? 0;
      if (status < 300 || status > 399) return null;
      const [location] = headerValues(answer?.headers ?? [], 'Location');
      return {
        topic: 'redirect',
        message: `expected 200, got ${status} to ${location ?? 'nowhere'}`,
      };
    },
  },
  {
    id: 'answers.time',
    section: 'answers',
    severity: 'error',
    title: `answers within ${SLOW_MS / 1000} s`,
    requests: (make) =>
      Array.from({ length: TIMED_REQUESTS }, () => make.genuine('test_run.completed')),
    judge: ({ answers }) => {
      const silentAt = answers.findIndex(({ status }) => status === null);
      const silent = answers[silentAt];
      if (silent !== undefined) return { ...unanswered(silent, 200), at: silentAt };
      const { medianMs, worstMs } = timesOf(answers);
      if (worstMs <= SLOW_MS) return null;
      return {
        topic: 'slow-answer',
        message: `expected at most ${SLOW_MS} ms, got ${Math.round(worstMs)} ms at worst (median ${Math.round(medianMs)} ms)`,
        at: answers.findIndex(({ durationMs }) => durationMs === worstMs),
      };
    },
  },
  {
    id: 'answers.size',
    section: 'answers',
    severity: 'warning',
    title: 'sends small answers',
    requests: (make) => [make.genuine('test_run.completed'), make.tampered('secret')],
    judge: ({ answers }) => {
      const at = answers.findIndex(({ body }) => body.length > LARGE_ANSWER_BYTES);
      const large = answers[at];
      if (large === undefined) return null;
      return {
        topic: 'large-answer',
        message: `expected at most ${LARGE_ANSWER_BYTES} bytes, got ${large.body.length}${large.isBodyCut ? ' and more' : ''}`,
        at,
      };
    },
  },
  {
    id: 'answers.secret',
    section: 'answers',
    severity: 'error',
    title: 'does not reveal its signing secret',
    requests: ofEveryKind,
    skip: ({ secret }) =>
      secret.length < SHORTEST_SECRET
        ? `the secret is too short to be recognised: expected at least ${SHORTEST_SECRET} characters, got ${secret.length}`
        : null,
    // `findLeak` looks at the answers of every case.
    judge: () => null,
  },
  {
    id: 'answers.signature',
    section: 'answers',
    severity: 'error',
    title: 'does not reveal the right signature',
    requests: (make) => EVENT_TYPES.map((event) => make.tampered('signature', event)),
    // `findLeak` looks at the answers of every case.
    judge: () => null,
  },
  {
    id: 'answers.stack-trace',
    section: 'answers',
    severity: 'warning',
    title: 'shows no stack trace',
    requests: ofEveryKind,
    judge: ({ answers }) => {
      const at = answers.findIndex((answer) =>
        STACK_TRACES.some((pattern) => pattern.test(bodyText(answer))),
      );
      const trace = answers[at];
      if (trace === undefined) return null;
      return {
        topic: 'leaks-stack',
        message: `the answer with ${describeAnswer(trace)} holds a stack trace`,
        at,
      };
    },
  },
];
