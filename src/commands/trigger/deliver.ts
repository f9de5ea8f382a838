import type { HeaderPair } from '../../request/request.ts';
import type { Outgoing, Sender, SendResult } from '../../http/client/send.ts';
import { compressMs, isDelivered, type Speed } from '../../relyable/retry.ts';
import { type SignedRequest, tamperRequest, withSignature } from '../../signature/tamper.ts';
import type { Tamper } from '../../signature/tamper-kinds.ts';
import type { TriggerPayload } from './payload.ts';

/** How the request of an event is made. */
export interface RequestOptions {
  readonly to: URL;
  readonly secret: string;
  /** The payload's signature under that secret. */
  readonly sign: (payload: Uint8Array) => string;
  readonly userAgent: string;
  readonly tamper: Tamper | undefined;
  /** The user's headers, added after the request's own; a header of the same name is replaced. */
  readonly headers: readonly HeaderPair[];
}

/** The request of an event; every attempt sends exactly this. */
export interface TriggerRequest {
  readonly payload: TriggerPayload;
  readonly outgoing: Outgoing;
  /** The value of the signature header; null when it is left out. */
  readonly signature: string | null;
}

/** Signs a payload, or tampers with it, and adds the user's headers. */
export function createRequest(payload: TriggerPayload, options: RequestOptions): TriggerRequest {
  const { secret, sign, userAgent, tamper } = options;
  const signed =
    tamper === undefined
      ? withSignature(payload.body, sign(payload.body), userAgent)
      : tamperRequest(payload.body, secret, userAgent, tamper);
  return { payload, outgoing: toOutgoing(signed, options), signature: signed.signature };
}

/** A signed request to the target, with the user's headers. */
export function toOutgoing(
  signed: SignedRequest,
  { to, headers }: Pick<RequestOptions, 'to' | 'headers'>,
): Outgoing {
  const replaced = new Set(headers.map(([name]) => name.toLowerCase()));
  const own =
    replaced.size === 0
      ? signed.headers
      : signed.headers.filter(([name]) => !replaced.has(name.toLowerCase()));
  return { method: 'POST', url: to, headers: [...own, ...headers], body: signed.body };
}

/** The attempts that are made of one event. */
export interface Schedule {
  /** Production time of every attempt, ms after the first; one entry: no retries. */
  readonly offsetsMs: readonly number[];
  readonly speed: Speed;
  /** The number of repeats of the same bytes after the last attempt. */
  readonly duplicates: number;
}

export interface Attempt extends SendResult {
  /** From 1. */
  readonly n: number;
  /** The maximum number of attempts, without duplicates. */
  readonly of: number;
  /** When it was sent, ms since 1970. */
  readonly at: number;
  /** When it would be sent in production, ms after the first attempt. */
  readonly offsetMs: number;
  /** A repeat of the same bytes after the last attempt. */
  readonly isDuplicate: boolean;
}

/** The wait before an attempt. */
export interface RetryWait {
  readonly waitMs: number;
  readonly next: number;
}

export interface DeliveryWorld {
  readonly sender: Sender;
  now(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly signal: AbortSignal;
  onAttempt(attempt: Attempt): void;
  onWait(wait: RetryWait): void;
}

/**
 * Sends one event as scheduled: retries until it is answered 200 or the schedule ends, then the
 * duplicates. Ends early, with the attempts made so far, when the signal aborts.
 */
export async function deliver(
  { outgoing }: TriggerRequest,
  { offsetsMs, speed, duplicates }: Schedule,
  world: DeliveryWorld,
): Promise<readonly Attempt[]> {
  const attempts: Attempt[] = [];
  const attempt = async (offsetMs: number, isDuplicate: boolean): Promise<void> => {
    const at = world.now();
    const result = await world.sender.send(outgoing);
    const made = {
      ...result,
      n: attempts.length + 1,
      of: offsetsMs.length,
      at,
      offsetMs,
      isDuplicate,
    };
    attempts.push(made);
    world.onAttempt(made);
  };
  for (const [index, offsetMs] of offsetsMs.entries()) {
    const waitMs = compressMs(offsetMs - (offsetsMs[index - 1] ?? 0), speed);
    if (waitMs > 0) {
      world.onWait({ waitMs, next: index + 1 });
      // An abort is not an error: the attempts made so far are the result.
      await world.sleep(waitMs, world.signal).catch(() => undefined);
    }
    if (world.signal.aborted) return attempts;
    await attempt(offsetMs, false);
    if (isDelivered(attempts.at(-1)?.status ?? null)) break;
  }
  const { offsetMs } = attempts.at(-1) ?? { offsetMs: 0 };
  for (let i = 0; i < duplicates && !world.signal.aborted; i++) await attempt(offsetMs, true);
  return attempts;
}

/** The statuses that count as success: `--expect-status`, a refusal if tampered with, or 200. */
export function expectedStatuses(
  expected: number | undefined,
  isTampered: boolean,
): readonly number[] {
  if (expected !== undefined) return [expected];
  return isTampered ? [401, 403] : [200];
}
