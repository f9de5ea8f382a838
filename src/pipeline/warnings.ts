import { EVENT_TYPES, isEventType } from '../relyable/event-type.ts';
import { explainUndelivered } from '../relyable/retry.ts';
import type { HandledRequest, Warning } from './events.ts';

/**
 * An answer that takes longer is slow, ms. Our own limit: the vendor page asks for an immediate 200
 * and does not say how long it waits.
 */
export const SLOW_MS = 5000;

/** Warns of what works here but will cause trouble in production. */
export function findWarnings(handled: Omit<HandledRequest, 'warnings'>): Warning[] {
  const { forward, verification, duplicateOf } = handled;
  const warnings: Warning[] = [];
  const undelivered = explainUndelivered(forward?.status ?? 200);
  if (undelivered !== null) warnings.push({ code: 'not_200', message: undelivered });
  if (!handled.answered.complete) {
    warnings.push({
      code: 'not_received',
      message: 'the sender did not get the whole answer: Relyable would retry',
    });
  }
  if (forward !== null && forward.durationMs > SLOW_MS) {
    warnings.push({
      code: 'slow',
      message: `your app took ${(forward.durationMs / 1000).toFixed(1)} s (over ${SLOW_MS / 1000} s, our own limit): answer 200 at once and work afterwards`,
    });
  }
  if (duplicateOf !== null) {
    warnings.push({
      code: 'duplicate',
      message: `the same event as ${duplicateOf}: your app should handle it once`,
    });
  }
  if (!verification.valid) return warnings;
  if (!handled.isJson) {
    warnings.push({ code: 'not_json', message: 'the body is not JSON' });
  } else if (!isEventType(handled.event)) {
    warnings.push({
      code: 'unknown_event',
      message: `not a published event type (${EVENT_TYPES.join(', ')})`,
    });
  }
  return warnings;
}
