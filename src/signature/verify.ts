import { HmacKey, type HmacRun } from './hmac.ts';
import { isSameSignature, createSigner } from './sign.ts';
import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../request/request.ts';

/** A signing secret that a signature may have been made with, and its source. `value` is never printed. */
export interface SecretCandidate {
  /** The name in output, e.g. `RELYABLE_WEBHOOK_SECRET`, `--secret-file app.key`, `development secret`. */
  readonly source: string;
  readonly value: string;
  /** `known`: found in addition to the chosen secrets; a match with it is `secret_other_known`, not `ok`. */
  readonly role: 'chosen' | 'known';
}

/** Why a request is valid (`ok`) or not. The list is closed and stable: it is part of the JSON output. */
export const REASONS = [
  'ok',
  'signature_missing',
  'signature_empty',
  'signature_malformed',
  'signature_misplaced',
  'signature_prefixed',
  'signature_uppercase',
  'signature_base64',
  'signature_base64url',
  'signature_truncated',
  'signature_multiple',
  'algorithm_sha1',
  'algorithm_sha512',
  'algorithm_other',
  'timestamp_prefixed',
  'url_signed',
  'secret_whitespace',
  'secret_quoted',
  'secret_base64_decoded',
  'secret_hex_decoded',
  'secret_altered',
  'secret_empty',
  'secret_other_known',
  'body_missing',
  'body_reserialized',
  'body_encoded',
  'body_part',
  'body_wrapped',
  'body_chunks',
  'body_trailing_newline',
  'body_crlf',
  'body_bom',
  'body_truncated',
  'body_gzip',
  'body_urlencoded_form',
  'charset_latin1',
  'charset_other',
  'secret_wrong_or_body_changed',
  // Only for imported captures: no secret on this machine could verify them.
  'not_verified',
  // Only for deliveries of the log, which has the payload but not the signature that was sent with it.
  'signature_not_recorded',
] as const;

export type Reason = (typeof REASONS)[number];

/** For some reasons, what to change. */
export type Fixes = Readonly<Partial<Record<Reason, string>>>;

/** The result of verifying a request: a value, never an exception. */
export interface Verification {
  readonly valid: boolean;
  /** The first (or only) cause. */
  readonly reason: Reason;
  /** All causes where two are needed to explain the signature; otherwise `[reason]`. */
  readonly reasons: readonly Reason[];
  /** The proof in one line, e.g. `the signature matches the body without its last newline`. */
  readonly detail: string;
  /** What to change, in one line; null when valid. */
  readonly fix: string | null;
  /** Source of the secret that matched; null when none did. */
  readonly secretSource: string | null;
}

/** Whether a reason is a verdict. Without a recorded signature, a request is neither valid nor invalid. */
export function isJudged({ reason }: Pick<Verification, 'reason'>): boolean {
  return reason !== 'signature_not_recorded';
}

/**
 * Verifies without searching for a cause. The result says that the signature is valid, missing or
 * empty; null if it matches no chosen secret, and then `diagnose` finds out why.
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
    const { sign, match } = verifierOf(secret);
    if (isSameSignature(first, sign(request.body))) return match;
  }
  return null;
}

/** A signer for one secret, and the result for a signature that matches. */
interface Verifier {
  readonly sign: (payload: Uint8Array) => string;
  readonly match: Verification;
}

/** Prepared secrets: a listener verifies every request with the same few. */
const verifiers = new WeakMap<SecretCandidate, Verifier>();

function verifierOf(secret: SecretCandidate): Verifier {
  let verifier = verifiers.get(secret);
  if (verifier === undefined) {
    verifier = { sign: createSigner(secret.value), match: matchWith(secret.source) };
    verifiers.set(secret, verifier);
  }
  return verifier;
}

/** Verifies a body that is given part by part, so that it need not be held in memory. */
export class BodyVerifier {
  private readonly signature: string;
  private readonly runs: ReadonlyArray<{ readonly source: string; readonly run: HmacRun }>;

  constructor(signature: string, secrets: readonly SecretCandidate[]) {
    this.signature = signature;
    this.runs = secrets
      .filter(({ role }) => role === 'chosen')
      .map(({ source, value }) => ({
        source,
        run: new HmacKey('sha256', Buffer.from(value, 'utf8')).start(),
      }));
  }

  update(bytes: Uint8Array): void {
    for (const { run } of this.runs) run.update(bytes);
  }

  /** Same as `verifyRequest`: null where no chosen secret matches. */
  result(): Verification | null {
    const match = this.runs.find(({ run }) => isSameSignature(this.signature, run.hex()));
    return match === undefined ? null : matchWith(match.source);
  }
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
  fix: 'Send it through Relyable or `relyable webhooks trigger`; if there is a proxy in between, let it forward the header.',
  secretSource: null,
};

/** The verdict on a request whose recorder left the signature out: it is not judged. */
export const SIGNATURE_NOT_RECORDED: Verification = {
  valid: false,
  reason: 'signature_not_recorded',
  reasons: ['signature_not_recorded'],
  detail:
    'no signature recorded: the delivery log has the payload without its signature, so it is not judged',
  fix: null,
  secretSource: null,
};

const SIGNATURE_EMPTY: Verification = {
  valid: false,
  reason: 'signature_empty',
  reasons: ['signature_empty'],
  detail: `the ${SIGNATURE_HEADER} header is empty`,
  fix: 'The sender computed no signature: check that its signing secret is set.',
  secretSource: null,
};
