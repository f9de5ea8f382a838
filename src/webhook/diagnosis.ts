import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from './request.ts';
import { type SecretCandidate, type Verification, verifyRequest } from './verification.ts';

/**
 * The full verdict on a request: valid, or why not. Pure; a reason other than
 * `secret_wrong_or_body_changed` is given only when it is proved.
 */
export function diagnose(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
  secrets: readonly SecretCandidate[],
): Verification {
  const quick = verifyRequest(request, secrets);
  if (quick !== null) return quick;
  const count = headerValues(request.headers, SIGNATURE_HEADER).length;
  return {
    valid: false,
    reason: 'secret_wrong_or_body_changed',
    reasons: ['secret_wrong_or_body_changed'],
    detail: `the signature (${count === 1 ? 'one value' : `${count} values`}) does not match the ${request.body.length} body bytes under any known secret (${secrets.map((secret) => secret.source).join(', ')})`,
    fix: 'Compare the signing secret with the one shown when the webhook was saved, and sign the raw body bytes.',
    secretSource: null,
  };
}
