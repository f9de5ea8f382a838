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

/** What our own export has in addition to the request. */
export type CaptureOrigin = Pick<
  Capture,
  'id' | 'receivedAt' | 'verification' | 'answered' | 'forwards' | 'source'
>;

/** A request found in an input. */
export interface FoundRequest {
  readonly kind: 'request';
  readonly request: WebhookRequest;
  /** How a reader decided what the bytes are, in one line; null where they are plain. */
  readonly note: string | null;
  /** Set by formats that say when it was received, ms since 1970. */
  readonly receivedAt?: number;
  /** Set for captures exported by relyable. */
  readonly origin?: CaptureOrigin;
  /** Set for deliveries of the API's log: the id there. */
  readonly deliveryId?: string;
  /** The log has the payload without the signature that was sent with it: it cannot be judged. */
  readonly signatureNotRecorded?: boolean;
  /** Why the recording does not have the body; the request's body is then empty. */
  readonly bodyMissing?: string;
  /** Why the bytes of the body are not those that were sent, e.g. because the recorder had parsed it. */
  readonly bodyRebuilt?: string;
  /** The bytes as they are in the file, if they were taken for a copy of the body and decoded. */
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

/** Reads a file that an input names, such as the body of `< body.json`; INPUT_UNREADABLE where it may not. */
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
 * INPUT_UNREADABLE: what was expected and what was found, with the place as `byte 120`,
 * `line 3, byte 2048` or a JSON path.
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
