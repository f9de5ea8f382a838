import { createHash } from 'node:crypto';
import type { Secrets } from '../../config/secrets.ts';
import type { Invocation } from '../../invocation.ts';
import { eventIdOf, summarisePayload } from '../../relyable/payload-summary.ts';
import { type Capture, createCaptureId } from '../../request/capture.ts';
import { REDACTED_SECRET } from '../../request/export/test-file.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import type { WebhookRequest } from '../../request/request.ts';
import { diagnose } from '../../signature/diagnosis/diagnosis.ts';

const RANDOM_BYTES = 7;

/**
 * A found request as a capture with the recorder's time. Its verdict is made here, whatever the file
 * says: a file may have been written by anyone. A delivery of the log gets the same id each time.
 */
export function toCapture(
  { context }: Invocation<unknown>,
  found: FoundRequest,
  secrets: Secrets,
): Capture {
  const { request, origin, deliveryId } = found;
  const summary = summarisePayload(request);
  const { event } = summary;
  const eventId = eventIdOf(request, summary);
  const receivedAt = found.receivedAt ?? context.now();
  const random =
    deliveryId === undefined
      ? context.randomBytes(RANDOM_BYTES)
      : createHash('sha256').update(deliveryId).digest().subarray(0, RANDOM_BYTES);
  return {
    ...request,
    id: createCaptureId(receivedAt, random),
    receivedAt,
    event,
    eventId,
    duplicateOf: null,
    answered: null,
    forwards: [],
    ...(deliveryId === undefined ? {} : { source: 'log' }),
    ...origin,
    importedAt: context.now(),
    verification:
      found.signatureNotRecorded === true
        ? { valid: false, reason: 'signature_not_recorded' }
        : verifyHere(request, secrets),
  };
}

/** The verdict with the secrets at hand. The development secret alone cannot tell about other senders. */
function verifyHere(request: WebhookRequest, secrets: Secrets): Capture['verification'] {
  const candidates = [...secrets.chosen, ...secrets.known, REDACTED_SECRET];
  const { valid, reason } = diagnose(request, candidates, { effort: 'quick' });
  const isUnknown = secrets.note !== null && reason === 'secret_wrong_or_body_changed';
  return isUnknown ? { valid: false, reason: 'not_verified' } : { valid, reason };
}

/** Why a request cannot be stored and sent again; null where it can. */
export function describeUnstorable({
  request: { path },
  bodyMissing,
}: FoundRequest): string | null {
  if (bodyMissing !== undefined) return `${bodyMissing}, so there is nothing to send again`;
  // A request without a path cannot be sent again or shown as a URL; a proxy's holds the whole URL.
  if (/^(\/|https?:\/\/)/i.test(path)) return null;
  return `expected a path that begins with /, got ${JSON.stringify(path)}`;
}
