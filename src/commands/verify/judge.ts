import type { Effort } from '../../signature/diagnosis/budget.ts';
import { type Explanation, explainRequest } from '../../signature/diagnosis/diagnosis.ts';
import {
  type SecretCandidate,
  SIGNATURE_NOT_RECORDED,
  type Verification,
} from '../../signature/verify.ts';
import type { LocatedRequest } from '../kit/request-inputs.ts';

/** The verdict on a located request. A lossy recording is never reported as a wrong secret. */
export function judge(
  { found }: LocatedRequest,
  secrets: readonly SecretCandidate[],
  effort: Effort,
): Explanation {
  const { request, bodyMissing, bodyRebuilt, receivedBytes, signatureNotRecorded } = found;
  const explanation = explainRequest(request, secrets, { effort });
  const { verification } = explanation;
  if (verification.valid) return explanation;
  if (signatureNotRecorded === true) {
    return { ...explanation, verification: SIGNATURE_NOT_RECORDED };
  }
  if (receivedBytes !== undefined) {
    // The signature may belong to the exact bytes of the file.
    const asReceived = explainRequest({ ...request, body: receivedBytes }, secrets, {
      effort: 'quick',
    });
    if (asReceived.verification.valid) return asReceived;
  }
  if (bodyMissing !== undefined) {
    return { ...explanation, verification: missingBody(bodyMissing) };
  }
  if (bodyRebuilt !== undefined) {
    return { ...explanation, verification: judgeRebuilt(explanation, bodyRebuilt) };
  }
  return explanation;
}

function missingBody(what: string): Verification {
  return {
    valid: false,
    reason: 'body_missing',
    reasons: ['body_missing'],
    detail: `${what}, so the signature cannot be checked`,
    fix: 'Record the request again with its body, or let `relyable webhooks listen` receive it; for a body that was saved elsewhere, verify that file with --signature.',
    secretSource: null,
  };
}

/**
 * The verdict on a body whose exact bytes are lost. Only a match proves anything, and only a match with
 * the same JSON document makes the request genuine.
 */
function judgeRebuilt({ verification, isRewrite }: Explanation, why: string): Verification {
  const { reason, reasons, detail, secretSource } = verification;
  if (reasons.length === 1 && isRewrite) {
    return {
      valid: true,
      reason: 'ok',
      reasons: ['ok'],
      detail: `signed with ${secretSource ?? 'a known secret'}; ${why}: ${detail}`,
      fix: null,
      secretSource,
    };
  }
  if (reason !== 'secret_wrong_or_body_changed') return verification;
  return {
    ...missingBody(why),
    detail: `${why}, and none of the variants tried matches the signature: this does not say whether the secret is right`,
  };
}
