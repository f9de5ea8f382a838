import type { Sender } from '../../../http/client/send.ts';
import { errorMessage } from '../../../errors.ts';
import { type Attempt, type Delivery, isOpen } from '../../../relyable/delivery.ts';
import { eventIdOf, summarisePayload } from '../../../relyable/payload-summary.ts';
import {
  isDelivered,
  MAX_ATTEMPTS,
  type RetryReading,
  retryOffsetsMs,
} from '../../../relyable/retry.ts';
import { signRequest } from '../../../signature/tamper.ts';
import type { Clock } from './clock.ts';
import type { DeliveryLog, DeliveryRecord } from './delivery-log.ts';
import { createDueQueue } from './due-queue.ts';
import type { EmulatorEvent } from './events.ts';

/** Where deliveries go and what signs them. */
export interface Target {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

/** Makes deliveries outlive the process; every promise resolves once it is on disk. */
export interface DeliveryJournal {
  addDelivery(delivery: DeliveryRecord): Promise<void>;
  /** The delivery's newest attempt, with its new state and plan. */
  addAttempt(delivery: DeliveryRecord, attempt: Attempt): Promise<void>;
  /** A state that no attempt brought about. */
  updateState(delivery: DeliveryRecord): Promise<void>;
}

export interface EngineOptions {
  readonly clock: Clock;
  /** How much faster than production the schedule runs. */
  readonly speed: number;
  readonly reading: RetryReading;
  readonly sender: Sender;
  readonly log: DeliveryLog;
  /** Attempts in flight. */
  readonly concurrency: number;
  readonly userAgent: string;
  newId(): string;
  /** The endpoint as it is now; undefined once it was deleted. */
  findTarget(id: string): Target | undefined;
  emit(event: EmulatorEvent): void;
  readonly journal?: DeliveryJournal;
}

/** Delivers as Relyable does: signs, sends, and follows the retry schedule. */
export interface Engine {
  /** Records a delivery of these bytes and sends it as soon as there is room. */
  deliver(target: Target, body: Buffer): Promise<Delivery>;
  /** Takes up deliveries of an earlier run; what fell due meanwhile is sent at once. */
  resume(deliveries: Iterable<DeliveryRecord>): void;
  /** Resolves when nothing is in flight and nothing is planned. */
  idle(): Promise<void>;
  /** Starts nothing more; resolves when what is in flight has been recorded, or after `graceMs`. */
  stop(graceMs: number): Promise<void>;
}

/** How much of a response is kept with an attempt, bytes. */
const KEPT_RESPONSE_BYTES = 4096;
/** Node's timers count to 2^31 ms; a later time is looked at again. */
const LONGEST_SLEEP_MS = 60 * 60_000;

export function createEngine(options: EngineOptions): Engine {
  const { clock, sender, log, emit, journal } = options;
  const offsets = retryOffsetsMs(options.reading);
  const planned = createDueQueue<DeliveryRecord>();
  let inFlight = 0;
  let isStopped = false;
  let alarm: { readonly at: number; readonly cancel: AbortController } | undefined;
  let idleWaiters: Array<() => void> = [];
  let isJournalBroken = false;

  const save = async (write: Promise<void> | undefined): Promise<void> => {
    try {
      await write;
    } catch (error) {
      // Deliveries go on; what is lost is only their memory.
      if (!isJournalBroken) emit({ type: 'warning', message: errorMessage(error) });
      isJournalBroken = true;
    }
  };

  const retryAt = (delivery: DeliveryRecord, attempt: Attempt): number => {
    const [first = attempt] = delivery.attempts;
    const next = offsets[attempt.attempt] ?? 0;
    const base =
      options.reading === 'offsets'
        ? first.at + next / options.speed
        : attempt.at + (next - (offsets[attempt.attempt - 1] ?? 0)) / options.speed;
    return Math.max(Math.round(base), clock.now());
  };

  const tryOnce = async (delivery: DeliveryRecord, target: Target): Promise<Attempt> => {
    const body = Buffer.from(delivery.requestBody ?? '', 'utf8');
    const at = Math.floor(clock.now());
    const { headers } = signRequest(body, target.secret, options.userAgent);
    const result = await sender.send({
      method: 'POST',
      url: new URL(delivery.endpoint ?? target.url),
      headers,
      body,
    });
    const previous = delivery.attempts.at(-1);
    const text = result.status === null ? null : responseText(result.body);
    return {
      attempt: (previous?.attempt ?? 0) + 1,
      at,
      status: result.status,
      // An endpoint that fails says the same each time: one string for all.
      responseBody: text === previous?.responseBody ? previous.responseBody : text,
      durationMs: Math.round(result.durationMs * 100) / 100,
      error: result.error,
    };
  };

  const settle = (delivery: DeliveryRecord, attempt: Attempt): void => {
    delivery.attempts = [...delivery.attempts, attempt];
    if (isDelivered(attempt.status)) delivery.state = 'delivered';
    else if (attempt.attempt >= MAX_ATTEMPTS) delivery.state = 'failed';
    else delivery.state = 'retrying';
    delivery.nextRetryAt = delivery.state === 'retrying' ? retryAt(delivery, attempt) : null;
  };

  const run = async (delivery: DeliveryRecord): Promise<void> => {
    const target = options.findTarget(delivery.endpointId);
    if (target === undefined) {
      delivery.state = 'failed';
      delivery.nextRetryAt = null;
      await save(journal?.updateState(delivery));
      return;
    }
    const attempt = await tryOnce(delivery, target);
    // Cut off by our own end: it is tried again after a restart, and is no answer of the endpoint.
    if (isStopped && attempt.status === null && journal !== undefined) return;
    settle(delivery, attempt);
    await save(journal?.addAttempt(delivery, attempt));
    emit({ type: 'attempt', delivery, attempt });
    if (delivery.state === 'failed') emit({ type: 'notice', delivery });
    if (delivery.nextRetryAt !== null) planned.add(delivery.nextRetryAt, delivery);
  };

  const start = (delivery: DeliveryRecord): void => {
    inFlight += 1;
    void run(delivery)
      .catch((error: unknown) => emit({ type: 'warning', message: errorMessage(error) }))
      .finally(() => {
        inFlight -= 1;
        pump();
      });
  };

  const pump = (): void => {
    if (!isStopped) {
      for (;;) {
        const nextAt = planned.nextAt();
        if (nextAt === undefined || inFlight >= options.concurrency) break;
        if (nextAt > clock.now()) {
          if (clock.skipTo === undefined || inFlight > 0) break;
          clock.skipTo(nextAt);
        }
        const delivery = planned.take();
        if (delivery !== undefined) start(delivery);
      }
      setAlarm();
    }
    if (inFlight === 0 && (isStopped || planned.size === 0)) {
      const waiters = idleWaiters;
      idleWaiters = [];
      for (const wake of waiters) wake();
    }
  };

  /** Wakes the engine when the next attempt is due; with all hands busy, the next end does. */
  const setAlarm = (): void => {
    const at = inFlight >= options.concurrency ? undefined : planned.nextAt();
    if (at === alarm?.at) return;
    alarm?.cancel.abort();
    alarm = undefined;
    if (at === undefined) return;
    const mine = { at, cancel: new AbortController() };
    alarm = mine;
    const waitMs = Math.min(Math.max(at - clock.now(), 0), LONGEST_SLEEP_MS);
    clock.sleep(waitMs, mine.cancel.signal).then(
      () => {
        if (alarm === mine) alarm = undefined;
        pump();
      },
      () => undefined,
    );
  };

  const whenIdle = (): Promise<void> =>
    new Promise((resolve) => {
      idleWaiters.push(resolve);
      pump();
    });

  return {
    deliver: async (target, body) => {
      const { headers } = signRequest(body, target.secret, options.userAgent);
      const summary = summarisePayload({ headers, body });
      const delivery: DeliveryRecord = {
        id: options.newId(),
        endpointId: target.id,
        eventId: eventIdOf({ headers, body }, summary),
        event: summary.event,
        endpoint: target.url,
        state: 'pending',
        requestBody: body.toString('utf8'),
        requestHeaders: Object.fromEntries(headers),
        attempts: [],
        nextRetryAt: null,
      };
      await journal?.addDelivery(delivery);
      log.add(delivery);
      planned.add(clock.now(), delivery);
      pump();
      return delivery;
    },
    resume: (deliveries) => {
      for (const delivery of deliveries) {
        if (isOpen(delivery)) planned.add(delivery.nextRetryAt ?? 0, delivery);
      }
      pump();
    },
    idle: whenIdle,
    stop: async (graceMs) => {
      isStopped = true;
      alarm?.cancel.abort();
      const grace = new AbortController();
      const limit = clock.sleep(graceMs, grace.signal).catch(() => undefined);
      await Promise.race([whenIdle(), limit]);
      grace.abort();
    },
  };
}

function responseText(body: Buffer): string {
  return body.subarray(0, KEPT_RESPONSE_BYTES).toString('utf8');
}
