import { isSameSignature, createSigner } from './sign.ts';
import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../request/request.ts';

/** A signing secret that may have made a signature, and where it came from (never print `value`). */
export interface SecretCandidate {
  /** Named in output, e.g. `RELYABLE_WEBHOOK_SECRET`, `--secret-file app.key`, `development secret`. */
  readonly source: string;
  readonly value: string;
  /** `known`: found beside the chosen secrets; a match with it is `secret_other_known`, not `ok`. */
  readonly role: 'chosen' | 'known';
}

/** Every answer to "is this request genuine, and if not, why"; `ok` is the only valid one. */
export const REASONS = [
  'ok',
  'signature_missing',
  'signature_empty',
  'signature_prefixed',
  'signature_uppercase',
  'signature_base64',
  'signature_base64url',
  'signature_truncated',
  'signature_multiple',
  'algorithm_sha1',
  'algorithm_sha512',
  'timestamp_prefixed',
  'secret_whitespace',
  'secret_quoted',
  'secret_base64_decoded',
  'secret_hex_decoded',
  'secret_empty',
  'secret_other_known',
  'body_reserialized',
  'body_trailing_newline',
  'body_crlf',
  'body_bom',
  'body_truncated',
  'body_gzip',
  'body_urlencoded_form',
  'charset_latin1',
  'secret_wrong_or_body_changed',
] as const;

export type Reason = (typeof REASONS)[number];

/** The verdict on a request: a value, never an exception. */
export interface Verification {
  readonly valid: boolean;
  /** The first (or only) cause. */
  readonly reason: Reason;
  /** All causes where the proof needed two; `[reason]` otherwise. */
  readonly reasons: readonly Reason[];
  /** The proof in one line, e.g. `the signature matches the body without its last newline`. */
  readonly detail: string;
  /** What to change, in one line; null when valid. */
  readonly fix: string | null;
  /** Source of the secret that matched; null when none did. */
  readonly secretSource: string | null;
}

/**
 * The quick verdict: valid, plainly missing or empty, or null where the signature is there and
 * does not match any chosen secret (then `diagnose` finds out why).
 */
export function verifyRequest(
  request: Pick<WebhookRequest, 'headers' | 'body'>,
  secrets: readonly SecretCandidate[],
): Verification | null {
  const values = headerValues(request.headers, SIGNATURE_HEADER);
  const [first] = values;
  if (first === undefined) return SIGNATURE_MISSING;
  if (values.every((value) => value.trim() === '')) return SIGNATURE_EMPTY;
  if (values.length > 1) return null;
  for (const secret of secrets) {
    if (secret.role !== 'chosen') continue;
    const { sign, match } = judgeOf(secret);
    if (isSameSignature(first, sign(request.body))) return match;
  }
  return null;
}

/** What a secret signs with, and the verdict where that is what came. */
interface Judge {
  readonly sign: (payload: Uint8Array) => string;
  readonly match: Verification;
}

/** A listener verifies with the same few secrets for ever: each is made ready once. */
const judges = new WeakMap<SecretCandidate, Judge>();

function judgeOf(secret: SecretCandidate): Judge {
  let judge = judges.get(secret);
  if (judge === undefined) {
    judge = { sign: createSigner(secret.value), match: matchWith(secret.source) };
    judges.set(secret, judge);
  }
  return judge;
}

function matchWith(source: string): Verification {
  return {
    valid: true,
    reason: 'ok',
    reasons: ['ok'],
    detail: `signed with ${source}`,
    fix: null,
    secretSource: source,
  };
}

const SIGNATURE_MISSING: Verification = {
  valid: false,
  reason: 'signature_missing',
  reasons: ['signature_missing'],
  detail: `the request has no ${SIGNATURE_HEADER} header`,
  fix: 'Send it through Relyable or `relyable webhooks trigger`; if a proxy stands between, let it pass the header on.',
  secretSource: null,
};

const SIGNATURE_EMPTY: Verification = {
  valid: false,
  reason: 'signature_empty',
  reasons: ['signature_empty'],
  detail: `the ${SIGNATURE_HEADER} header is there but empty`,
  fix: 'The sender computed no signature: check that its signing secret is set.',
  secretSource: null,
};
