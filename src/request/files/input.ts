import { RelyableError } from '../../errors.ts';
import type { Capture } from '../capture.ts';
import type { WebhookRequest } from '../request.ts';

/** The kinds of input `verify` and `captures import` read. */
export const INPUT_FORMATS = [
  'http',
  'har',
  'ndjson',
  'json',
  'yaml',
  'csv',
  'curl',
  'hex',
  'bruno',
  'body',
] as const;

export type InputFormat = (typeof INPUT_FORMATS)[number];

/** The fields that our own export has in addition to the request. */
export type CaptureOrigin = Pick<
  Capture,
  'id' | 'receivedAt' | 'verification' | 'answered' | 'forwards' | 'source'
>;

/** A request found in an input. */
export interface FoundRequest {
  readonly kind: 'request';
  readonly request: WebhookRequest;
  /** How the reader found the bytes, in one line; null if there was nothing to decide. */
  readonly note: string | null;
  /** When it was received, ms since 1970; set by formats that record it. */
  readonly receivedAt?: number;
  /** Set for captures exported by relyable. */
  readonly origin?: CaptureOrigin;
  /** The delivery's id in the API's log; set only for these. */
  readonly deliveryId?: string;
  /** The log has the payload but not the signature that was sent with it, so the request cannot be verified. */
  readonly signatureNotRecorded?: boolean;
  /** Why the recording does not have the body; then the body of `request` is empty. */
  readonly bodyMissing?: string;
  /** Why the bytes of the body are not those that were sent, e.g. because the recorder had parsed it. */
  readonly bodyRebuilt?: string;
  /** The bytes in the file, if they were taken for a copy of the body and decoded. */
  readonly receivedBytes?: Buffer;
}

/** An entry that is not a request to verify, e.g. a response. */
export interface SkippedEntry {
  readonly kind: 'skipped';
  readonly why: string;
}

/** A capture that is named without its request, as in the output of `listen --json`. */
export interface CaptureReference {
  readonly kind: 'reference';
  readonly id: string;
}

/** An entry that should be a request and cannot be read; the entries beside it can. */
export interface UnreadableEntry {
  readonly kind: 'unreadable';
  readonly error: RelyableError;
}

export type InputItem = FoundRequest | SkippedEntry | CaptureReference | UnreadableEntry;

/** Reads a file that an input names, e.g. `body.json` for `< body.json`. Throws INPUT_UNREADABLE, also if the input may not name that file. */
export type ReadBeside = (name: string) => Buffer;

/** The items of a reader. If it throws, the entry that it could not read is the last item. */
export function* untilUnreadable(items: Iterable<InputItem>): Generator<InputItem> {
  try {
    yield* items;
  } catch (error) {
    yield toUnreadable(error);
  }
}

/** The entry for an INPUT_UNREADABLE error; throws any other error again. */
export function toUnreadable(error: unknown): UnreadableEntry {
  if (error instanceof RelyableError && error.code === 'INPUT_UNREADABLE') {
    return { kind: 'unreadable', error };
  }
  throw error;
}

/**
 * An INPUT_UNREADABLE error. `problem` says what was expected and what was found; `place` is
 * `byte 120`, `line 3, byte 2048` or a JSON path.
 */
export function unreadable(
  source: string,
  place: string,
  problem: string,
  hint?: string,
): RelyableError {
  return new RelyableError(
    'INPUT_UNREADABLE',
    `${source}: ${place}: ${problem}`,
    hint === undefined ? {} : { hint },
  );
}
