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
import { createConceal } from '../../../signature/conceal.ts';
import type { Clock } from './clock.ts';
import type { DeliveryLog, DeliveryRecord } from './delivery-log.ts';
import { createDueQueue } from './due-queue.ts';
import type { EmulatorEvent } from './events.ts';

/** The URL that deliveries go to, and the secret that signs them. */
export interface Target {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
}

/** Stores deliveries for the next run; every promise resolves once it is on disk. */
export interface DeliveryJournal {
  addDelivery(delivery: DeliveryRecord): Promise<void>;
  /** The delivery's newest attempt, with its new state and plan. */
  addAttempt(delivery: DeliveryRecord, attempt: Attempt): Promise<void>;
  /** A state that does not follow from an attempt. */
  updateState(delivery: DeliveryRecord): Promise<void>;
}

/** The attempts of one endpoint. */
interface Lane {
  inFlight: number;
  /** Deliveries whose attempt is due, and waits until an attempt in flight ends. */
  readonly queue: DeliveryRecord[];
}

export interface EngineOptions {
  readonly clock: Clock;
  /** How much faster than production the schedule runs. */
  readonly speed: number;
  readonly reading: RetryReading;
  readonly sender: Sender;
  readonly log: DeliveryLog;
  /** The most attempts in flight to each endpoint. */
  readonly concurrency: number;
  readonly userAgent: string;
  newId(): string;
  /** The endpoint as it is now; undefined once it was deleted. */
  findTarget(id: string): Target | undefined;
  emit(event: EmulatorEvent): void;
  readonly journal?: DeliveryJournal;
}

/** How much of a response is stored with an attempt, bytes. */
const STORED_RESPONSE_BYTES = 4096;
/** The alarm for a later time is set again after this: Node's timers take at most 2^31 ms. */
const LONGEST_SLEEP_MS = 60 * 60_000;

/** How long an attempt in flight keeps a virtual clock from advancing, ms of real time. */
const HOLD_CLOCK_MS = 1000;

/** Delivers as Relyable does: signs, sends, and follows the retry schedule. */
export class Engine {
  private readonly options: EngineOptions;
  private readonly offsets: readonly number[];
  private readonly planned = createDueQueue<DeliveryRecord>();
  /** By the endpoint's id. */
  private readonly lanes = new Map<string, Lane>();
  private inFlight = 0;
  /** How many attempts in flight keep a virtual clock from advancing. */
  private holding = 0;
  private isStopped = false;
  /** Whether attempts in flight were aborted, so that they end without an answer. */
  private isCutOff = false;
  private hasJournalFailed = false;
  /** The wait for the next attempt. */
  private alarm: { readonly at: number; readonly cancel: AbortController } | undefined;
  private idleWaiters: Array<() => void> = [];

  constructor(options: EngineOptions) {
    this.options = options;
    this.offsets = retryOffsetsMs(options.reading);
  }

