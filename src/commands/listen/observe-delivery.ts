import type { HandledRequest } from '../../pipeline/events.ts';
import { isDelivered } from '../../relyable/retry.ts';
import type { Observation } from '../kit/expectations/expectations.ts';

/** A handled request as expectations see it: it counts if it is genuine and its sender got a 200. */
export function observeDelivery(delivery: HandledRequest): Observation {
  const { id, event, readPayload } = delivery;
  return { id, event, readPayload, problem: findProblem(delivery) };
}

function findProblem({ verification, answered, forward }: HandledRequest): string | null {
  if (!verification.valid) return `signature not valid (${verification.reason})`;
  if (!isDelivered(answered.status)) {
    const error = forward?.error ?? null;
    return error === null ? `answered ${answered.status}` : `answered ${answered.status}: ${error}`;
  }
  return answered.complete ? null : 'the sender did not get the whole answer';
}
