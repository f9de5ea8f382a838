import { EVENT_TYPES, isEventType } from '../relyable/event-type.ts';
import { explainUndelivered } from '../relyable/retry.ts';
import type { HandledRequest, Warning } from './events.ts';
import type { EarlierFailure } from './failed-events.ts';

/**
 * An answer that takes longer than this counts as slow, ms. This limit is ours: the vendor page asks for an
 * immediate 200 and does not state a time limit.
 */
export const SLOW_MS = 5000;

/**
 * Finds problems that have no effect here but will cause trouble in production. `earlierFailure` is how the
 * app failed to handle the same event before; `isForwardedAgain` says whether an earlier run may have
 * forwarded it.
 */
export function findWarnings(
  handled: Omit<HandledRequest, 'warnings'>,
  earlierFailure: EarlierFailure | null = null,
  isForwardedAgain = false,
): Warning[] {
  const { forward, verification, duplicateOf } = handled;
  const warnings: Warning[] = [];
  if (isForwardedAgain) {
    warnings.push({
      code: 'forwarded_again',
      message:
        "forwarded again: relyable ended before your app's answer was stored, so your app may have this event already",
    });
  }
  const undelivered = explainUndelivered(forward?.status ?? 200);
  if (undelivered !== null) {
    const message =
      handled.source !== 'relay'
        ? undelivered
        : `your app answered ${forward?.status ?? 0}: Relyable, which got its 200 from the relay, would not count that as delivered`;
    warnings.push({ code: 'not_200', message });
  }
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
    warnings.push({ code: 'duplicate', message: describeRepeat(duplicateOf, earlierFailure) });
  }
  if (handled.isResigned) {
    warnings.push({
      code: 'resigned',
      message: `the log has no signature: signed again with ${verification.secretSource ?? 'the secret used here'}`,
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

/** Describes a repeat: a retry, if the app did not handle the event before, or else a duplicate. */
function describeRepeat(firstId: string, earlierFailure: EarlierFailure | null): string {
  const once = 'your app should handle it once';
  if (earlierFailure === null) return `the same event as ${firstId}: ${once}`;
  const { captureId, status } = earlierFailure;
  if (status === null) return `retry of ${captureId}, which your app did not answer`;
  const retry = `retry of ${captureId}, which your app answered ${status}`;
  // With another 2xx status, the app may have handled the event.
  return status >= 200 && status < 300 ? `${retry}: ${once}` : retry;
}
