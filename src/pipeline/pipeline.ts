import type { ServerResponse } from 'node:http';
import { errorMessage } from '../errors.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../http/client/forward.ts';
import type { ReceivedRequest } from '../http/server/receive.ts';
import { summarisePayload } from '../relyable/payload-summary.ts';
import type { Capture, Forward, NewCapture } from '../request/capture.ts';
import { headerValues, SIGNATURE_HEADER, type WebhookRequest } from '../request/request.ts';
import { type Conceal, createConceal, type KnownSignature } from '../signature/conceal.ts';
import { type SecretCandidate, type Verification, verifyRequest } from '../signature/verify.ts';
import type { BackgroundStore } from '../store/background/background-store.ts';
import type { StreamPosition } from '../store/positions.ts';
import type { Answered, HandledRequest, ListenEvent, Summary } from './events.ts';
import { FailedEvents } from './failed-events.ts';
import { createFailureExplainer, type FailureExplainer, UNEXPLAINED } from './failure-explainer.ts';
import { type Outcome, toHandledRequest } from './handled-request.ts';
import { type RequestFacts, type Clock, InFlightRequest } from './in-flight-request.ts';
import { InFlightSlots } from './in-flight-slots.ts';
import type { ClientReporter } from './reported-client.ts';
import { type AppAnswer, Relay } from './relay.ts';
import { respondNotStored, respondStored, respondUnverified } from './responses.ts';
import { createTally } from './tally.ts';

export interface PipelineOptions {
  readonly secrets: readonly SecretCandidate[];
  /** The event types that are forwarded; undefined for all. */
  readonly events: ReadonlySet<string> | undefined;
  /** How to handle a request whose signature is missing or not valid. */
  readonly invalid: 'reject' | 'forward';
  /** `mirror`: the sender gets the app's answer; `ack`: 200 once the capture is stored. */
  readonly respond: 'mirror' | 'ack';
  /** undefined: requests are stored and answered, not forwarded. */
  readonly forward: ForwarderOptions | undefined;
  /** Event types that are forwarded to another target. */
  readonly routes?: ReadonlyArray<readonly [event: string, forward: ForwarderOptions]>;
}

/** The dependencies of the pipeline. */
export interface PipelineWorld extends Clock {
  readonly store: Pick<BackgroundStore, 'add' | 'addForward' | 'setAnswered' | 'setReason'>;
  readonly emit: (event: ListenEvent) => void;
}

/** A request that was answered elsewhere, on its way through the pipeline. */
export interface Ingestion {
  /** Resolves once it is durable; rejects where it could not be stored. */
  readonly stored: Promise<unknown>;
  /** Resolves once it was forwarded, or could not be stored; null where it is only stored. */
  readonly forwarded: Promise<void> | null;
}

/** The parts of a request that forwarding needs. */
type Forwardable = Pick<InFlightRequest, 'request' | 'verification'>;

/** The answer of the relay to the sender. */
const ANSWERED_ELSEWHERE: Answered = { status: 200, complete: true };

/** With `ack`, if more forwards than this are under way, the sender is answered after its forward, to slow it down. */
const ACK_BACKLOG = 1000;

