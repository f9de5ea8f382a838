import type { LogEntry } from '../../relyable/log-entries.ts';
import { isDelivered } from '../../relyable/retry.ts';
import type { Observation } from '../kit/expectations/expectations.ts';

/** An attempt of the log as expectations see it: it counts if it was answered 200. */
export function observeAttempt({ delivery, attempt }: LogEntry): Observation {
  const { status, error } = attempt;
  const answer = status === null ? (error ?? 'no answer') : `answered ${status}`;
  return {
    id: delivery.id,
    event: delivery.event,
    problem: isDelivered(status) ? null : answer,
  };
}
