import type { ServerResponse } from 'node:http';
import { errorMessage } from '../errors.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../http/client/forward.ts';
import { isOwnHost } from '../http/server/origin-checks.ts';
import {
  answerJson,
  type ReceivedRequest,
  type Receiver,
  startReceiver,
} from '../http/server/receive.ts';
import type { BackgroundStore } from '../store/background-store.ts';
import { createCaptureId, type Forward } from '../request/capture.ts';
import { diagnose } from '../signature/diagnosis/diagnosis.ts';
import {
  eventIdOf,
  parsePayload,
  type PayloadSummary,
  summarisePayload,
} from '../relyable/payload-summary.ts';
import { isProbe } from '../request/probe-mark.ts';
import type { WebhookRequest } from '../request/request.ts';
import { type SecretCandidate, type Verification, verifyRequest } from '../signature/verify.ts';
import type { Delivery, ListenEvent } from './events.ts';
import { createPending } from './in-flight.ts';
import { type AppAnswer, Relay } from './relay.ts';
import { createTally } from './tally.ts';
import { findWarnings } from './warnings.ts';

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly maxBodyBytes: number;
  /** At least one; the first is named in `ready`. */
  readonly secrets: readonly [SecretCandidate, ...SecretCandidate[]];
  /** Forward only these; undefined for all. */
  readonly events: ReadonlySet<string> | undefined;
  readonly invalid: 'reject' | 'forward';
  readonly respond: 'mirror' | 'ack';
  /** undefined: receive and answer only. */
  readonly forward: ForwarderOptions | undefined;
}

/** What of the world a listener needs. */
export interface ListenerWorld {
  now(): number;
  elapsed(): number;
  randomBytes(size: number): Buffer;
  readonly store: Pick<BackgroundStore, 'add' | 'addForward' | 'setAnswered' | 'setReason'>;
  readonly storeFile: string;
  readonly emit: (event: ListenEvent) => void;
  /** Called whenever `LARGE_BYTES` more of bodies are in hand than ever before. */
  expectLargeBodies(): void;
}

export interface Listener {
  readonly receiver: Receiver;
  /** Sends a stored capture to the target once more and notes what came; null without a target. */
  replay(capture: WebhookRequest & { readonly id: string }): Promise<Forward> | null;
  /** Ends: nothing new is accepted, what is under way gets `graceMs` to finish. Emits the summary. */
  stop(graceMs: number): Promise<void>;
}

/** Proofs of why signatures fail cost time: so many a second at most, later ones by `verify`. */
const DIAGNOSES_PER_SECOND = 5;
/** Up to here the whole search takes about 25 ms; larger bodies get a short one. */
const FULL_SEARCH_BYTES = 16 * 1024;
/** Larger bodies still are diagnosed by `verify`, not between two requests. */
const DIAGNOSED_BYTES = 64 * 1024;

/** `ack`: with so many forwards waiting, a sender is answered only after its own: it slows down. */
const ACK_BACKLOG = 1000;

/** So many bytes of bodies in hand are more than everyday events come to. */
const LARGE_BYTES = 4 * 1024 * 1024;

/** A signature that does not match, before anybody looked for the cause. */
const NOT_MATCHING: Verification = {
  valid: false,
  reason: 'secret_wrong_or_body_changed',
  reasons: ['secret_wrong_or_body_changed'],
  detail: 'the signature matches none of the secrets at hand',
  fix: 'relyable webhooks verify last --explain looks for the cause',
  secretSource: null,
};

/** A request on its way: what is known before anybody has answered. */
interface Arrival {
  readonly id: string;
  readonly receivedAt: number;
  readonly startedAt: number;
  readonly request: ReceivedRequest;
  /** Read when first asked for: an event that is passed on need not wait for it. */
  readonly summary: () => PayloadSummary;
  readonly verification: Verification;
  readonly isFiltered: boolean;
}