/**
 * The steps of a request: receive, verify, store, forward, respond. The methods are in this order: `receive`
 * and `verify`; one method for each order of the other steps (`storeOnly`, `storeThenForward`,
 * `storeAndForward`); the steps themselves (`store`, `forward`, `finish`); and requests without a sender to
 * answer. A sender is answered 200 only after its capture is durable.
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

  /** Verifies with these secrets from now on. */
  replaceSecrets(secrets: readonly SecretCandidate[]): void {
    this.secrets = secrets;
    this.explain = createFailureExplainer(secrets, () => this.world.elapsed());
    this.conceal = createConceal(secrets.map(({ value }) => value));
  }

  /** Sets the tunnel provider through which requests come from now on, if it reports their senders. */
  setReporter(reporter: ClientReporter | null): void {
    this.reporter = reporter;
  }

  /** Accepts a complete request. It is answered later. */
  receive(received: ReceivedRequest): void {
    const request = this.verify(received);
    const forwarder = this.forwarderOf(request);
    const { response } = received;
    if (forwarder === null) this.storeOnly(request, response);
    else if (this.options.respond === 'ack') this.storeThenForward(request, response, forwarder);
    else this.storeAndForward(request, response, forwarder);
  }

  private verify(received: WebhookRequest, facts: RequestFacts = {}): InFlightRequest {
    const { secrets } = this;
    const verify = (): Verification => verifyRequest(received, secrets) ?? UNEXPLAINED;
    return new InFlightRequest(received, verify, this.world, facts);
  }

  private isAccepted({ verification }: Pick<InFlightRequest, 'verification'>): boolean {
    return verification.valid || this.options.invalid === 'forward';
  }

  /** Whether `--events` excludes the request. Parses the payload only if the option is given. */
  private isFiltered(request: Pick<InFlightRequest, 'payload'>): boolean {
    const { events } = this.options;
    return events !== undefined && !events.has(request.payload.event ?? '');
  }

  /** The forwarder of a request; null if the request is not to be forwarded. */
  private forwarderOf(request: InFlightRequest): Forwarder | null {
    const forwarder = this.forwarderFor(request);
    return this.isAccepted(request) && !this.isFiltered(request) ? forwarder : null;
  }

  /** The forwarder of the request's event type. Parses the payload only if there are routes. */
  private forwarderFor(request: Pick<InFlightRequest, 'payload'>): Forwarder | null {
    if (this.routes.size === 0) return this.forwarder;
    return this.routes.get(request.payload.event ?? '') ?? this.forwarder;
  }

  /** Stores a request that is not forwarded, then answers it. */
  private storeOnly(request: InFlightRequest, response: ServerResponse): void {
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

  /** With `ack`: stores the request, answers 200, then forwards. */
  private storeThenForward(
    request: InFlightRequest,
    response: ServerResponse,
    forwarder: Forwarder,
  ): void {
    const slot = this.inFlight.open();
    this.store(request, 200).then(
      (duplicateOf) => {
        const isBacklogged = this.inFlight.size > ACK_BACKLOG;
        const early = isBacklogged ? null : this.acknowledge(request, response);
        this.forward(request, forwarder, slot, null, (forward) => {
          const { answered, latencyMs } = early ?? this.acknowledge(request, response);
          this.finish(request, { duplicateOf, forward, answered }, latencyMs);
          this.inFlight.close(slot);
        });
      },
      (error: unknown) => this.refuse(response, slot, error),
    );
  }

  private acknowledge(
    request: InFlightRequest,
    response: ServerResponse,
  ): Pick<Outcome, 'answered'> & { readonly latencyMs: number } {
    respondStored(response, request.id);
    return { answered: answeredBy(response, 200), latencyMs: request.latencyMs() };
  }

  /** With `mirror`: stores and forwards at the same time. The app's answer is sent once the request is stored. */
  private storeAndForward(
    request: InFlightRequest,
    response: ServerResponse,
    forwarder: Forwarder,
  ): void {
    const slot = this.inFlight.open();
    let duplicateOf: string | null = null;
    const relay = this.forward(request, forwarder, slot, response, (forward, status) => {
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
   * Resolves once the capture is durable, with the id of the first capture of the same event. `answered` is
   * null if the app's answer will decide the status.
   */
  private store(
    { id, receivedAt, request, payload, verification, source }: InFlightRequest,
    answered: number | null,
    position?: StreamPosition,
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
    return this.world.store.add(source === 'log' ? { ...capture, source } : capture, position);
  }

  /** Answers 503 to a request that could not be stored, so that Relyable retries. */
  private refuse(response: ServerResponse, slot: number, error: unknown): void {
    respondNotStored(response);
    this.tally.addNotStored();
    const reason = `not stored: ${errorMessage(error)}`;
    this.world.emit({ type: 'refused', at: this.world.now(), status: 503, reason });
    this.inFlight.close(slot);
  }

  /** Sends a request to the app. The app's answer goes to `response`; if that is null, it is only recorded. */
  private forward(
    { request, verification }: Forwardable,
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
      const known = (): KnownSignature | null => this.provedSignature(request, verification);
      const shown = this.conceal(answer, request.body, known);
      onDone(toForward(shown, forwarder.urlFor(request), at, durationMs), answered);
    });
    const exchange = forwarder.forward(request, relay);
    relay.attach(exchange);
    this.inFlight.attach(slot, exchange);
    return relay;
  }

  /** The signature and secret of a valid request; null for any other. */
  private provedSignature(
    { headers }: WebhookRequest,
    { valid, secretSource }: Pick<Verification, 'valid' | 'secretSource'>,
  ): KnownSignature | null {
    const [signature] = headerValues(headers, SIGNATURE_HEADER);
    const secret = this.secrets.find(({ source }) => source === secretSource)?.value;
    if (!valid || signature === undefined || secret === undefined) return null;
    return { secret, signature };
  }

  /** Counts and reports a request after its sender was answered, and stores the facts that were not known before. */
  private finish(
    request: InFlightRequest,
    outcome: Omit<Outcome, 'earlierFailure' | 'reporter'>,
    latencyMs = request.latencyMs(),
  ): HandledRequest {
    const { store, emit } = this.world;
    const { id, payload } = request;
    const { duplicateOf, forward, answered } = outcome;
    const earlierFailure = this.failedEvents.replace(duplicateOf ?? id, id, forward);
    this.tally.add(request.verification.valid, payload.event, forward, latencyMs);
    if (forward !== null) {
      store.addForward(id, forward);
      const isMirrored = this.options.respond === 'mirror' && request.source === 'http';
      if (isMirrored && answered.status !== forward.status) {
        store.setAnswered(id, answered.status);
      }
    }
    const verification = this.explain(request.request, request.verification);
    const { reason } = verification;
    if (reason !== request.verification.reason) store.setReason(id, reason);
    // Only requests over HTTP can have come through a tunnel.
    const reporter = request.source === 'http' ? this.reporter : null;
    const whole = { ...outcome, earlierFailure, reporter };
    const handled = toHandledRequest(request, whole, verification, this.isFiltered(request));
    emit(handled);
    return handled;
  }

  /**
   * Accepts a request whose sender was answered 200 elsewhere: stores it, then forwards it. `position` makes
   * the position that is written with the capture. Its argument is the capture's id if the request will be
   * forwarded, else null.
   */
  ingest(
    { request, receivedAt }: { readonly request: WebhookRequest; readonly receivedAt: number },
    position: (unforwarded: string | null) => StreamPosition,
  ): Ingestion {
    const inFlight = this.verify(request, { source: 'relay', receivedAt });
    const forwarder = this.forwarderOf(inFlight);
    const slot = this.inFlight.open();
    const stored = this.store(inFlight, 200, position(forwarder && inFlight.id));
    const done = stored.then(
      (duplicateOf) => this.forwardStored(inFlight, forwarder, slot, { duplicateOf }),
      () => this.inFlight.close(slot),
    );
    return { stored, forwarded: forwarder && done };
  }

  /**
   * Forwards a capture that an earlier run may have forwarded already, and reports this. Returns null if the
   * capture would not be forwarded now.
   */
  forwardAgain(capture: Capture): Promise<void> | null {
    const { id, receivedAt, duplicateOf } = capture;
    const request = this.verify(capture, { source: 'relay', receivedAt, id });
    const forwarder = this.forwarderOf(request);
    if (forwarder === null) return null;
    const slot = this.inFlight.open();
    return this.forwardStored(request, forwarder, slot, { duplicateOf, isForwardedAgain: true });
  }

  /** Forwards a stored request. Resolves once the result, an answer or a failure, is reported. */
  private async forwardStored(
    request: InFlightRequest,
    forwarder: Forwarder | null,
    slot: number,
    facts: Pick<Outcome, 'duplicateOf' | 'isForwardedAgain'>,
  ): Promise<void> {
    const forward = forwarder && (await this.forwardAlone(request, forwarder, slot));
    this.finish(request, { ...facts, forward, answered: ANSWERED_ELSEWHERE });
    this.inFlight.close(slot);
  }

  /**
   * Accepts a request from the delivery log, for which no sender waits. It is verified, stored and forwarded
   * like a received request. Resolves when the app has answered; rejects if it cannot be stored.
   */
  async ingestLogged(whole: WebhookRequest, isResigned: boolean): Promise<HandledRequest> {
    const request = this.verify(whole, { source: 'log', isResigned });
    const slot = this.inFlight.open();
    try {
      const forwarder = this.forwarderOf(request);
      const status = this.isAccepted(request) ? 200 : 401;
      const duplicateOf = await this.store(request, forwarder === null ? status : null);
      const forward = forwarder && (await this.forwardAlone(request, forwarder, slot));
      const answered = { status: forward?.status ?? status, complete: true };
      return this.finish(request, { duplicateOf, forward, answered });
    } finally {
      this.inFlight.close(slot);
    }
  }

  /** Forwards a request that has no sender to answer. */
  private forwardAlone(
    request: InFlightRequest,
    forwarder: Forwarder,
    slot: number,
  ): Promise<Forward> {
    return new Promise((resolve) => {
      this.forward(request, forwarder, slot, null, (forward) =>
        resolve(request.isResigned ? { ...forward, resigned: true } : forward),
      );
    });
  }

  /** Sends a stored capture to the app again and stores the answer; null where there is no target. */
  replay(capture: WebhookRequest & { readonly id: string }): Promise<Forward> | null {
    const forwarder = this.forwarderFor({ payload: summarisePayload(capture) });
    if (forwarder === null) return null;
    return new Promise((resolve) => {
      const slot = this.inFlight.open();
      const unverified = { request: capture, verification: UNEXPLAINED };
      this.forward(unverified, forwarder, slot, null, (forward) => {
        const replayed: Forward = { ...forward, kind: 'replay' };
        this.world.store.addForward(capture.id, replayed);
        resolve(replayed);
        this.inFlight.close(slot);
      });
    });
  }

  /** The number of requests that were stored and answered so far. */
  received(): number {
    return this.tally.received();
  }

  /** Ends every forward under way; the senders get a 502 with the reason. */
  abortForwards(reason: string): void {
    this.inFlight.abortAll(reason);
  }

  /** Waits for the requests under way, closes the connections to the app and returns the counts. */
  async drain(): Promise<Summary> {
    await this.inFlight.whenEmpty();
    this.forwarder?.close();
    for (const forwarder of this.routes.values()) forwarder.close();
    return this.tally.summary();
  }
}

/** The answer as the sender got it. Call it at once: later, a response that was sent in full is destroyed, too. */
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
