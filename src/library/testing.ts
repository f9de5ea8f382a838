import { retryOffsetsMs } from '../relyable/retry.ts';

export type { EventOf, EventType } from './events.ts';
export {
  type FetchTarget,
  type MatcherOptions,
  type MatcherResult,
  toAcceptRelyableWebhook,
} from './matcher.ts';
export type { Overrides } from './overrides.ts';
export {
  type RequestOptions,
  sampleEvent,
  signedParts,
  type SignedParts,
  signedRequest,
  type SigningOptions,
  TEST_SECRET,
} from './signed-request.ts';
export { EVENT_TYPES } from '../relyable/event-type.ts';
export { WIRE_FORMATS, type WireFormat } from '../relyable/wire-format.ts';
export { type Tamper, TAMPERS } from '../signature/tamper-kinds.ts';

/** One attempt of Relyable's schedule. */
export interface RetryAttempt {
  /** From 1. */
  readonly attempt: number;
  /** Time since the attempt before it. */
  readonly delayMs: number;
  /** Time since the first attempt. */
  readonly offsetMs: number;
}

/** When Relyable sends an event that is not answered 200: five attempts, for fake timers. */
export function retrySchedule(): RetryAttempt[] {
  const offsets = retryOffsetsMs();
  return offsets.map((offsetMs, index) => ({
    attempt: index + 1,
    delayMs: offsetMs - (offsets[index - 1] ?? 0),
    offsetMs,
  }));
}
