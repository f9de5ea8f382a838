import { isLocalRequest } from '../http/server/origin-checks.ts';
import { type Receiver, startReceiver } from '../http/server/receive.ts';
import type { Forward } from '../request/capture.ts';
import type { WebhookRequest } from '../request/request.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import { Pipeline, type PipelineOptions, type PipelineWorld } from './pipeline.ts';

export interface ListenerOptions extends PipelineOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  readonly maxBodyBytes: number;
  /** The first is named in `ready`. */
  readonly secrets: readonly [SecretCandidate, ...SecretCandidate[]];
}

export interface ListenerWorld extends PipelineWorld {
  /** Named in `ready`. */
  readonly storeFile: string;
  /** Named in `ready`. */
  readonly inspectUrl?: string | null;
}

export interface Listener {
  readonly receiver: Receiver;
  /** Sends a stored capture to the target again and stores what came; null without a target. */
  replay(capture: WebhookRequest & { readonly id: string }): Promise<Forward> | null;
  /** Accepts nothing more and gives what is under way `graceMs` to finish. Emits the summary. */
  stop(graceMs: number): Promise<void>;
}

/** What a listener calls itself. */
const SERVICE = 'relyable listen';

/** How much longer than the forwards the answers may take: those to aborted ones go out last, ms. */
const ANSWER_GRACE_MS = 500;

/**
 * Accepts requests and hands them to a pipeline until it is stopped. Emits `ready` once connections
 * are accepted; rejects with PORT_IN_USE or UNREACHABLE.
 */
export async function startListener(
  options: ListenerOptions,
  world: ListenerWorld,
): Promise<Listener> {
  const { emit } = world;
  const pipeline = new Pipeline(options, world);
  const forwardTo = options.forward?.target.href ?? null;
  const receiver = await startReceiver({
    host: options.host,
    port: options.port,
    maxBodyBytes: options.maxBodyBytes,
    onRequest: (request) => pipeline.receive(request),
    health: (origin) => ({
      type: 'health',
      v: 1,
      service: SERVICE,
      ...(isLocalRequest(origin, options.host) ? { forwardTo } : {}),
      received: pipeline.received(),
    }),
    identity: (origin, nonce) => {
      if (!isLocalRequest(origin, options.host)) return null;
      const { invalid, respond } = options;
      return { type: 'identity', v: 1, service: SERVICE, nonce, forwardTo, invalid, respond };
    },
    onRefused: (status, reason) => emit({ type: 'refused', at: world.now(), status, reason }),
  });
  const { url, port } = receiver;
  const secretSource = options.secrets[0].source;
  emit({
    type: 'ready',
    url,
    port,
    forwardTo,
    store: world.storeFile,
    secretSource,
    inspectUrl: world.inspectUrl ?? null,
  });
  return {
    receiver,
    replay: (capture) => pipeline.replay(capture),
    stop: async (graceMs) => {
      const limit = setTimeout(
        () => pipeline.abortForwards('relyable stopped before an answer came'),
        graceMs,
      );
      await receiver.close(graceMs + ANSWER_GRACE_MS);
      const summary = await pipeline.drain();
      clearTimeout(limit);
      emit(summary);
    },
  };
}
