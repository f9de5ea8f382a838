import type { ServerResponse } from 'node:http';
import { errorMessage } from '../errors.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../http/client/forward.ts';
import type { ReceivedRequest } from '../http/server/receive.ts';
import { summarisePayload } from '../relyable/payload-summary.ts';
import type { Forward, NewCapture } from '../request/capture.ts';
import type { WebhookRequest } from '../request/request.ts';
import { type Conceal, createConceal } from '../signature/conceal.ts';
import { type SecretCandidate, type Verification, verifyRequest } from '../signature/verify.ts';
import type { BackgroundStore } from '../store/background/background-store.ts';
import type { Answered, HandledRequest, ListenEvent, Summary } from './events.ts';
import { FailedEvents } from './failed-events.ts';
import { createFailureExplainer, type FailureExplainer, UNEXPLAINED } from './failure-explainer.ts';
import { type Outcome, toHandledRequest } from './handled-request.ts';
import { type Clock, InFlightRequest, type RequestOrigin } from './in-flight-request.ts';
import { InFlightSlots } from './in-flight-slots.ts';
import type { ClientReporter } from './reported-client.ts';
import { type AppAnswer, Relay } from './relay.ts';
import { respondNotStored, respondStored, respondUnverified } from './responses.ts';
import { createTally } from './tally.ts';

export interface PipelineOptions {
  readonly secrets: readonly SecretCandidate[];
  /** Forward only these; undefined for all. */
  readonly events: ReadonlySet<string> | undefined;
  /** What becomes of a request whose signature is missing or not valid. */
  readonly invalid: 'reject' | 'forward';
  /** `mirror`: the sender gets the app's answer; `ack`: 200 once the capture is stored. */
  readonly respond: 'mirror' | 'ack';
  /** undefined: receive and answer only. */
  readonly forward: ForwarderOptions | undefined;
  /** Event types that go to a target of their own. */
  readonly routes?: ReadonlyArray<readonly [event: string, forward: ForwarderOptions]>;
}

/** What the pipeline takes from the world. */
export interface PipelineWorld extends Clock {
  readonly store: Pick<BackgroundStore, 'add' | 'addForward' | 'setAnswered' | 'setReason'>;
  readonly emit: (event: ListenEvent) => void;
}

/** With `ack` and more forwards than this under way, senders wait for theirs: that slows them down. */
const ACK_BACKLOG = 1000;

/**
 * The steps of a request: receive, verify, store, forward, respond. The methods are in that order.
 * A sender is answered 200 only after its capture is durable.
 */
export class Pipeline {
  private readonly options: PipelineOptions;
  private readonly world: PipelineWorld;
  private readonly forwarder: Forwarder | null;
  private readonly routes: ReadonlyMap<string, Forwarder>;
  private readonly inFlight = new InFlightSlots();
  private readonly tally = createTally();
  private readonly failedEvents = new FailedEvents();
  private secrets: readonly SecretCandidate[] = [];
  private explain: FailureExplainer = (_, verification) => verification;
  private conceal: Conceal = (answer) => answer;
  private reporter: ClientReporter | null = null;

  constructor(options: PipelineOptions, world: PipelineWorld) {
    this.options = options;
    this.world = world;
    this.forwarder = options.forward === undefined ? null : createForwarder(options.forward);
    this.routes = new Map(
      options.routes?.map(([event, forward]) => [event, createForwarder(forward)]),
    );
    this.replaceSecrets(options.secrets);
  }

  /** Verifies with these secrets from here on. */
  replaceSecrets(secrets: readonly SecretCandidate[]): void {
    this.secrets = secrets;
    this.explain = createFailureExplainer(secrets, () => this.world.elapsed());
    this.conceal = createConceal(secrets.map(({ value }) => value));
  }

  /** What passes requests on from here on, and states who sent them. */
  setReporter(reporter: ClientReporter | null): void {
    this.reporter = reporter;
  }

  /** Takes in a complete request; it is answered later. */
  receive(received: ReceivedRequest): void {
    const request = this.verify(received);
    const forwarder = this.forwarderFor(request);
    if (forwarder === null || !this.isAccepted(request) || this.isFiltered(request)) {
      this.storeOnly(request);
    } else if (this.options.respond === 'ack') this.storeThenForward(request, forwarder);
    else this.storeAndForward(request, forwarder);
  }