  /** Records a delivery of these bytes and sends it as soon as there is room. */
  async deliver(target: Target, body: Buffer): Promise<Delivery> {
    const { clock, log, journal } = this.options;
    const { headers } = signRequest(body, target.secret, this.options.userAgent);
    const summary = summarisePayload({ headers, body });
    const delivery: DeliveryRecord = {
      id: this.options.newId(),
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
    this.planned.add(clock.now(), delivery);
    this.pump();
    return delivery;
  }

  /** Continues deliveries of an earlier run; attempts that fell due in between are made at once. */
  resume(deliveries: Iterable<DeliveryRecord>): void {
    for (const delivery of deliveries) {
      if (isOpen(delivery)) this.planned.add(delivery.nextRetryAt ?? 0, delivery);
    }
    this.pump();
  }

  /** Resolves when nothing is in flight and nothing is planned. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.idleWaiters.push(resolve);
      this.pump();
    });
  }

  /** Starts nothing more; resolves when what is in flight has been recorded, or after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.isStopped = true;
    this.alarm?.cancel.abort();
    const grace = new AbortController();
    const limit = this.options.clock.sleep(graceMs, grace.signal).catch(() => undefined);
    await Promise.race([this.idle(), limit]);
    grace.abort();
    this.isCutOff = true;
  }

  /** Starts or queues the attempts that are due, and sets the alarm for the next one. */
  private pump(): void {
    if (!this.isStopped) {
      while (this.isNextDue()) {
        const delivery = this.planned.take();
        if (delivery !== undefined) this.startOrQueue(delivery);
      }
      this.setAlarm();
    }
    // A delivery waits in a lane only while attempts of that lane are in flight.
    if (this.inFlight > 0 || (!this.isStopped && this.planned.size > 0)) return;
    const waiters = this.idleWaiters;
    this.idleWaiters = [];
    for (const wake of waiters) wake();
  }

  /** Whether an attempt is due; a virtual clock jumps to the next one. */
  private isNextDue(): boolean {
    const { clock } = this.options;
    const nextAt = this.planned.nextAt();
    if (nextAt === undefined) return false;
    if (nextAt <= clock.now()) return true;
    if (clock.skipTo === undefined || this.holding > 0) return false;
    clock.skipTo(nextAt);
    return true;
  }

  /** Wakes the engine when the next attempt is due. */
  private setAlarm(): void {
    const { clock } = this.options;
    const at = this.planned.nextAt();
    if (at === this.alarm?.at) return;
    this.alarm?.cancel.abort();
    this.alarm = undefined;
    if (at === undefined) return;
    const alarm = { at, cancel: new AbortController() };
    this.alarm = alarm;
    const waitMs = Math.min(Math.max(at - clock.now(), 0), LONGEST_SLEEP_MS);
    clock.sleep(waitMs, alarm.cancel.signal).then(
      () => {
        if (this.alarm === alarm) this.alarm = undefined;
        this.pump();
      },
      () => undefined,
    );
  }

  /** Each endpoint has its own limit, so that one that hangs does not hold up others. */
  private startOrQueue(delivery: DeliveryRecord): void {
    const { endpointId } = delivery;
    const lane = this.lanes.get(endpointId) ?? { inFlight: 0, queue: [] };
    this.lanes.set(endpointId, lane);
    if (lane.inFlight >= this.options.concurrency) lane.queue.push(delivery);
    else void this.start(delivery, lane);
  }

  private async start(delivery: DeliveryRecord, lane: Lane): Promise<void> {
    this.inFlight += 1;
    lane.inFlight += 1;
    const release = this.holdClock();
    try {
      await this.attempt(delivery);
    } catch (error) {
      this.options.emit({ type: 'warning', message: errorMessage(error) });
    }
    release();
    this.inFlight -= 1;
    lane.inFlight -= 1;
    const next = this.isStopped ? undefined : lane.queue.shift();
    if (next !== undefined) void this.start(next, lane);
    else if (lane.inFlight === 0) this.lanes.delete(delivery.endpointId);
    this.pump();
  }

  /**
   * Keeps a virtual clock from jumping past the attempt that follows this one, for `HOLD_CLOCK_MS` at most,
   * so that an endpoint that hangs does not hold up the others. Returns a function that ends it.
   */
  private holdClock(): () => void {
    const { clock } = this.options;
    if (clock.skipTo === undefined) return () => undefined;
    const over = new AbortController();
    this.holding += 1;
    const release = (): void => {
      if (over.signal.aborted) return;
      over.abort();
      this.holding -= 1;
    };
    clock.sleep(HOLD_CLOCK_MS, over.signal).then(
      () => {
        release();
        this.pump();
      },
      () => undefined,
    );
    return release;
  }

  /** One attempt: sent, recorded, reported, and the next one planned. */
  private async attempt(delivery: DeliveryRecord): Promise<void> {
    const { journal, emit } = this.options;
    const target = this.options.findTarget(delivery.endpointId);
    if (target === undefined) {
      delivery.state = 'failed';
      delivery.nextRetryAt = null;
      await this.save(journal?.updateState(delivery));
      return;
    }
    const attempt = await this.send(delivery, target);
    // Cut off by our own stop: it is not an answer of the endpoint, and the next run tries it again.
    const isOurs = this.isCutOff || (this.isStopped && journal !== undefined);
    if (isOurs && attempt.status === null) return;
    this.record(delivery, attempt);
    await this.save(journal?.addAttempt(delivery, attempt));
    emit({ type: 'attempt', delivery, attempt });
    if (delivery.state === 'failed') emit({ type: 'notice', delivery });
    if (delivery.nextRetryAt !== null) this.planned.add(delivery.nextRetryAt, delivery);
  }

  private async send(delivery: DeliveryRecord, target: Target): Promise<Attempt> {
    const { clock, sender, userAgent } = this.options;
    const body = Buffer.from(delivery.requestBody ?? '', 'utf8');
    const at = Math.floor(clock.now());
    const { headers } = signRequest(body, target.secret, userAgent);
    const answer = await sender.send({
      method: 'POST',
      url: new URL(delivery.endpoint ?? target.url),
      headers,
      body,
    });
    const result = createConceal([target.secret])(answer, body);
    const previous = delivery.attempts.at(-1);
    const text = result.status === null ? null : responseText(result.body);
    return {
      attempt: (previous?.attempt ?? 0) + 1,
      at,
      status: result.status,
      // An endpoint that fails gives the same answer each time: its attempts share one string.
      responseBody: text === previous?.responseBody ? previous.responseBody : text,
      durationMs: Math.round(result.durationMs * 100) / 100,
      error: result.error,
    };
  }

  /** Adds the attempt to its delivery, with the state and the plan that follow from it. */
  private record(delivery: DeliveryRecord, attempt: Attempt): void {
    delivery.attempts = [...delivery.attempts, attempt];
    if (isDelivered(attempt.status)) delivery.state = 'delivered';
    else if (attempt.attempt >= MAX_ATTEMPTS) delivery.state = 'failed';
    else delivery.state = 'retrying';
    delivery.nextRetryAt =
      delivery.state === 'retrying' ? this.nextRetryAt(delivery, attempt) : null;
  }

  private nextRetryAt(delivery: DeliveryRecord, { attempt, at }: Attempt): number {
    const { clock, reading, speed } = this.options;
    const offset = this.offsets[attempt] ?? 0;
    const time =
      reading === 'offsets'
        ? (delivery.attempts[0]?.at ?? at) + offset / speed
        : at + (offset - (this.offsets[attempt - 1] ?? 0)) / speed;
    return Math.max(Math.round(time), clock.now());
  }

  /** A journal that fails is reported once: deliveries continue, but the next run will not know them. */
  private async save(write: Promise<void> | undefined): Promise<void> {
    try {
      await write;
    } catch (error) {
      const { emit } = this.options;
      if (!this.hasJournalFailed) emit({ type: 'warning', message: errorMessage(error) });
      this.hasJournalFailed = true;
    }
  }
}

function responseText(body: Buffer): string {
  return body.subarray(0, STORED_RESPONSE_BYTES).toString('utf8');
}
