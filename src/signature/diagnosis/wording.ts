import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../../request/request.ts';
import type { Reason, SecretCandidate, Verification } from '../verify.ts';
import type { Match, Search } from './search.ts';

type Request = Pick<WebhookRequest, 'headers' | 'body'>;

/** The result for a proved explanation. */
export function describeMatch(
  match: Match,
  request: Request,
  receivedForm: string | null,
): Verification {
  const { candidate, key, reading } = match;
  const found = [...new Set([...reading.reasons, ...key.reasons, ...candidate.reasons])];
  // The value is right, with something around it.
  const reasons: readonly Reason[] = found.length > 0 ? found : ['signature_prefixed'];
  const [reason = 'signature_prefixed'] = reasons;
  return {
    valid: false,
    reason,
    reasons,
    detail: matchDetail(match, request, receivedForm),
    fix: reasons.map((each) => FIXES[each]).join(' '),
    secretSource: reasons.includes('secret_empty') ? null : key.source,
  };
}

function matchDetail(match: Match, request: Request, receivedForm: string | null): string {
  const { candidate, key, reading } = match;
  const length =
    candidate.reasons.length === 0
      ? ''
      : ` (${signedLength(candidate)} bytes, here ${request.body.length})`;
  const parts = [`the signature matches ${candidate.name}${length}`];
  if (key.isKnownOnly && key.name === null) parts.push(`signed with ${key.source}`);
  else if (key.isKnownOnly) parts.push(`if the key is ${key.name ?? ''} (that is ${key.source})`);
  else if (key.name !== null) parts.push(`if the key is ${key.name}`);
  const isOnlyWritten = parts.length === 1 && candidate.reasons.length === 0;
  const written = reading.notes.length === 0 ? '' : `it ${listWords(reading.notes)}`;
  if (isOnlyWritten && written !== '') parts.push(`but ${written}`);
  const direction = describeDirection(match, receivedForm);
  return [
    parts.join(', '),
    ...(isOnlyWritten || written === '' ? [] : [`and ${written}`]),
    ...(direction === null ? [] : [direction]),
  ].join('; ');
}

/** `a`, `a and b`, `a, b and c`. */
function listWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

function signedLength({ head, bytes, tail }: Match['candidate']): number {
  return (head?.length ?? 0) + bytes.length + (tail?.length ?? 0);
}

/** Which of the two, the received body or the signed one, was made from the other. */
function describeDirection({ candidate }: Match, receivedForm: string | null): string | null {
  const { rewrite } = candidate;
  if (rewrite === undefined) return null;
  const { lost, gained } = rewrite.changes();
  if (lost !== null) {
    return `the body here still has ${lost}, so the signature was made over a parsed and rewritten copy`;
  }
  if (gained !== null) {
    return `the signed one had ${gained}, so the body here was parsed and written again after it was signed`;
  }
  if (receivedForm === null) {
    return 'no known JSON library writes the body in this form, so the signature was made over a parsed and rewritten copy';
  }
  return `the body here is as ${receivedForm} writes it, so it was probably parsed and written again after it was signed`;
}

const RAW_BODY =
  'Verify the raw bytes of the body, before any JSON parser; and sign the exact bytes that are sent.';

