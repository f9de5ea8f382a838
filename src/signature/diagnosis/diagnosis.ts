import { createHash } from 'node:crypto';
import { findDifference, type Difference } from './difference.ts';
import type { Effort } from './budget.ts';
import { type Match, type Search, searchExplanation } from './search.ts';
import { describeMatch, describeNoMatch } from './wording.ts';
import { readDocument } from '../../json/document.ts';
import { Rewriter } from '../../json/writers/rewrites.ts';
import type { WebhookRequest } from '../../request/request.ts';
import { type SecretCandidate, type Verification, verifyRequest } from '../verify.ts';

export interface DiagnoseOptions {
  /** `full` (default) ends within about 50 ms for 10 KB, 2 s for 1 MB; `quick` within a few ms. */
  readonly effort?: Effort;
}

type Request = Pick<WebhookRequest, 'headers' | 'body'>;

/**
 * Verifies a request and finds out why a signature does not match. Pure. A reason other than
 * `secret_wrong_or_body_changed` is given only where it is proved: the MAC was computed under that
 * explanation and equals the received one.
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
  readonly received: Fingerprint;
  /** The bytes that the signature covers; null where nothing explains it. */
  readonly signed: (Fingerprint & { readonly name: string; readonly bytes: Buffer }) | null;
  /** The first difference between the two; null where they are equal or `signed` is null. */
  readonly difference: Difference | null;
  /** Whether the signature covers the same JSON document as another library writes it. */
  readonly isRewrite: boolean;
  /** What was tried; null where the first comparison decided. */
  readonly tried: Search['tried'] | null;
}

/** `diagnose` with its steps; as costly. */
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
    received: fingerprint(body),
    signed:
      signed === null
        ? null
        : {
            ...fingerprint(signed),
            name: search?.match?.candidate.name ?? 'the body as it is here',
            bytes: signed,
          },
    difference: signed === null ? null : findDifference(body, signed),
    isRewrite: search?.match?.candidate.rewrite !== undefined,
    tried: search?.tried ?? null,
  };
}

function verifyOrSearch(
  request: Request,
  secrets: readonly SecretCandidate[],
  { effort = 'full' }: DiagnoseOptions,
): { verification: Verification; search: Search | null } {
  const quick = verifyRequest(request, secrets);
  if (quick !== null) return { verification: quick, search: null };
  const search = searchExplanation(request, secrets, effort);
  const { match } = search;
  const verification =
    match === null
      ? describeNoMatch(search, request, secrets)
      : describeMatch(
          match,
          request,
          match.candidate.rewrite === undefined ? null : writerOf(request.body),
        );
  return { verification, search };
}

/** The first known JSON writer whose output this body is; null where there is none. */
function writerOf(body: Buffer): string | null {
  const document = readDocument(body);
  if (document === null) return null;
  for (const { names, bytes } of Rewriter.open(document)?.byWriter() ?? []) {
    if (bytes.equals(body)) return names[0] ?? null;
  }
  return null;
}

function signedBytes(match: Match | null): Buffer | null {
  if (match === null) return null;
  const { head, bytes, tail } = match.candidate;
  return Buffer.concat([head, bytes, tail].filter((part) => part !== undefined));
}

function fingerprint(bytes: Buffer): Fingerprint {
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}