  /**
   * Takes in a request that no sender waits for: it is verified, stored and forwarded as one that is
   * received. Resolves when the app has answered; rejects where it cannot be stored.
   */
  async ingest(whole: WebhookRequest, origin: RequestOrigin): Promise<HandledRequest> {
    const verify = (): Verification => verifyRequest(whole, this.options.secrets) ?? UNEXPLAINED;
    const request = new InFlightRequest(whole, verify, this.world, origin);
    const slot = this.inFlight.open();
    try {
      const forwarder = this.forwarderFor(request);
      const isAccepted = this.isAccepted(request);
      const isForwarded = forwarder !== null && isAccepted && !this.isFiltered(request);
      const status = isAccepted ? 200 : 401;
      const duplicateOf = await this.store(request, isForwarded ? null : status);
      const forward = isForwarded ? await this.forwardAlone(request, forwarder, slot) : null;
      const answered = { status: forward?.status ?? status, complete: true };
      return this.finish(request, { duplicateOf, forward, answered });
    } finally {
      this.inFlight.close(slot);
    }
  }

  private forwardAlone(
    { request, origin }: InFlightRequest<WebhookRequest>,
    forwarder: Forwarder,
    slot: number,
  ): Promise<Forward> {
    return new Promise((resolve) => {
      this.forward(request, forwarder, slot, null, (forward) =>
        resolve(origin.isResigned ? { ...forward, resigned: true } : forward),
      );
    });
  }

  /** Reads the payload only where there are routes. */
  private forwarderFor(request: Pick<InFlightRequest, 'payload'>): Forwarder | null {
    if (this.routes.size === 0) return this.forwarder;
    return this.routes.get(request.payload.event ?? '') ?? this.forwarder;
  }

  private verify(received: ReceivedRequest): InFlightRequest {
    const { secrets } = this;
    const verify = (): Verification => verifyRequest(received, secrets) ?? UNEXPLAINED;
    return new InFlightRequest(received, verify, this.world);
  }

  private isAccepted({ verification }: Pick<InFlightRequest, 'verification'>): boolean {
    return verification.valid || this.options.invalid === 'forward';
  }

  /** Reads the payload only where `--events` asks for it. */
  private isFiltered(request: Pick<InFlightRequest, 'payload'>): boolean {
    const { events } = this.options;
    return events !== undefined && !events.has(request.payload.event ?? '');
  }

  /** Not forwarded: stored, then answered by us. */
  private storeOnly(request: InFlightRequest): void {
    const { response } = request.request;
    const slot = this.inFlight.open();
    const status = this.isAccepted(request) ? 200 : 401;
    this.store(request, status).then(
      (duplicateOf) => {
        if (status === 200) respondStored(response, request.id);
        else respondUnverified(response, request.verification);
        this.finish(request, {
          duplicateOf,
          forward: null,
          answered: answeredBy(response, status),
        });
        this.inFlight.close(slot);
      },
      (error: unknown) => this.refuse(response, slot, error),
    );
  }

  /** `ack`: stored, answered 200, then forwarded. */
  private storeThenForward(request: InFlightRequest, forwarder: Forwarder): void {
    const { response } = request.request;
    const slot = this.inFlight.open();
    this.store(request, 200).then(
      (duplicateOf) => {
        const isBacklogged = this.inFlight.size > ACK_BACKLOG;
        const early = isBacklogged ? null : this.acknowledge(request);
        this.forward(request.request, forwarder, slot, null, (forward) => {
          const { answered, latencyMs } = early ?? this.acknowledge(request);
          this.finish(request, { duplicateOf, forward, answered }, latencyMs);
          this.inFlight.close(slot);
        });
      },
      (error: unknown) => this.refuse(response, slot, error),
    );
  }

  private acknowledge(
    request: InFlightRequest,
  ): Pick<Outcome, 'answered'> & { readonly latencyMs: number } {
    const { response } = request.request;
    respondStored(response, request.id);
    return { answered: answeredBy(response, 200), latencyMs: request.latencyMs() };
  }

  /** `mirror`: stored and forwarded at the same time; the app's answer waits until it is stored. */
  private storeAndForward(request: InFlightRequest, forwarder: Forwarder): void {
    const { response } = request.request;
    const slot = this.inFlight.open();
    let duplicateOf: string | null = null;
    const relay = this.forward(request.request, forwarder, slot, response, (forward, status) => {
      this.finish(request, { duplicateOf, forward, answered: answeredBy(response, status ?? 502) });
      this.inFlight.close(slot);
    });
    this.store(request, null).then(
      (first) => {
        duplicateOf = first;
        relay.release();
      },
      (error: unknown) => {
        this.inFlight.abort(slot, 'the capture could not be stored');
        this.refuse(response, slot, error);
      },
    );
  }

