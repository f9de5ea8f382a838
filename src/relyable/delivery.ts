import { isDelivered, MAX_ATTEMPTS } from './retry.ts';

/** `pending`: not tried yet; `failed`: for good, after the last attempt. */
export const DELIVERY_STATES = ['pending', 'delivered', 'retrying', 'failed'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One HTTP try of a delivery, as the sender saw it. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** When it began, ms since 1970. */
  readonly at: number;
  /** null when no answer came. */
  readonly status: number | null;
  readonly responseBody: string | null;
  readonly durationMs: number | null;
  /** Why no answer came; null when one did or when it is not told. */
  readonly error: string | null;
}

/** One event for one endpoint, with every attempt so far, oldest first. */
export interface Delivery {
  readonly id: string;
  /** null where the sender tells none. */
  readonly eventId: string | null;
  /** null where the log tells none; may be a type that is not published yet. */
  readonly event: string | null;
  readonly endpoint: string | null;
  readonly state: DeliveryState;
  /** The payload as it was signed and sent; null where the log keeps none. */
  readonly requestBody: string | null;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly attempts: readonly Attempt[];
  /** ms since 1970; null when nothing is planned. */
  readonly nextRetryAt: number | null;
}

/** Whether a further attempt may come by itself. */
export function isOpen({ state }: Pick<Delivery, 'state'>): boolean {
  return state === 'pending' || state === 'retrying';
}

/** When an attempt was over, as far as the log tells: when it became visible there. */
export function endedAt({ at, durationMs }: Attempt): number {
  return at + (durationMs ?? 0);
}

/** The state that attempts and plan imply, for a log that does not tell it. */
export function impliedState(
  attempts: readonly Attempt[],
  nextRetryAt: number | null,
): DeliveryState {
  const last = attempts.at(-1);
  if (last === undefined) return 'pending';
  if (isDelivered(last.status)) return 'delivered';
  return nextRetryAt === null && last.attempt >= MAX_ATTEMPTS ? 'failed' : 'retrying';
}
