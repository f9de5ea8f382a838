import type { CheckCase, Complaint, Exchange } from '../check-case.ts';
import { describeAnswer } from '../judge.ts';

/** A case that reads the user's state (`--state-url`, `--state-command`). */
function observed(
  rest: Pick<CheckCase, 'id' | 'title' | 'requests' | 'judge'> & Partial<CheckCase>,
): CheckCase {
  return { section: 'idempotency', severity: 'error', manner: 'observed in turn', ...rest };
}

function shorten(state: string | undefined): string {
  const text = (state ?? '').trim();
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function judgeAnswers(answers: Exchange['answers']): Complaint | null {
  const at = answers.findIndex(({ status }) => status !== 200);
  const failed = answers[at];
  if (failed === undefined) return null;
  return { topic: 'duplicate', message: `expected 200, got ${describeAnswer(failed)}`, at };
}

function judgeRepeats({ answers, states: [before, once, after] }: Exchange): Complaint | null {
  const complaint = judgeAnswers(answers);
  if (complaint !== null) return complaint;
  if (before === once) {
    return {
      topic: 'state-blind',
      severity: 'warning',
      message: `expected the state to change with an event, it stayed ${shorten(before)}`,
    };
  }
  if (once === after) return null;
  return {
    topic: 'double-effect',
    message: `expected one effect, got more: ${shorten(before)} → ${shorten(once)} after the event → ${shorten(after)} after its repeats`,
  };
}

/**
 * The first event shows by how much one event changes the state. A second event, sent twice at the same
 * time, must change it by the same amount. If several numbers in the state change, nothing is proved.
 */
function judgeRace({ answers, states: [before, once, after] }: Exchange): Complaint | null {
  const complaint = judgeAnswers(answers);
  if (complaint !== null) return complaint;
  const one = changeBetween(before, once);
  const two = changeBetween(once, after);
  if (one === null || two === null || one === two) return null;
  return {
    topic: 'double-effect',
    message: `expected one effect, got more: ${shorten(before)} → ${shorten(once)} after an event → ${shorten(after)} after another one twice at once`,
  };
}

/** The change of the one number that differs between two texts; null unless exactly one differs. */
function changeBetween(before = '', after = ''): number | null {
  const [old, now] = [before, after].map((text) =>
    (text.match(/-?\d+(\.\d+)?/g) ?? []).map(Number),
  );
  if (old === undefined || now === undefined || old.length !== now.length) return null;
  const changes = now.map((value, index) => value - (old[index] ?? 0)).filter((by) => by !== 0);
  return changes.length === 1 ? (changes[0] ?? null) : null;
}

export const IDEMPOTENCY: readonly CheckCase[] = [
  observed({
    id: 'idempotency.repeats',
    title: 'an event that comes three times has one effect',
    requests: (make) => {
      const request = make.genuine('test_run.completed');
      return [request, request, request];
    },
    judge: judgeRepeats,
  }),
  observed({
    id: 'idempotency.simultaneous',
    title: 'an event that comes twice at once has one effect',
    manner: 'observed together',
    requests: (make) => {
      const request = make.genuine('test_run.failed');
      return [make.genuine('test_run.failed'), request, request];
    },
    judge: judgeRace,
  }),
  observed({
    id: 'idempotency.forged',
    title: 'a forged event has no effect',
    requests: (make) => [make.tampered('secret'), make.tampered('missing')],
    judge: ({ states: [before, , after] }) =>
      before === after
        ? null
        : {
            topic: 'forged-effect',
            message: `expected the state to stay ${shorten(before)}, it became ${shorten(after)}`,
          },
  }),
];