/** Receives, keeps, verifies, forwards and answers until stopped. */
export async function startListener(
  options: ListenerOptions,
  world: ListenerWorld,
): Promise<Listener> {
  const { store, emit } = world;
  const forwarder = options.forward === undefined ? undefined : createForwarder(options.forward);
  const tally = createTally();
  const mayDiagnose = createGate(DIAGNOSES_PER_SECOND, world);
  const pending = createPending();

  const onRequest = (request: ReceivedRequest): void => {
    let read: PayloadSummary | undefined;
    const summary = (): PayloadSummary => (read ??= summarisePayload(request));
    const receivedAt = world.now();
    const arrival: Arrival = {
      id: createCaptureId(receivedAt, world.randomBytes(7)),
      receivedAt,
      startedAt: world.elapsed(),
      request,
      summary,
      verification: verifyRequest(request, options.secrets) ?? NOT_MATCHING,
      isFiltered: options.events !== undefined && !options.events.has(summary().event ?? ''),
    };
    if (forwarder === undefined || !isAccepted(arrival) || arrival.isFiltered) keepOnly(arrival);
    else if (options.respond === 'ack') keepThenForward(arrival, forwarder);
    else keepAndForward(arrival, forwarder);
  };

  /** The most bytes of bodies in hand so far, within `LARGE_BYTES`. */
  let mostBytes = 0;
  const begin = ({ body }: Pick<WebhookRequest, 'body'>): number => {
    const slot = pending.open(body.length);
    if (pending.bytes() > mostBytes + LARGE_BYTES) {
      mostBytes = pending.bytes();
      world.expectLargeBodies();
    }
    return slot;
  };

  const isAccepted = ({ verification }: Arrival): boolean =>
    verification.valid || options.invalid === 'forward';

  /**
   * Resolves, once it is on disk, with the id of the first capture of the same event. `answered`
   * is null where that depends on the app.
   */
  const keep = (arrival: Arrival, answered: number | null): Promise<string | null> => {
    const { id, receivedAt, request, summary, verification } = arrival;
    const { method, path, httpVersion, headers, body } = request;
    const { event, declaredEventId } = summary();
    return store.add({
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
    });
  };

  /** Stored, answered by us, not passed on. */
  const keepOnly = (arrival: Arrival): void => {
    const slot = begin(arrival.request);
    const status = isAccepted(arrival) ? 200 : 401;
    keep(arrival, status).then(
      (duplicateOf) => {
        answerOurselves(arrival, status);
        conclude(arrival, duplicateOf, null, status);
        pending.close(slot);
      },
      (error: unknown) => {
        answerJson(arrival.request.response, 503, reportUnstored(error));
        pending.close(slot);
      },
    );
  };

  /** `ack`: stored, answered 200, then passed on. */
  const keepThenForward = (arrival: Arrival, to: Forwarder): void => {
    const slot = begin(arrival.request);
    keep(arrival, 200).then(
      (duplicateOf) => {
        const isBacklogged = pending.size() > ACK_BACKLOG;
        if (!isBacklogged) answerOurselves(arrival, 200);
        const latencyMs = latencyOf(arrival);
        passOn(arrival.request, to, slot, null, (forward) => {
          if (isBacklogged) answerOurselves(arrival, 200);
          conclude(arrival, duplicateOf, forward, 200, isBacklogged ? undefined : latencyMs);
          pending.close(slot);
        });
      },
      (error: unknown) => {
        answerJson(arrival.request.response, 503, reportUnstored(error));
        pending.close(slot);
      },
    );
  };

  /** `mirror`: stored and passed on at the same time; the app's answer waits for the store. */
  const keepAndForward = (arrival: Arrival, to: Forwarder): void => {
    const slot = begin(arrival.request);
    const { request } = arrival;
    let duplicateOf: string | null = null;
    const relay = passOn(request, to, slot, request.response, (forward, answered) => {
      conclude(arrival, duplicateOf, forward, answered ?? 502);
      pending.close(slot);
    });
    keep(arrival, null).then(
      (first) => {
        duplicateOf = first;
        relay.release();
      },
      (error: unknown) => {
        relay.refuse(503, reportUnstored(error));
        pending.abort(slot, 'the capture could not be stored');
        pending.close(slot);
      },
    );
  };

  const passOn = (
    request: WebhookRequest,
    to: Forwarder,
    slot: number,
    response: ServerResponse | null,
    onDone: (forward: Forward, answered: number | null) => void,
  ): Relay => {
    const at = world.now();
    const startedAt = world.elapsed();
    const relay = new Relay(response, (answer, answered) => {
      onDone(toForward(answer, to.urlFor(request), at, world.elapsed() - startedAt), answered);
    });
    const exchange = to.forward(request, relay);
    relay.attach(exchange);
    pending.attach(slot, exchange);
    return relay;
  };

  const reportUnstored = (error: unknown): object => {
    const reason = `not stored: ${errorMessage(error)}`;
    emit({ type: 'refused', at: world.now(), status: 503, reason });
    return { error: 'not_stored', message: 'the request could not be stored; send it again' };
  };

  const latencyOf = ({ startedAt }: Arrival): number => world.elapsed() - startedAt;

  /** Everything about it is settled: count, keep the outcome, tell. `latencyMs` until it was answered. */
  const conclude = (
    arrival: Arrival,
    duplicateOf: string | null,
    forward: Forward | null,
    answered: number,
    latencyMs = latencyOf(arrival),
  ): void => {
    const { id, receivedAt, request, isFiltered } = arrival;
    const summary = arrival.summary();
    tally.add(arrival.verification.valid, summary.event, forward, latencyMs);
    const verification = explain(arrival);
    if (forward !== null) store.addForward(id, forward);
    if (forward !== null && options.respond === 'mirror' && answered !== forward.status) {
      store.setAnswered(id, answered);
    }
    if (verification !== arrival.verification) store.setReason(id, verification.reason);
    const settled: Omit<Delivery, 'warnings'> = {
      type: 'delivery',
      id,
      receivedAt,
      event: summary.event,
      readEventId: () => eventIdOf(request, summary),
      subjectId: summary.subjectId,
      isJson: summary.isJson,
      readPayload: () => parsePayload(request.body),
      bodyBytes: request.body.length,
      duplicateOf,
      verification,
      forward,
      isFiltered,
      isProbe: isProbe(request.headers),
      answered: { status: answered },
    };
    emit(Object.assign(settled, { warnings: findWarnings(settled) }));
  };

  /** The cause of a signature that does not match, once the sender has its answer. */
  const explain = ({ request, verification }: Arrival): Verification => {
    const isUnexplained = verification === NOT_MATCHING && request.body.length <= DIAGNOSED_BYTES;
    if (!isUnexplained || !mayDiagnose()) return verification;
    const effort = request.body.length <= FULL_SEARCH_BYTES ? 'full' : 'quick';
    return diagnose(request, options.secrets, { effort });
  };

  const forwardTo = options.forward?.target.href ?? null;
  const receiver = await startReceiver({
    host: options.host,
    port: options.port,
    maxBodyBytes: options.maxBodyBytes,
    onRequest,
    health: (host) => ({
      type: 'health',
      v: 1,
      service: 'relyable listen',
      ...(isOwnHost(host, options.host) ? { forwardTo } : {}),
      received: tally.received(),
    }),
    onRefused: (status, reason) => emit({ type: 'refused', at: world.now(), status, reason }),
  });
  const { url, port } = receiver;
  const secretSource = options.secrets[0].source;
  emit({ type: 'ready', url, port, forwardTo, store: world.storeFile, secretSource });

  const replay = (
    capture: WebhookRequest & { readonly id: string },
    to: Forwarder,
  ): Promise<Forward> =>
    new Promise((resolve) => {
      const slot = begin(capture);
      passOn(capture, to, slot, null, (forward) => {
        const replayed: Forward = { ...forward, kind: 'replay' };
        store.addForward(capture.id, replayed);
        resolve(replayed);
        pending.close(slot);
      });
    });

  return {
    receiver,
    replay: (capture) => (forwarder === undefined ? null : replay(capture, forwarder)),
    stop: async (graceMs) => {
      const limit = setTimeout(
        () => pending.abortAll('relyable stopped before an answer came'),
        graceMs,
      );
      // A little longer, so that the answers to what was cut short still go out.
      await receiver.close(graceMs + 500);
      await pending.whenEmpty();
      clearTimeout(limit);
      forwarder?.close();
      emit(tally.summary());
    },
  };
}

function answerOurselves({ id, request, verification }: Arrival, status: number): void {
  if (status === 200) {
    answerJson(request.response, 200, { received: true, id });
    return;
  }
  const { reason } = verification;
  const error = reason === 'secret_wrong_or_body_changed' ? 'signature_invalid' : reason;
  answerJson(request.response, status, { error, message: 'the signature is missing or not valid' });
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

/** True at most `perSecond` times in any second that begins with a true. */
function createGate(perSecond: number, { elapsed }: Pick<ListenerWorld, 'elapsed'>): () => boolean {
  let windowStart = -Infinity;
  let used = 0;
  return () => {
    const now = elapsed();
    if (now - windowStart >= 1000) [windowStart, used] = [now, 0];
    used += 1;
    return used <= perSecond;
  };
}
