import type { WebhookRequest } from '../request/request.ts';
import { diagnose } from '../signature/diagnosis/diagnosis.ts';
import type { SecretCandidate, Verification } from '../signature/verify.ts';

/**
 * The largest share of time that is spent on searches for causes, during which other requests wait. A search
 * usually takes 60 ms, and over a second on a busy machine.
 */
const SEARCH_SHARE = 0.25;
/** The most unused search time that is saved, ms. It allows to explain a few failures at once. */
const KEPT_MS = 250;
/** Bodies up to this size get the full search, which takes about 60 ms; larger ones a short one. */
const FULL_SEARCH_BYTES = 16 * 1024;
/** Bodies larger than this are not explained here; `verify` explains them. */
const DIAGNOSED_BYTES = 64 * 1024;

/** The verdict on a signature that matches no secret, before the cause is searched for. */
export const UNEXPLAINED: Verification = {
  valid: false,
  reason: 'secret_wrong_or_body_changed',
  reasons: ['secret_wrong_or_body_changed'],
  detail: 'the signature matches none of the known secrets',
  fix: 'relyable webhooks verify last --explain looks for the cause',
  secretSource: null,
};

/** Adds the cause to a failed verification. Returns the same object if there is nothing to add. */
export type FailureExplainer = (
  request: WebhookRequest,
  verification: Verification,
) => Verification;

/** Explains `UNEXPLAINED` failures while time is left. `elapsed` is a monotonic clock, ms. */
export function createFailureExplainer(
  secrets: readonly SecretCandidate[],
  elapsed: () => number,
): FailureExplainer {
  // The remaining search time, ms. It is negative after a search that took longer.
  let leftMs = KEPT_MS;
  let countedAt = elapsed();
  return (request, verification) => {
    const { length } = request.body;
    if (verification !== UNEXPLAINED || length > DIAGNOSED_BYTES) return verification;
    const startedAt = elapsed();
    const earnedMs = (startedAt - countedAt) * SEARCH_SHARE;
    leftMs = Math.min(KEPT_MS, leftMs + earnedMs);
    countedAt = startedAt;
    if (leftMs <= 0) return verification;
    const effort = length <= FULL_SEARCH_BYTES ? 'full' : 'quick';
    const explained = diagnose(request, secrets, { effort });
    leftMs -= elapsed() - startedAt;
    return explained;
  };
}
