import { WHITESPACE } from '../../json/writers/layout.ts';
import type { Rewrite } from '../../json/writers/rewrites.ts';
import type { Fixes, Reason } from '../verify.ts';
import type { BodyForm } from './bodies/form.ts';
import type { ChangedText } from './documents/changed-documents.ts';
import type { Key } from './keys.ts';
import type { Reading } from './readings.ts';
import type { SignedEnvelope } from './signed-envelopes.ts';

/** Bytes that the MAC may cover: head, body and tail, one after the other. */
export interface CandidateBytes {
  readonly reasons: readonly Reason[];
  /** Completes "the signature matches …". */
  readonly name: string;
  readonly bytes: Buffer;
  readonly head?: Buffer;
  readonly tail?: Buffer;
  readonly rewrite?: Rewrite;
  /** What to change, for each reason whose own fix says less. */
  readonly fixes?: Fixes;
}

/** The explanation whose recomputed MAC equals the received one. */
export interface Match {
  readonly candidate: CandidateBytes;
  readonly key: Key;
  readonly reading: Reading;
}

const BOM = Buffer.from([0xef, 0xbb, 0xbf]);

export function toCandidate({ reason, name, bytes, fix }: BodyForm): CandidateBytes {
  return {
    reasons: [reason],
    name,
    bytes,
    ...(fix === undefined ? {} : { fixes: { [reason]: fix } }),
  };
}

/** A candidate that was changed a second time. */
export function changedAgain(first: CandidateBytes, second: BodyForm): CandidateBytes {
  const candidate = toCandidate(second);
  return {
    ...candidate,
    reasons: [...first.reasons, ...candidate.reasons],
    name: `${first.name}, then ${second.name}`,
    fixes: { ...candidate.fixes, ...first.fixes },
  };
}

export function cutCandidate(body: Buffer, length: number): CandidateBytes {
  return {
    reasons: ['body_truncated'],
    name: `only the first ${length} of the ${body.length} bytes of the body`,
    bytes: body.subarray(0, length),
  };
}

export function withBom(candidate: CandidateBytes): CandidateBytes {
  return {
    ...candidate,
    reasons: [...candidate.reasons, 'body_bom'],
    name: `${candidate.name}, with a byte order mark in front`,
    head: BOM,
  };
}

export function ended(candidate: CandidateBytes, newline: Buffer): CandidateBytes {
  return {
    ...candidate,
    reasons: [...candidate.reasons, 'body_trailing_newline'],
    name: `${candidate.name}, with a ${newline.length === 1 ? 'line feed' : 'CRLF'} at its end`,
    tail: newline,
  };
}

const NOTHING = Buffer.alloc(0);

/** The candidate inside each envelope. */
export function enveloped(
  candidate: CandidateBytes,
  envelopes: readonly SignedEnvelope[],
): CandidateBytes[] {
  const { bytes, name, reasons } = candidate;
  return envelopes.map((envelope) => ({
    ...candidate,
    bytes: envelope.omitsBody ? NOTHING : bytes,
    reasons: [envelope.reason, ...reasons],
    name: reasons.length === 0 ? envelope.name : `${envelope.name}, where the body is ${name}`,
    head: envelope.before,
    tail: envelope.after,
  }));
}

/** A rewrite of the body, or of another form of it. */
export function rewritten(
  rewrite: Rewrite,
  after: Pick<CandidateBytes, 'reasons' | 'name' | 'fixes'> | null,
): CandidateBytes {
  const isCrlf = WHITESPACE[rewrite.whitespace].newline === '\r\n';
  return {
    reasons: [
      ...(after?.reasons ?? []),
      'body_reserialized',
      ...(isCrlf ? (['body_crlf'] as const) : []),
    ],
    name: `${after?.name ?? 'the body'} as ${writerNames(rewrite)} writes it`,
    bytes: rewrite.bytes,
    rewrite,
    ...(after?.fixes === undefined ? {} : { fixes: after.fixes }),
  };
}

export function changedText({ change, writer, bytes }: ChangedText): CandidateBytes {
  return {
    reasons: [change.reason],
    name: writer === null ? `the text of ${change.name}` : `${change.name}, as ${writer} writes it`,
    bytes,
    fixes: { [change.reason]: change.fix },
  };
}

function writerNames({ names }: Rewrite): string {
  const [first = ''] = names;
  // A second call of the same library is not worth naming.
  const second = names.find((name) => name.split(' ')[0] !== first.split(' ')[0]);
  return second === undefined ? first : `${first} or ${second}`;
}
