const MINUTE_MS = 60_000;

/** Attempts before Relyable marks a delivery as failed (vendor page, "Webhook Retry Logic"). */
export const MAX_ATTEMPTS = 5;

/** Wait before each attempt, in ms: immediate, 1 minute, 5 minutes, 15 minutes, 1 hour. */
const DELAYS_MS = [0, 1 * MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, 60 * MINUTE_MS] as const;

/**
 * How the published delays are read. The vendor page does not say; `gaps` (each counted from the
 * attempt before) is our default, `offsets` counts each from the first attempt.
 */
export type RetryReading = 'gaps' | 'offsets';

/** The only answer Relyable counts as delivered (vendor page: "a non-200 status code … will retry"). */
export function isDelivered(status: number | null): boolean {
  return status === 200;
}

/** Why an answer that looks successful does not count; null for 200 and for plain failures. */
export function explainUndelivered(status: number): string | null {
  if (isDelivered(status) || status >= 400) return null;
  return `your app answered ${status}: Relyable counts only 200 as delivered and will retry`;
}

/** Production time of every attempt in ms after the first: `[0, 1m, 6m, 21m, 81m]` as gaps. */
export function retryOffsetsMs(reading: RetryReading = 'gaps'): readonly number[] {
  if (reading === 'offsets') return DELAYS_MS;
  let total = 0;
  return DELAYS_MS.map((delayMs) => (total += delayMs));
}

/** How much faster than production a schedule runs; `instant` does not wait. */
export type Speed = number | 'instant';

/** Production ms → ms to wait at this speed. */
export function compressMs(productionMs: number, speed: Speed): number {
  return speed === 'instant' ? 0 : productionMs / speed;
}
