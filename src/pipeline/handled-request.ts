import { eventIdOf, parsePayload } from '../relyable/payload-summary.ts';
import type { Forward } from '../request/capture.ts';
import { isProbe } from '../request/probe-mark.ts';
import type { Verification } from '../signature/verify.ts';
import type { Answered, HandledRequest } from './events.ts';
import type { EarlierFailure } from './failed-events.ts';
import type { InFlightRequest } from './in-flight-request.ts';
import { type ClientReporter, reportedClient } from './reported-client.ts';
import { findWarnings } from './warnings.ts';

/** The outcome of a request. */
export interface Outcome {
  /** Id of the first capture of the same event; null for the first. */
  readonly duplicateOf: string | null;
  /** For a repeat, how the app failed to handle the event before; null where it did not fail. */
  readonly earlierFailure: EarlierFailure | null;
  /** null if the request was not forwarded. */
  readonly forward: Forward | null;
  readonly answered: Answered;
  /** The tunnel provider that forwarded it, if it reports the sender; else null. */
  readonly reporter: ClientReporter | null;
  /** Whether an earlier run may have forwarded it. */
  readonly isForwardedAgain?: boolean;
}

/** The event that reports a request. `verification` is the result with its cause. */
export function toHandledRequest(
  { id, receivedAt, request, payload, source, isResigned }: InFlightRequest,
  { duplicateOf, earlierFailure, forward, answered, reporter, isForwardedAgain = false }: Outcome,
  verification: Verification,
  isFiltered: boolean,
): HandledRequest {
  const client = reporter === null ? null : reportedClient(request.headers, reporter);
  const handled: Omit<HandledRequest, 'warnings'> = {
    type: 'delivery',
    id,
    isResigned,
    receivedAt,
    event: payload.event,
    readEventId: () => eventIdOf(request, payload),
    subjectId: payload.subjectId,
    isJson: payload.isJson,
    readPayload: () => parsePayload(request.body),
    bodyBytes: request.body.length,
    duplicateOf,
    verification,
    forward,
    source: client === null ? source : 'tunnel',
    client,
    isFiltered,
    isProbe: isProbe(request.headers),
    answered,
  };
  // Assigned to the same object: a spread would copy all fields for every request.
  return Object.assign(handled, {
    warnings: findWarnings(handled, earlierFailure, isForwardedAgain),
  });
}
