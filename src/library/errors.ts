import type { Reason } from './reasons.ts';

/** Why a request was refused; `ok` is not an error. */
export type FailureReason = Exclude<Reason, 'ok'>;

/**
 * The signature does not belong to the body, or cannot be verified. `reason` is from the same list as
 * `relyable webhooks verify` prints; the message says what to change. Answer 401, and keep the message
 * on your side.
 */
export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly reason: FailureReason;

  constructor(reason: FailureReason, message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The signature is right, but the body is not an event. Answer 400. */
export class InvalidEventError extends Error {
  override readonly name = 'InvalidEventError';
}
