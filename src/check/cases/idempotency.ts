import type { CheckCase, Exchange } from '../check-case.ts';
import { describeAnswer } from '../judge.ts';

/** The cases that read an observable of the user's (`--state-url`, `--state-command`). */
function observed(
  rest: Pick<CheckCase, 'id' | 'title' | 'requests' | 'judge'> & Partial<CheckCase>,
): CheckCase {
  return { section: 'idempotency', severity: 'error', manner: 'observed', ...rest };
}

function shorten(state: string | undefined): string {
  const text = (state ?? '').trim();
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}

function judgeRepeats({
  answers,
  states: [before, once, after],
}: Exchange): ReturnType<CheckCase['judge']> {
  const failed = answers.find(({ status }) => status !== 200);
  if (failed !== undefined) {
    return { topic: 'duplicate', message: `expected 200, got ${describeAnswer(failed)}` };
  }
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
