import { EVENT_TYPES } from '../../../relyable/event-type.ts';
import type { Topic } from '../advice.ts';
import type {
  CheckCase,
  CheckRequest,
  Complaint,
  Exchange,
  Facts,
  RequestMaker,
} from '../check-case.ts';
import { describeAnswer, isSignatureRefusal, judgeGenuine, unanswered } from '../judge.ts';
import { textEdit } from '../request-maker.ts';
import { SLOW_MS } from './answers.ts';

function robust(
  name: string,
  rest: Pick<CheckCase, 'title' | 'severity' | 'requests' | 'judge'> & Partial<CheckCase>,
): CheckCase {
  return { id: `robust.${name}`, section: 'robust', ...rest };
}

const BURST = 50;
const TRANSCRIPT = 'caller: I smell gas. agent: Please hold the line.\n';
const MEGABYTE = 1024 * 1024;
const SLOW_PIECES = 8;
/** Characters of two, three and four bytes. */
const OTHER_SCRIPTS = 'Zürich 不動産 🏠';

function getsThrough(topic: Topic): CheckCase['judge'] {
  return (exchange, facts) => judgeGenuine(exchange, facts, topic);
}

/** The requests, and after them an event in ASCII that only a handler that re-serialises the body refuses. */
function withSpaced(make: RequestMaker, requests: readonly CheckRequest[]): CheckRequest[] {
  return [...requests, make.genuine('test_run.completed', { wire: 'spaced' })];
}

