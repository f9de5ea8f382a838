import { createHash } from 'node:crypto';
import { findDifference, type Difference } from './difference.ts';
import type { Effort } from './budget.ts';
import type { Match } from './candidates.ts';
import { type Search, searchExplanation } from './search.ts';
import { findExposedSecret } from './exposed-secret.ts';
import { findMisplaced } from './misplaced.ts';
import { describeNoMatch } from './no-match.ts';
import { describeMatch } from './wording.ts';
import type { WebhookRequest } from '../../request/request.ts';
import { type SecretCandidate, type Verification, verifyRequest } from '../verify.ts';

export interface DiagnoseOptions {
  /** `full` (default) ends within about 50 ms for 10 KB, 2 s for 1 MB; `quick` within a few ms. */
  readonly effort?: Effort;
}

/** A request. Its method and path are optional: they are used only if the sender signs the URL. */
type Request = Pick<WebhookRequest, 'headers' | 'body'> &
  Partial<Pick<WebhookRequest, 'method' | 'path'>>;

/**
 * Verifies a request and finds out why a signature does not match. A pure function. A reason for a
 * mismatch is given only with a proof, a recomputed MAC that equals the received one; without one the
 * result is `secret_wrong_or_body_changed`, or a fact about the header or the body.
 */
export function diagnose(
  request: Request,
  secrets: readonly SecretCandidate[],
  options: DiagnoseOptions = {},
): Verification {
  return verifyOrSearch(request, secrets, options).verification;
}

/** The size and hash of some bytes. */
export interface Fingerprint {
  readonly length: number;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
}

/** How a result was found, for `--explain`. */
export interface Explanation {
  readonly verification: Verification;
  /** The received body. */
  readonly received: Buffer;
  /** The bytes that the signature covers; null if no explanation was found. */
  readonly signed: { readonly name: string; readonly bytes: Buffer } | null;
  /** The first difference between `received` and `signed`; null where they are equal or `signed` is null. */
  readonly difference: Difference | null;
  /** Whether the signed bytes are the whole document as a JSON library writes it, and nothing else. */
  readonly isRewrite: boolean;
  /** What the search tried; null where no search was needed. */
  readonly tried: Search['tried'] | null;
}

/** Does the same work as `diagnose`, and also returns the steps. */
export function explainRequest(
  request: Request,
  secrets: readonly SecretCandidate[],
  options: DiagnoseOptions = {},
): Explanation {
  const { verification, search } = verifyOrSearch(request, secrets, options);
  const { body } = request;
  const signed = verification.valid ? body : signedBytes(search?.match ?? null);
  return {
    verification,
    received: body,
    signed:
      signed === null
        ? null
        : {
            name: search?.match?.candidate.name ?? 'the body as it is here',
            bytes: signed,
          },
    difference: signed === null ? null : findDifference(body, signed),
    isRewrite: search?.match?.candidate.rewrite !== undefined,
    tried: search?.tried ?? null,
  };
}

interface Judged {
  readonly verification: Verification;
  readonly search: Search | null;
}

function verifyOrSearch(
  request: Request,
  secrets: readonly SecretCandidate[],
  { effort = 'full' }: DiagnoseOptions,
): Judged {
  const quick = verifyRequest(request, secrets);
  if (quick?.valid === true) return { verification: quick, search: null };
  if (quick !== null) {
    return judgeMisplaced(request, secrets, effort) ?? { verification: quick, search: null };
  }
  const exposed = findExposedSecret(request.headers, secrets);
  if (exposed !== null) return { verification: exposed, search: null };
  const search = searchExplanation(request, secrets, effort);
  if (search.match !== null) {
    return { verification: describeMatch(search.match, request), search };
  }
  // Another header may hold the right signature. The search is short if the first one computed MACs.
  const depth = search.tried.macs === 0 ? effort : 'quick';
  const misplaced = judgeMisplaced(request, secrets, depth);
  return misplaced ?? { verification: describeNoMatch(search, request, secrets), search };
}

/** The result where another header holds the signature; null where none does. */
function judgeMisplaced(
  request: Request,
  secrets: readonly SecretCandidate[],
  effort: Effort,
): Judged | null {
  const misplaced = findMisplaced(request, secrets, effort);
  if (misplaced === null) return null;
  const { header, search, match } = misplaced;
  return { verification: describeMatch(match, request, header), search };
}

function signedBytes(match: Match | null): Buffer | null {
  if (match === null) return null;
  const { head, bytes, tail } = match.candidate;
  return Buffer.concat([head, bytes, tail].filter((part) => part !== undefined));
}

/** The fingerprint of these bytes. Reads all of them. */
export function fingerprint(bytes: Buffer): Fingerprint {
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
