import {
  type RawBody,
  requireRaw,
  type SignatureHeader,
  type SigningSecret,
  toBytes,
} from './claim.ts';
import { InvalidEventError, WebhookVerificationError } from './errors.ts';
import type { EventOf, EventType, WebhookEvent } from './events.ts';
import { constructEvent } from './webhooks.ts';

/** Which events have been handled: a `Set<string>`, or a table that all instances of the app share. */
export interface HandledEvents {
  has(key: string): boolean | PromiseLike<boolean>;
  add(key: string): unknown;
}

export interface ReceiverOptions {
  /**
   * The signing secret, or several while one replaces another. Without one every request fails with an
   * error that says so.
   */
  readonly secret: SigningSecret;
  /** Where handled events are kept. Default: the last 10 000, in memory. */
  readonly handled?: HandledEvents;
  /** Keeps the runtime alive for work after `ack()`, e.g. `after` of Next.js, `waitUntil` of Workers. */
  readonly waitUntil?: (work: Promise<unknown>) => void;
  /**
   * Called with errors that cannot change the answer, and their event if there is one: what a handler
   * throws after `ack()`, what `handled.add` or `waitUntil` throw. Default: `console.error`.
   */
  readonly onError?: (error: unknown, event?: WebhookEvent) => unknown;
}

/** An event as a handler gets it. */
export type Received<E extends WebhookEvent> = E & {
  /** Answers 200 now; what the handler does after it cannot make Relyable send the event again. */
  ack(): void;
};

export type EventHandler<E extends WebhookEvent> = (event: Received<E>) => unknown;

/** The handlers of a route, by event type. */
export interface EventRoute {
  /** Handles one published type. */
  on<T extends EventType>(type: T, handler: EventHandler<EventOf<T>>): this;
  /** Handles every event that has no handler of its own, and types that are not published yet. */
  otherwise(handler: EventHandler<WebhookEvent>): this;
}

/** The answer to a request. */
export interface HandlerAnswer {
  readonly status: 200 | 400 | 401;
  readonly text: string;
}

const OK: HandlerAnswer = { status: 200, text: 'OK' };

/** Verifies requests, calls the handlers of their events, and remembers which were handled. */
export class Receiver implements EventRoute {
  private readonly options: ReceiverOptions;
  private readonly handled: HandledEvents;
  private readonly handlers = new Map<string, EventHandler<never>>();
  private fallback: EventHandler<WebhookEvent> | undefined;
  /** Events that are being handled: a repeat gets the same answer. */
  private readonly inProgress = new Map<string, Promise<void>>();

  constructor(options: ReceiverOptions) {
    this.options = options;
    this.handled = options.handled ?? new RecentKeys(10_000);
  }

  on<T extends EventType>(type: T, handler: EventHandler<EventOf<T>>): this {
    this.handlers.set(type, handler);
    return this;
  }

  otherwise(handler: EventHandler<WebhookEvent>): this {
    this.fallback = handler;
    return this;
  }

  /**
   * Resolves with the answer. Rejects where the app itself is at fault: a handler threw before `ack()`,
   * the body was parsed already, there is no secret. The framework answers 500 then, and Relyable sends
   * the event again.
   */
  async receive(rawBody: RawBody, header: SignatureHeader): Promise<HandlerAnswer> {
    const body = requireRaw(rawBody);
    let event: WebhookEvent;
    try {
      event = await constructEvent(body, header, this.options.secret);
    } catch (error) {
      return refusal(error);
    }
    await this.handleOnce(await keyOf(toBytes(body)), event);
    return OK;
  }

  private async handleOnce(key: string, event: WebhookEvent): Promise<void> {
    const current = this.inProgress.get(key);
    if (current !== undefined) return current;
    const work = this.handleUnlessHandled(key, event).finally(() => this.inProgress.delete(key));
    this.inProgress.set(key, work);
    return work;
  }

  private async handleUnlessHandled(key: string, event: WebhookEvent): Promise<void> {
    if (await this.handled.has(key)) return;
    await this.handle(event);
    try {
      await this.handled.add(key);
    } catch (error) {
      // If the answer were an error, Relyable would send the event again, and it would be handled twice.
      await this.report(error, event);
    }
  }

  /** Resolves when the handler has returned or called `ack()`; rejects if it threw before. */
  private async handle(event: WebhookEvent): Promise<void> {
    const handler = (this.handlers.get(event.event) ?? this.fallback) as
      | EventHandler<WebhookEvent>
      | undefined;
    if (handler === undefined) return;
    let acknowledge: (isEarly: true) => void = () => undefined;
    const acknowledged = new Promise<true>((resolve) => (acknowledge = resolve));
    // Not enumerable: the event can still be stored or cloned as it came.
    const value = (): void => acknowledge(true);
    Object.defineProperty(event, 'ack', { value, enumerable: false, configurable: true });
    const work = (async () => void (await handler(event as Received<WebhookEvent>)))();
    const isEarly = await Promise.race([acknowledged, work]);
    if (isEarly === true) this.watch(work, event);
  }

  /** Watches work that continues after the answer: its error can only be reported. */
  private watch(work: Promise<void>, event: WebhookEvent): void {
    const watched = work.catch((error: unknown) => this.report(error, event));
    try {
      this.options.waitUntil?.(watched);
    } catch (error) {
      void this.report(error, event);
    }
  }

  /** Hands an error to `onError`. Never rejects: nothing would catch it, and the process would end. */
  async report(error: unknown, event?: WebhookEvent): Promise<void> {
    // oxlint-disable-next-line no-console, no-restricted-globals -- lost otherwise
    const log = (lost: unknown): void => console.error(lost);
    const { onError = log } = this.options;
    try {
      await onError(error, event);
    } catch (another) {
      log(another);
    }
  }
}

function refusal(error: unknown): HandlerAnswer {
  if (error instanceof InvalidEventError) return { status: 400, text: 'Not an event' };
  const isSenders = error instanceof WebhookVerificationError && error.reason !== 'secret_empty';
  if (!isSenders) throw error;
  return { status: 401, text: 'Invalid signature' };
}

/** Relyable sends no id, and the same bytes on every attempt: their hash is the event's identity. */
async function keyOf(body: Uint8Array): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
  return Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A set that forgets its oldest keys. */
class RecentKeys extends Set<string> {
  private readonly limit: number;

  constructor(limit: number) {
    super();
    this.limit = limit;
  }

  override add(key: string): this {
    const [oldest] = this;
    if (this.size >= this.limit && oldest !== undefined) this.delete(oldest);
    return super.add(key);
  }
}

/** A framework's handler with the methods that say what it does with each event. */
export function withRoute<F extends object>(handler: F, receiver: Receiver): F & EventRoute {
  const route: F & EventRoute = Object.assign(handler, {
    on<T extends EventType>(type: T, each: EventHandler<EventOf<T>>) {
      receiver.on(type, each);
      return route;
    },
    otherwise(each: EventHandler<WebhookEvent>) {
      receiver.otherwise(each);
      return route;
    },
  });
  return route;
}
