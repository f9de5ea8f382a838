import { NonceChecks } from '../http/server/nonce-checks.ts';
import { isLocalRequest } from '../http/server/origin-checks.ts';
import { type Receiver, startReceiver } from '../http/server/receive.ts';
import type { Forward } from '../request/capture.ts';
import type { WebhookRequest } from '../request/request.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import type { ClientReporter } from './reported-client.ts';
import type { Ready } from './events.ts';
import { Pipeline, type PipelineOptions, type PipelineWorld } from './pipeline.ts';

export interface ListenerOptions extends PipelineOptions {
  readonly host: string;
  /** 0 selects any free port. */
  readonly port: number;
  readonly maxBodyBytes: number;
  /** See `ReceiverOptions`. */
  readonly maxPartialBytes: number;
  /** Whether it has a public address; the health document then shows no count and no target. */
  readonly isPublic: boolean;
  /** The `ready` event names the first one. */
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
  /** Recognises the requests that check a public address; they are answered and not stored. */
  readonly checks: NonceChecks;
  /**
   * Emits `ready`, with the public address if there is one. `reporter` is the tunnel provider behind that
   * address, if it reports the senders of requests.
   */
  announce(address: Pick<Ready, 'publicUrl' | 'tunnel'>, reporter: ClientReporter | null): void;
  /**
   * Verifies with these secrets from now on, and emits `secret_changed`. Returns them followed by the earlier
   * secrets, which are still recognised.
   */
  replaceSecrets(secrets: ListenerOptions['secrets']): ListenerOptions['secrets'];
  /** Sends a stored capture to the target again and stores the answer; null without a target. */
  replay(capture: WebhookRequest & { readonly id: string }): Promise<Forward> | null;
  /** Takes in a request whose sender was answered elsewhere; see `Pipeline.ingest`. */
  readonly ingest: Pipeline['ingest'];
  /** See `Pipeline.forwardAgain`. */
  readonly forwardAgain: Pipeline['forwardAgain'];
  /** Takes in a request of the delivery log; see `Pipeline.ingestLogged`. */
  readonly ingestLogged: Pipeline['ingestLogged'];
  /**
   * Answers 503 from now on, waits up to `graceMs` for requests under way, then closes the port. Emits the
   * summary if the listener was announced.
   */
  stop(graceMs: number): Promise<void>;
}

/** The service name in the documents of a listener. */
const SERVICE = 'relyable listen';

/** The time for the last answers after the forwards were aborted, ms. */
const ANSWER_GRACE_MS = 500;

/** The URL of the app that each event with a route goes to. */
function routesOf({ routes = [] }: Pick<ListenerOptions, 'routes'>): Record<string, string> {
  return Object.fromEntries(routes.map(([event, { target }]) => [event, target.href]));
}

/**
 * Accepts requests and hands them to a pipeline until it is stopped. Resolves once connections are
 * accepted; rejects with PORT_IN_USE or UNREACHABLE.
 */
export async function startListener(
  options: ListenerOptions,
  world: ListenerWorld,
): Promise<Listener> {
  const { emit } = world;
  const pipeline = new Pipeline(options, world);
  const checks = new NonceChecks();
  const forwardTo = options.forward?.target.href ?? null;
  const routes = routesOf(options);
  const receiver = await startReceiver({
    host: options.host,
    port: options.port,
    maxBodyBytes: options.maxBodyBytes,
    maxPartialBytes: options.maxPartialBytes,
    onRequest: (request) => {
      if (!checks.answer(request)) pipeline.receive(request);
    },
    health: (origin) => ({
      type: 'health',
      v: 1,
      service: SERVICE,
      // Hidden on a public listener: behind a proxy, a remote request may have a local Host.
      ...(options.isPublic ? {} : { received: pipeline.received() }),
      ...(!options.isPublic && isLocalRequest(origin, options.host) ? { forwardTo } : {}),
    }),
    identity: (origin, nonce) => {
      if (!isLocalRequest(origin, options.host)) return null;
      const { invalid, respond } = options;
      const apps = { forwardTo, routes };
      return { type: 'identity', v: 1, service: SERVICE, nonce, ...apps, invalid, respond };
    },
    onRefused: (status, reason) => emit({ type: 'refused', at: world.now(), status, reason }),
  });
  const { url, port } = receiver;
  let { secrets } = options;
  let isAnnounced = false;
  const store = world.storeFile;
  const inspectUrl = world.inspectUrl ?? null;
  return {
    receiver,
    checks,
    announce: (address, reporter) => {
      pipeline.setReporter(reporter);
      isAnnounced = true;
      emit({
        type: 'ready',
        url,
        port,
        forwardTo,
        routes,
        store,
        secretSource: secrets[0].source,
        inspectUrl,
        ...address,
      });
    },
    replaceSecrets: (next) => {
      const previousSource = secrets[0].source;
      secrets = withEarlier(next, secrets);
      pipeline.replaceSecrets(secrets);
      emit({ type: 'secret_changed', secretSource: secrets[0].source, previousSource });
      return secrets;
    },
    replay: (capture) => pipeline.replay(capture),
    ingest: (relayed, position) => pipeline.ingest(relayed, position),
    forwardAgain: (capture) => pipeline.forwardAgain(capture),
    ingestLogged: (request, isResigned) => pipeline.ingestLogged(request, isResigned),
    stop: async (graceMs) => {
      const limit = setTimeout(
        () => pipeline.abortForwards('relyable stopped before an answer came'),
        graceMs,
      );
      await receiver.drain(graceMs + ANSWER_GRACE_MS);
      const summary = await pipeline.drain();
      clearTimeout(limit);
      await receiver.close();
      if (isAnnounced) emit(summary);
    },
  };
}

/** The new secrets, followed by the earlier ones. A signature with an earlier secret is recognised and reported, but not accepted. */
function withEarlier(
  next: ListenerOptions['secrets'],
  before: ListenerOptions['secrets'],
): ListenerOptions['secrets'] {
  const isNew = ({ value }: SecretCandidate): boolean => !next.some((it) => it.value === value);
  const earlier = before.filter(isNew).map(({ value, source, role }): SecretCandidate => ({
    value,
    source: role === 'known' ? source : `${source}, before it changed`,
    role: 'known',
  }));
  return [...next, ...earlier];
}
