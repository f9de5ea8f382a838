import { type CaptureTime, linkCapture } from '../relyable/capture-link.ts';
import { compareKeys, entriesOf, keyOfEntry } from '../relyable/log-entries.ts';
import { MAX_ATTEMPTS } from '../relyable/retry.ts';
import { viewUrlOf } from '../relyable/dashboard.ts';
import { summarisePayload } from '../relyable/payload-summary.ts';
import type { Capture, Forward } from '../request/capture.ts';
import type { Explanation } from '../signature/diagnosis/diagnosis.ts';
import { explanationSteps } from '../signature/diagnosis/explanation-steps.ts';
import type { CaptureHead } from '../store/capture-browser.ts';
import type {
  AttemptDocument,
  AttemptsDocument,
  CaptureDocument,
  CaptureRow,
  ExplanationDocument,
} from './api-types.ts';
import type { FoundDeliveries } from './delivery-search.ts';

const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();

export function toRow(head: CaptureHead): CaptureRow {
  const { shortBody, lastDurationMs } = head;
  const subjectId =
    shortBody === null ? null : summarisePayload({ headers: [], body: shortBody }).subjectId;
  return {
    id: head.id,
    receivedAt: isoTime(head.receivedAt),
    event: head.event,
    subjectId,
    bodyBytes: head.bodyBytes,
    valid: head.valid,
    reason: head.reason,
    duplicateOf: head.duplicateOf,
    answered: head.answered ?? head.lastStatus,
    attempts: head.attempts,
    replays: head.replays,
    last:
      lastDurationMs === null
        ? null
        : { status: head.lastStatus, durationMs: lastDurationMs, error: head.lastError },
  };
}

export function toCaptureDocument(
  capture: Capture,
  repeats: ReadonlyArray<Pick<Capture, 'id' | 'receivedAt'>>,
): CaptureDocument {
  return {
    type: 'capture',
    v: 1,
    id: capture.id,
    receivedAt: isoTime(capture.receivedAt),
    method: capture.method,
    path: capture.path,
    httpVersion: capture.httpVersion,
    headers: capture.headers,
    bodyBytes: capture.body.length,
    event: capture.event,
    eventId: capture.eventId,
    subjectId: summarisePayload(capture).subjectId,
    duplicateOf: capture.duplicateOf,
    answered: capture.answered,
    verification: capture.verification,
    source: capture.source ?? null,
    forwards: capture.forwards.map(toAttempt),
    repeats: repeats.map(({ id, receivedAt }) => ({ id, receivedAt: isoTime(receivedAt) })),
    // Any sender can write a URL into a payload; only a signed one is offered.
    viewUrl: capture.verification.valid ? (viewUrlOf(capture.body) ?? null) : null,
  };
}

function toAttempt(forward: Forward): AttemptDocument {
  return {
    kind: forward.kind,
    at: isoTime(forward.at),
    url: forward.url,
    status: forward.status,
    durationMs: forward.durationMs,
    error: forward.error,
    edited: forward.edited,
    responseHeaders: forward.responseHeaders,
    responseBodyBase64: forward.responseBody.toString('base64'),
  };
}

/** The attempts of all deliveries of an event, each with the capture that is its request. */
export function toAttemptsDocument(
  { deliveries, searched, isComplete }: FoundDeliveries,
  captures: readonly CaptureTime[],
): AttemptsDocument {
  const entries = deliveries.flatMap(entriesOf);
  entries.sort((a, b) => compareKeys(keyOfEntry(a), keyOfEntry(b)));
  const attempts = entries.map((entry) => {
    const { delivery, attempt, state, nextRetryAt } = entry;
    return {
      deliveryId: delivery.id,
      attempt: attempt.attempt,
      maxAttempts: MAX_ATTEMPTS,
      at: isoTime(attempt.at),
      status: attempt.status,
      durationMs: attempt.durationMs,
      error: attempt.error,
      endpoint: delivery.endpoint,
      state,
      nextRetryAt: nextRetryAt === null ? null : isoTime(nextRetryAt),
      captureId: linkCapture(entry, captures),
    };
  });
  return { type: 'attempts', v: 1, attempts, searched, isComplete };
}

/** The verdict, its steps as `verify --explain --json` has them, and code for the framework. */
export function toExplanationDocument(
  explanation: Explanation,
  recipe: ExplanationDocument['recipe'],
): ExplanationDocument {
  const { verification } = explanation;
  return {
    type: 'explanation',
    v: 1,
    ...verification,
    ...explanationSteps(explanation),
    recipe: verification.valid ? null : recipe,
  };
}