/** Text that breaks the verification, or something after it; the last request is not judged itself. */
function judgeText({ requests, answers, ...rest }: Exchange, facts: Facts): Complaint | null {
  const spaced = answers.at(-1)?.status ?? null;
  const isReserialised = spaced !== null && isSignatureRefusal(spaced, facts);
  return judgeGenuine({ ...rest, requests: requests.slice(0, -1), answers }, facts, (status) =>
    !isSignatureRefusal(status, facts)
      ? 'text-refused'
      : isReserialised
        ? 'reserialised'
        : 'charset',
  );
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

/** Offsets that cut a body into equal pieces. */
function equalCuts(body: Buffer, pieces: number): number[] {
  return Array.from({ length: pieces - 1 }, (_, i) => Math.floor(((i + 1) * body.length) / pieces));
}

/** Every offset inside a character of more than one byte (UTF-8 continuation bytes). */
function cutsInsideCharacters(body: Buffer): number[] {
  return Array.from(body.keys()).filter((at) => ((body[at] ?? 0) & 0xc0) === 0x80);
}

/** Each event whole, and cut inside every character of more than one byte. */
function cutEvents(make: RequestMaker): CheckRequest[] {
  const events = EVENT_TYPES.flatMap((event) => {
    const edit = textEdit(event, OTHER_SCRIPTS);
    return [
      make.genuine(event, { edit, label: 'with text outside ASCII' }),
      make.genuine(event, { edit, label: 'cut inside characters', cut: cutsInsideCharacters }),
    ];
  });
  return withSpaced(make, [...events, cutBetweenCharacters(make)]);
}

/** An event cut between characters. A handler that does not wait for the whole body refuses it. */
function cutBetweenCharacters(make: RequestMaker): CheckRequest {
  const label = 'sent in pieces, correctly signed';
  const cut = (body: Buffer): number[] => equalCuts(body, SLOW_PIECES);
  return make.genuine('test_run.completed', { label, cut });
}

/** Finds out whether a handler fails on cut characters, on any cut body, or on the text itself. */
function judgeCut(exchange: Exchange, facts: Facts): Complaint | null {
  const requests = exchange.requests.slice(0, -2);
  const complaint = judgeGenuine({ ...exchange, requests }, facts, 'text-pieces');
  if (complaint?.topic !== 'text-pieces') return complaint;
  const isWhole = (complaint.at ?? 0) % 2 === 0;
  if (isWhole) return judgeText(exchange, facts);
  const other = exchange.answers.at(-2)?.status;
  return other === 200 || other === facts.usual['test_run.completed']
    ? complaint
    : { ...complaint, topic: 'slow-body' };
}

/** A large body arrives in pieces. A handler that also refuses a body sent in pieces does not refuse its size. */
function judgeLarge(exchange: Exchange, facts: Facts): Complaint | null {
  const [large, pieces] = exchange.requests;
  if (large === undefined || pieces === undefined) return null;
  const complaint = judgeGenuine({ ...exchange, requests: [large] }, facts, 'body-limit');
  if (complaint?.topic !== 'body-limit') return complaint;
  const status = exchange.answers[1]?.status ?? null;
  const isRefused = status !== null && isSignatureRefusal(status, facts);
  return isRefused ? { ...complaint, topic: 'slow-body' } : complaint;
}

/** The last request is like the first one. It is sent while the work for the other events may still run. */
function judgeAftermath({ answers }: Exchange): Complaint | null {
  const first = answers[0];
  const last = answers.at(-1);
  const at = answers.length - 1;
  if (first === undefined || last === undefined || first.status === null) return null;
  if (answers.slice(0, -1).some(({ status }) => status === null)) return null;
  if (last.status === null) {
    const isGone = last.error?.includes('connection refused') === true;
    const topic: Topic = isGone ? 'dies-after-answer' : 'hangs-after-answer';
    return {
      topic,
      message: `expected ${first.status} as before, got none: ${last.error ?? ''}`,
      at,
    };
  }
  if (last.durationMs <= SLOW_MS || first.durationMs > SLOW_MS / 2) return null;
  return {
    topic: 'hangs-after-answer',
    message: `expected an answer as fast as before (${Math.round(first.durationMs)} ms), got it after ${Math.round(last.durationMs)} ms`,
    at,
  };
}

function judgeReuse({ requests, answers }: Exchange, facts: Facts): Complaint | null {
  const at = answers.findIndex(({ status }) => status === null);
  const silent = answers[at];
  if (silent !== undefined) return { ...unanswered(silent, 200), at };
  const genuine = (index: number): Complaint | null =>
    judgeGenuine(
      { requests: requests.slice(index, index + 1), answers: answers.slice(index, index + 1) },
      facts,
      index === 3 ? 'connection' : 'connection-reuse',
    );
  // `refuses.missing` judges how the third is refused.
  for (const index of [0, 1, 3]) {
    const complaint = genuine(index);
    if (complaint !== null) return { ...complaint, at: index };
  }
  return null;
}

const TRANSPORT: readonly CheckCase[] = [
  robust('slow', {
    title: 'waits for a body that arrives in pieces',
    severity: 'error',
    requests: (make) => [cutBetweenCharacters(make)],
    judge: getsThrough('slow-body'),
  }),
  robust('cut-text', {
    title: 'joins the bytes of a body, not its text',
    severity: 'error',
    manner: 'in any order',
    requests: cutEvents,
    judge: judgeCut,
  }),
  robust('reuse', {
    title: 'leaves a connection usable after a refusal',
    severity: 'error',
    manner: 'one connection',
    requests: (make) => [
      make.genuine('test_run.completed'),
      make.genuine('test_run.failed'),
      make.tampered('missing'),
      make.genuine('test_run.completed'),
    ],
    judge: judgeReuse,
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
  robust('aftermath', {
    title: 'keeps running after it has answered',
    severity: 'error',
    requests: (make) => [
      make.tampered('missing'),
      ...EVENT_TYPES.map((event) => make.genuine(event)),
      make.tampered('missing'),
    ],
    judge: judgeAftermath,
  }),
];

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
  robust('leading-zero', {
    title: 'accepts a signature that begins with 0',
    severity: 'error',
    requests: (make) => [
      make.genuine('test_run.completed', {
        label: 'with a signature that begins with 0',
        signature: (signature) => signature.startsWith('0'),
      }),
    ],
    judge: getsThrough('hex-padding'),
  }),
  robust('non-ascii', {
    title: 'accepts names in other scripts',
    severity: 'error',
    requests: (make) =>
      withSpaced(make, [
        make.genuine('test_run.completed', { edit: { agent_name: 'Zürich 不動産 Агент' } }),
      ]),
    judge: judgeText,
  }),
  robust('emoji', {
    title: 'accepts names with emoji',
    severity: 'error',
    requests: (make) =>
      withSpaced(make, [
        make.genuine('agent.score_dropped', { edit: { agent_name: '🏠 Agent 👩‍💻' } }),
      ]),
    judge: judgeText,
  }),
  robust('large', {
    title: 'accepts a transcript of 1 MB',
    severity: 'error',
    requests: (make) => [
      make.genuine('test_case.critical_failure', {
        edit: { transcript: TRANSCRIPT.repeat(Math.ceil(MEGABYTE / TRANSCRIPT.length)) },
      }),
      cutBetweenCharacters(make),
    ],
    judge: judgeLarge,
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
  ...TRANSPORT,
];
