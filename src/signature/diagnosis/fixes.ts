import { SIGNATURE_HEADER } from '../../request/request.ts';
import type { Fixes, Reason } from '../verify.ts';

const RAW_BODY =
  'Verify the raw bytes of the body, before any JSON parser; and sign the exact bytes that are sent.';

/** The fix for a copy that an editor, jq or a pretty printer laid out; the handler itself may be correct. */
export const LAID_OUT_COPY =
  'Verify the body as it was received: an editor, jq or a pretty printer laid out this copy.';

/** One fix for each reason, in order. A fix in `own` replaces the general fix of its reason. */
export function listFixes(reasons: readonly Reason[], own: Fixes): string {
  return [...new Set(reasons.map((reason) => own[reason] ?? FIXES[reason]))].join(' ');
}

const FIXES: Readonly<Record<Reason, string>> = {
  ok: '',
  signature_missing: '',
  signature_empty: '',
  signature_malformed:
    "Send the digest as 64 lower-case hex digits and nothing else: `digest('hex')`.",
  signature_misplaced: `Send the signature in the ${SIGNATURE_HEADER} header, and read it from there; look for a proxy or framework that renames headers.`,
  signature_prefixed:
    'Send only the 64 hex digits, with no prefix or suffix, and compare only them.',
  signature_uppercase:
    'Write the hex digits in lower case, or turn both sides to lower case before comparing.',
  signature_base64: "Encode the digest as hex, not base64: `digest('hex')`.",
  signature_base64url: "Encode the digest as hex, not base64url: `digest('hex')`.",
  signature_truncated: 'Send all 64 hex digits: look for a column, log or variable that cuts them.',
  signature_multiple: `Send one ${SIGNATURE_HEADER} header with one value; look for a proxy that adds another.`,
  algorithm_sha1: 'Compute HMAC-SHA256 instead of HMAC-SHA1.',
  algorithm_sha512: 'Compute HMAC-SHA256 instead of HMAC-SHA512.',
  algorithm_other:
    'Compute HMAC-SHA256, with the secret as the key and the raw body as the message.',
  timestamp_prefixed:
    'Compute the HMAC over the body alone: Relyable does not sign a timestamp or id.',
  secret_whitespace:
    'Store the secret without white space around it: trim it where it is read (a file ends in a line feed).',
  secret_quoted: 'Store the secret without quotes: the program that reads it does not remove them.',
  secret_base64_decoded:
    'Use the secret exactly as it is shown as the key of the HMAC: do not decode it from base64, and leave its prefix on.',
  secret_hex_decoded:
    'Use the secret exactly as it is shown as the key of the HMAC: do not decode it from hex.',
  url_signed:
    'Compute the HMAC over the body alone: Relyable does not sign the URL, path or method.',
  secret_altered: 'Store the secret exactly as it is shown, and read it without changing it.',
  secret_empty:
    'Set the secret where the signature is made: the variable it is read from is not set.',
  secret_other_known:
    'Use the secret that matches for this endpoint, or sign with the one this endpoint expects.',
  not_verified: '',
  signature_not_recorded: '',
  body_missing: 'Record the request with its body.',
  body_reserialized: RAW_BODY,
  body_encoded: 'Sign and verify the bytes of the body, not an encoding of them.',
  body_part: 'Compute the HMAC over the whole raw body.',
  body_wrapped: 'Verify the raw body alone, without what is around it.',
  body_chunks: 'Collect the chunks of the body as Buffers, join them once, and sign the result.',
  body_trailing_newline:
    'Leave the last line end as it is: look for an editor, echo or trim() between signing and here.',
  body_crlf:
    'Leave line ends as they are: look for a text mode or an editor between signing and here.',
  body_bom: 'Write the body without a byte order mark, and do not strip one before verifying.',
  body_truncated:
    'Sign and verify the whole body once: look for a size limit, or for a stream that was already read.',
  body_gzip:
    'Sign and verify the same bytes: the body before compression, or the compressed one, on both sides.',
  body_urlencoded_form:
    'Send the JSON itself with Content-Type: application/json, and verify the raw body.',
  charset_other: 'Leave the body as bytes; where it must become text, use UTF-8 on both sides.',
  charset_latin1: 'Leave the body as bytes; where it must become text, use UTF-8 on both sides.',
  secret_wrong_or_body_changed: '',
};
