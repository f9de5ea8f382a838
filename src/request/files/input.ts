import { RelyableError } from '../../errors.ts';
import type { Capture } from '../capture.ts';
import type { WebhookRequest } from '../request.ts';

/** The kinds of input `verify` and `captures import` read. */
export const INPUT_FORMATS = ['http', 'har', 'ndjson', 'body'] as const;

export type InputFormat = (typeof INPUT_FORMATS)[number];

/** What our own export has in addition to the request. */
export type CaptureOrigin = Pick<
  Capture,
  'id' | 'receivedAt' | 'verification' | 'answered' | 'forwards'
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
}

/** An entry that is not a request to verify, e.g. a response. */
export interface SkippedEntry {
  readonly kind: 'skipped';
  readonly why: string;
}

export type InputItem = FoundRequest | SkippedEntry;

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
