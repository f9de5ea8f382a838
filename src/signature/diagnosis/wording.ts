import { SIGNATURE_HEADER, type WebhookRequest } from '../../request/request.ts';
import type { Reason, Verification } from '../verify.ts';
import { LAID_OUT_COPY, listFixes } from './fixes.ts';
import type { Match } from './candidates.ts';

type Request = Pick<WebhookRequest, 'headers' | 'body'>;

/** The result for a proved explanation. `header` is the header that held the signature, if it was another one. */
export function describeMatch(
  match: Match,
  request: Request,
  header: string | null = null,
): Verification {
  const { candidate, key, reading } = match;
  const reasons: readonly Reason[] = [
    ...new Set([
      ...(header === null ? [] : (['signature_misplaced'] as const)),
      ...reading.reasons,
      ...key.reasons,
      ...candidate.reasons,
    ]),
  ];
  const [reason = 'signature_prefixed'] = reasons;
  return {
    valid: false,
    reason,
    reasons,
    detail:
      header === null
        ? matchDetail(match, request)
        : `the header ${header.slice(0, 80)} holds the signature instead of ${SIGNATURE_HEADER}: ${matchDetail(match, request)}`,
    fix: listFixes(reasons, {
      ...(isLaidOutCopy(match, request) ? { body_reserialized: LAID_OUT_COPY } : {}),
      ...candidate.fixes,
      ...key.fixes,
    }),
    secretSource: reasons.includes('secret_empty') ? null : key.source,
  };
}

function matchDetail(match: Match, request: Request): string {
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
  const direction = describeDirection(match, request);
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

/** Whether the received body was made from the signed one, or the reverse; null where this is not known. */
function describeDirection(match: Match, request: Request): string | null {
  const { rewrite } = match.candidate;
  if (rewrite === undefined) return null;
  if (isLaidOutCopy(match, request)) {
    return 'the signed bytes are on one line, as webhooks are sent, and the body here is laid out over lines, so this copy is what changed';
  }
  const { lost, gained } = rewrite.changes();
  if (lost !== null) {
    return `the body here still has ${lost}, so the signature was most likely made over a parsed and rewritten copy`;
  }
  if (gained !== null) {
    return `the signed bytes had ${gained}, so the body here was most likely parsed and written again after it was signed`;
  }
  return 'the bytes do not show which of the two was made from the other';
}

/** Whether the body here was laid out over lines after it was signed: webhooks are sent on one line. */
function isLaidOutCopy({ candidate }: Match, { body }: Request): boolean {
  return candidate.rewrite !== undefined && isLaidOut(body) && !isLaidOut(candidate.bytes);
}

/** Whether JSON is written over several lines, as editors, jq and pretty printers do. */
function isLaidOut(bytes: Buffer): boolean {
  return /^\s*[{[][ \t]*\r?\n/.test(bytes.toString('latin1', 0, 256));
}
