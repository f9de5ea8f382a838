import { eventIdOf } from './payload-summary.ts';
import type { Delivery } from './delivery.ts';
import type { LogEntry } from './log-entries.ts';

/** What it takes to recognise an attempt in a capture of the local listener. */
export interface CaptureTime {
  readonly id: string;
  readonly receivedAt: number;
}

/** The largest difference between an attempt's time in the log and its capture's, ms. */
const TOLERANCE_MS = 2000;

/** The identity of a delivery's event, by the same rule as a capture's. */
export function deliveredEventId({
  requestBody,
  requestHeaders,
  eventId,
}: Delivery): string | null {
  if (requestBody === null) return eventId;
  const headers = Object.entries(requestHeaders);
  return eventIdOf({ headers, body: Buffer.from(requestBody, 'utf8') });
}

/**
 * Finds the attempt's request among the captures of its event: the capture nearest in time, if this
 * attempt is also the one nearest to the capture. Where the clocks differ, the nth answered attempt
 * is the nth capture, if there are equally many. null where neither rule applies.
 */
export function linkCapture(
  { delivery, attempt }: LogEntry,
  captures: readonly CaptureTime[],
): string | null {
  const distance = (capture: CaptureTime, at: number): number => Math.abs(capture.receivedAt - at);
  const nearest = minBy(captures, (capture) => distance(capture, attempt.at));
  if (nearest === undefined) return null;
  if (distance(nearest, attempt.at) <= TOLERANCE_MS + (attempt.durationMs ?? 0)) {
    const rightful = minBy(delivery.attempts, ({ at }) => distance(nearest, at));
    return rightful === attempt ? nearest.id : null;
  }
  const answered = delivery.attempts.filter(({ status }) => status !== null);
  if (answered.length !== captures.length) return null;
  return captures[answered.indexOf(attempt)]?.id ?? null;
}

function minBy<T>(items: readonly T[], measure: (item: T) => number): T | undefined {
  let best: T | undefined;
  for (const item of items) {
    if (best === undefined || measure(item) < measure(best)) best = item;
  }
  return best;
}
