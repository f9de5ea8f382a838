import type { WebhookRequest } from '../request/request.ts';
import { diagnose } from '../signature/diagnosis/diagnosis.ts';
import type { SecretCandidate, Verification } from '../signature/verify.ts';

/** The search for a cause takes time from other requests: beyond this, `verify` explains later. */
const DIAGNOSES_PER_SECOND = 5;
/** Bodies up to this size get the full search, which takes about 25 ms; larger ones a short one. */
const FULL_SEARCH_BYTES = 16 * 1024;
/** Larger bodies are left to `verify`. */
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

/** Explains a request's verification; the same object where there is nothing to add. */
export type FailureExplainer = (
  request: WebhookRequest,
  verification: Verification,
) => Verification;

/** Explains `UNEXPLAINED` failures, a few a second. `elapsed` is a monotonic clock, ms. */
export function createFailureExplainer(
  secrets: readonly SecretCandidate[],
  elapsed: () => number,
): FailureExplainer {
  const isWithinRate = createRateLimiter(DIAGNOSES_PER_SECOND, elapsed);
  return (request, verification) => {
    const { length } = request.body;
    if (verification !== UNEXPLAINED || length > DIAGNOSED_BYTES || !isWithinRate()) {
      return verification;
    }
    return diagnose(request, secrets, { effort: length <= FULL_SEARCH_BYTES ? 'full' : 'quick' });
  };
}

/** True at most `perSecond` times in each second, counted from its first call. */
function createRateLimiter(perSecond: number, elapsed: () => number): () => boolean {
  let windowStart = -Infinity;
  let used = 0;
  return () => {
    const now = elapsed();
    if (now - windowStart >= 1000) [windowStart, used] = [now, 0];
    used += 1;
    return used <= perSecond;
  };
}
