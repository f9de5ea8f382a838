import { isDelivered, MAX_ATTEMPTS } from './retry.ts';

/** `pending`: not attempted yet; `failed`: given up after the last attempt. */
export const DELIVERY_STATES = ['pending', 'delivered', 'retrying', 'failed'] as const;

export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One HTTP request for a delivery, as the sender saw it. */
export interface Attempt {
  /** From 1. */
  readonly attempt: number;
  /** When it began, ms since 1970. */
  readonly at: number;
  /** null where there was no answer. */
  readonly status: number | null;
  readonly responseBody: string | null;
  readonly durationMs: number | null;
  /** Why there was no answer; null where there was one, or where the log does not say. */
  readonly error: string | null;
}

/** One event for one endpoint, with every attempt so far, oldest first. */
export interface Delivery {
  readonly id: string;
  /** null where the sender does not state one. */
  readonly eventId: string | null;
  /** null where the log does not say; may be a type that is not published yet. */
  readonly event: string | null;
  readonly endpoint: string | null;
  readonly state: DeliveryState;
  /** The payload as it was signed and sent; null where the log does not have it. */
  readonly requestBody: string | null;
  readonly requestHeaders: Readonly<Record<string, string>>;
  readonly attempts: readonly Attempt[];
  /** ms since 1970; null when nothing is planned. */
  readonly nextRetryAt: number | null;
}

/** Whether the sender may make another attempt. */
export function isOpen({ state }: Pick<Delivery, 'state'>): boolean {
  return state === 'pending' || state === 'retrying';
}

/** When the first attempt began, ms since 1970; Infinity before it. */
export function startOf({ attempts }: Pick<Delivery, 'attempts'>): number {
  return attempts[0]?.at ?? Infinity;
}

/** When an attempt ended, and so appeared in the log. */
export function endedAt({ at, durationMs }: Attempt): number {
  return at + (durationMs ?? 0);
}

/** The state that follows from the attempts, for a log that does not state it. */
export function impliedState(
  attempts: readonly Attempt[],
  nextRetryAt: number | null,
): DeliveryState {
  const last = attempts.at(-1);
  if (last === undefined) return 'pending';
  if (isDelivered(last.status)) return 'delivered';
  return nextRetryAt === null && last.attempt >= MAX_ATTEMPTS ? 'failed' : 'retrying';
}
