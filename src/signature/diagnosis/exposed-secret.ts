import { headerValues, type HeaderPair, SIGNATURE_HEADER } from '../../request/request.ts';
import type { SecretCandidate, Verification } from '../verify.ts';

/** Shorter secrets are not searched for: they may occur in ordinary text. */
const MIN_LENGTH = 12;

/** The verdict on a signature header that contains the secret itself; null where none does. */
export function findExposedSecret(
  headers: readonly HeaderPair[],
  secrets: readonly SecretCandidate[],
): Verification | null {
  const values = headerValues(headers, SIGNATURE_HEADER);
  const exposed = secrets.find(
    ({ value }) =>
      value.trim().length >= MIN_LENGTH && values.some((text) => text.includes(value.trim())),
  );
  if (exposed === undefined) return null;
  return {
    valid: false,
    reason: 'signature_malformed',
    reasons: ['signature_malformed'],
    detail: `the ${SIGNATURE_HEADER} header holds the secret of ${exposed.source} itself, not a signature made with it`,
    fix: 'Send the HMAC-SHA256 of the body with the secret as its key, in hex. Make a new secret: this one was sent in clear text.',
    secretSource: null,
  };
}
