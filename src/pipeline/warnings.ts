import { EVENT_TYPES, isEventType } from '../relyable/event-type.ts';
import { explainUndelivered } from '../relyable/retry.ts';
import type { Delivery, Warning } from './events.ts';

/** The vendor page asks for an immediate 200; how long it waits is not published. Ours, in ms. */
export const SLOW_MS = 5000;

/** What about a delivery works but should not stay so. */
export function findWarnings(delivery: Omit<Delivery, 'warnings'>): Warning[] {
  const { forward, verification, duplicateOf } = delivery;
  const warnings: Warning[] = [];
  const undelivered = explainUndelivered(forward?.status ?? 200);
  if (undelivered !== null) warnings.push({ code: 'not_200', message: undelivered });
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
  if (!delivery.isJson) {
    warnings.push({ code: 'not_json', message: 'the body is not JSON' });
  } else if (!isEventType(delivery.event)) {
    warnings.push({
      code: 'unknown_event',
      message: `not a published event type (${EVENT_TYPES.join(', ')})`,
    });
  }
  return warnings;
}