  /**
   * Resolves once the capture is durable, with the id of the first capture of the same event.
   * `answered` is null where the app decides it.
   */
  private store(
    { id, receivedAt, request, payload, verification, origin }: InFlightRequest<WebhookRequest>,
    answered: number | null,
  ): Promise<string | null> {
    const { method, path, httpVersion, headers, body } = request;
    const { event, declaredEventId } = payload;
    const capture: NewCapture = {
      id,
      receivedAt,
      method,
      path,
      httpVersion,
      headers,
      body,
      event,
      declaredEventId,
      verification,
      answered,
    };
    return this.world.store.add(origin.source === 'log' ? { ...capture, source: 'log' } : capture);
  }

  /** Not stored: the sender gets a 503, so that Relyable retries. */
  private refuse(response: ServerResponse, slot: number, error: unknown): void {
    respondNotStored(response);
    const reason = `not stored: ${errorMessage(error)}`;
    this.world.emit({ type: 'refused', at: this.world.now(), status: 503, reason });
    this.inFlight.close(slot);
  }

  /** Sends a request to the app. `response` gets the app's answer; null only records it. */
  private forward(
    request: WebhookRequest,
    forwarder: Forwarder,
    slot: number,
    response: ServerResponse | null,
    onDone: (forward: Forward, answered: number | null) => void,
  ): Relay {
    const { world } = this;
    const at = world.now();
    const startedAt = world.elapsed();
    const relay = new Relay(response, (answer, answered) => {
      const durationMs = world.elapsed() - startedAt;
      const shown = this.conceal(answer, request.body);
      onDone(toForward(shown, forwarder.urlFor(request), at, durationMs), answered);
    });
    const exchange = forwarder.forward(request, relay);
    relay.attach(exchange);
    this.inFlight.attach(slot, exchange);
    return relay;
  }

  /** The sender has its answer: count it, store what was not known before, report it. */
  private finish(
    request: InFlightRequest<WebhookRequest>,
    outcome: Omit<Outcome, 'earlierFailure' | 'reporter'>,
    latencyMs = request.latencyMs(),
  ): HandledRequest {
    const { store, emit } = this.world;
    const { id, payload } = request;
    const { duplicateOf, forward, answered } = outcome;
    const earlierFailure = this.failedEvents.replace(duplicateOf ?? id, forward);
    this.tally.add(request.verification.valid, payload.event, forward, latencyMs);
    if (forward !== null) {
      store.addForward(id, forward);
      const isMirrored = this.options.respond === 'mirror' && request.origin.source === 'http';
      if (isMirrored && answered.status !== forward.status) {
        store.setAnswered(id, answered.status);
      }
    }
    const verification = this.explain(request.request, request.verification);
    const { reason } = verification;
    if (reason !== request.verification.reason) store.setReason(id, reason);
    // A request of the log came through nothing that could state its sender.
    const reporter = request.origin.source === 'log' ? null : this.reporter;
    const whole = { ...outcome, earlierFailure, reporter };
    const handled = toHandledRequest(request, whole, verification, this.isFiltered(request));
    emit(handled);
    return handled;
  }

  /** Sends a stored capture to the app again and stores what came; null where there is no target. */
  replay(capture: WebhookRequest & { readonly id: string }): Promise<Forward> | null {
    const forwarder = this.forwarderFor({ payload: summarisePayload(capture) });
    if (forwarder === null) return null;
    return new Promise((resolve) => {
      const slot = this.inFlight.open();
      this.forward(capture, forwarder, slot, null, (forward) => {
        const replayed: Forward = { ...forward, kind: 'replay' };
        this.world.store.addForward(capture.id, replayed);
        resolve(replayed);
        this.inFlight.close(slot);
      });
    });
  }

  /** How many requests were stored and answered so far. */
  received(): number {
    return this.tally.received();
  }

  /** Ends every forward under way; the senders get a 502 with the reason. */
  abortForwards(reason: string): void {
    this.inFlight.abortAll(reason);
  }

  /** Waits for what is under way, closes the connections to the app and returns the counts. */
  async drain(): Promise<Summary> {
    await this.inFlight.whenEmpty();
    this.forwarder?.close();
    for (const forwarder of this.routes.values()) forwarder.close();
    return this.tally.summary();
  }
}

/** To be read at once: later a response is also destroyed after its sender got all of it. */
function answeredBy(response: ServerResponse, status: number): Answered {
  return { status, complete: !response.destroyed };
}

function toForward(answer: AppAnswer, url: string, at: number, durationMs: number): Forward {
  return {
    kind: 'forward',
    at,
    url,
    status: answer.status,
    durationMs,
    error: answer.error,
    responseHeaders: answer.headers,
    responseBody: answer.body,
    edited: false,
  };
}