const FIXES: Readonly<Record<Reason, string>> = {
  ok: '',
  signature_missing: '',
  signature_empty: '',
  signature_prefixed:
    'Send only the 64 hex digits, with no prefix or suffix, and compare only them.',
  signature_uppercase:
    'Write the hex digits in lower case, or turn both sides to lower case before comparing.',
  signature_base64: "Encode the digest as hex, not base64: digest('hex').",
  signature_base64url: "Encode the digest as hex, not base64url: digest('hex').",
  signature_truncated: 'Send all 64 hex digits: look for a column, log or variable that cuts them.',
  signature_multiple: `Send one ${SIGNATURE_HEADER} header with one value; look for a proxy that adds another.`,
  algorithm_sha1: 'Compute HMAC-SHA256 instead of HMAC-SHA1.',
  algorithm_sha512: 'Compute HMAC-SHA256 instead of HMAC-SHA512.',
  timestamp_prefixed:
    'Compute the HMAC over the body alone: Relyable does not sign a timestamp or id.',
  secret_whitespace:
    'Store the secret without white space around it: trim it where it is read (a file ends in a line feed).',
  secret_quoted: 'Store the secret without quotes: the program that reads it does not remove them.',
  secret_base64_decoded:
    'Use the secret exactly as it is shown as the key of the HMAC: do not decode it from base64, and leave its prefix on.',
  secret_hex_decoded:
    'Use the secret exactly as it is shown as the key of the HMAC: do not decode it from hex.',
  secret_empty:
    'Set the secret where the signature is made: the variable it is read from is not set.',
  secret_other_known:
    'Use the secret that matches for this endpoint, or sign with the one this endpoint expects.',
  body_reserialized: RAW_BODY,
  body_trailing_newline:
    'Leave the last line end as it is: look for an editor, echo or trim() between signing and here.',
  body_crlf:
    'Leave line ends as they are: look for a text mode or an editor between signing and here.',
  body_bom: 'Write the body without a byte order mark, and do not strip one before verifying.',
  body_truncated:
    'Sign and verify the whole body once: look for a size limit, or for a stream that was already read.',
  body_missing: '',
  not_verified: '',
  body_gzip:
    'Sign and verify the same bytes: the body before compression, or the compressed one, on both sides.',
  body_urlencoded_form:
    'Send the JSON itself with Content-Type: application/json, and verify the raw body.',
  charset_latin1: 'Leave the body as bytes; where it must become text, use UTF-8 on both sides.',
  secret_wrong_or_body_changed: '',
};

/** The result where nothing explains the signature: what was tried, and what to do next. */
export function describeNoMatch(
  search: Search,
  request: Request,
  secrets: readonly SecretCandidate[],
): Verification {
  const { tried, signature } = search;
  const values = headerValues(request.headers, SIGNATURE_HEADER).length;
  const sources = secrets.map(({ source }) => source).join(', ');
  const detail =
    signature.readings.length === 0
      ? `the ${SIGNATURE_HEADER} header holds no HMAC in hex or base64`
      : `${values === 1 ? 'the signature does' : `the ${values} signatures do`} not match the ${request.body.length} bytes of the body with ${sources}; tried ${tried.bodies} forms of the body (rewritten by JSON libraries, line ends, compression, charset, timestamps, cut), ${tried.keys} forms of the secret and every notation of the signature: ${tried.macs} HMACs${search.isPartial ? ', stopped at the limit of work' : ''}`;
  const steps = nextSteps(search, request, secrets).slice(0, 3);
  return {
    valid: false,
    reason: 'secret_wrong_or_body_changed',
    reasons: ['secret_wrong_or_body_changed'],
    detail,
    fix: steps.map((step, index) => `${index + 1}. ${step}`).join(' '),
    secretSource: null,
  };
}

/** Steps that this request suggests, then the most common causes. */
function nextSteps(
  { signature }: Search,
  { headers, body }: Request,
  secrets: readonly SecretCandidate[],
): string[] {
  const steps: string[] = [];
  if (signature.readings.length === 0) {
    steps.push('Look at the header: it should be 64 lower-case hex digits and nothing else.');
  }
  const declared = headerValues(headers, 'Content-Length')[0];
  if (declared !== undefined && Number(declared) !== body.length) {
    steps.push(
      `Content-Length says ${declared.slice(0, 20)} and ${body.length} bytes are here: find what cut or rewrote the body.`,
    );
  }
  const masked = secrets.find(({ value }) => /[•…*]{2}|\.{3}|…/.test(value));
  if (masked !== undefined) {
    steps.push(`The secret of ${masked.source} looks like a masked copy: take the real one.`);
  }
  if (body.includes('\ufffd')) {
    steps.push('The body holds U+FFFD: it was read in the wrong charset; keep it as bytes.');
  }
  steps.push(
    'Compare the secret with the one shown for this webhook (Settings → Webhooks); it changes when the webhook is saved again, and each environment has its own.',
    'Capture the raw body before any middleware, proxy or logger touches it, and verify that capture.',
    'Send a signed sample with `relyable webhooks trigger` and the same secret: if that passes, the request was not signed with it.',
  );
  return steps;
}
