import { isDelivered } from '../relyable/retry.ts';
import type { Forward } from '../request/capture.ts';

/** How the app failed to handle an earlier capture of an event. The status is null if no answer came. */
export interface EarlierFailure extends Pick<Forward, 'status'> {
  readonly captureId: string;
}

/** The limit on remembered events, which bounds the memory. */
const MAX_EVENTS = 1000;

/**
 * The events whose newest forward the app did not answer 200, by the id of their first capture. A repeat
 * of such an event is a retry by Relyable, not a duplicate of a delivered event.
 */
export class FailedEvents {
  private readonly failures = new Map<string, EarlierFailure>();

  /** Remembers the forward of this capture and returns how the previous forward failed; null where it did not. */
  replace(firstId: string, captureId: string, forward: Forward | null): EarlierFailure | null {
    const earlier = this.failures.get(firstId) ?? null;
    if (forward === null) return earlier;
    this.failures.delete(firstId);
    const { status } = forward;
    if (!isDelivered(status)) this.failures.set(firstId, { captureId, status });
    if (this.failures.size > MAX_EVENTS) {
      const [oldest = ''] = this.failures.keys();
      this.failures.delete(oldest);
    }
    return earlier;
  }
}
