import type { WebhookRequest } from '../request/request.ts';
import { diagnose } from '../signature/diagnosis/diagnosis.ts';
import type { SecretCandidate, Verification } from '../signature/verify.ts';

/** The search for a cause takes time from other requests: beyond this, `verify` explains later. */
const DIAGNOSES_PER_SECOND = 5;
/** No search begins after this time in a second, ms: on a busy machine one takes several times as long. */
const SEARCHES_MS = 250;
/** Bodies up to this size get the full search, which takes about 60 ms; larger ones a short one. */
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
  let second = { startedAt: -Infinity, searches: 0, ms: 0 };
  return (request, verification) => {
    const { length } = request.body;
    if (verification !== UNEXPLAINED || length > DIAGNOSED_BYTES) return verification;
    const startedAt = elapsed();
    if (startedAt - second.startedAt >= 1000) second = { startedAt, searches: 0, ms: 0 };
    if (second.searches >= DIAGNOSES_PER_SECOND || second.ms >= SEARCHES_MS) return verification;
    const effort = length <= FULL_SEARCH_BYTES ? 'full' : 'quick';
    const explained = diagnose(request, secrets, { effort });
    second.searches += 1;
    second.ms += elapsed() - startedAt;
    return explained;
  };
}
