import { DEVELOPMENT_SECRET_SOURCE, secretSource } from '../../config/secrets.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { partialBytesLimit } from '../../http/server/partial-bodies.ts';
import { type Receiver, startReceiver } from '../../http/server/receive.ts';
import type { Invocation } from '../../invocation.ts';
import { type AdminServer, startAdminServer } from '../../relay/admin-server.ts';
import type { Engine } from '../../relay/engine.ts';
import { createMetrics, type RelayMetrics } from '../../relay/metrics.ts';
import { Publisher } from '../../relay/publisher.ts';
import { Readiness } from '../../relay/readiness.ts';
import type { RelayEvent } from '../../relay/relay-events.ts';
import { RelayReceiver } from '../../relay/relay-receiver.ts';
import { openManager } from '../../relay/stream.ts';
import { streamOf } from '../../relay/subjects.ts';
import type { SecretCandidate } from '../../signature/verify.ts';
import { createLineBatch } from '../../terminal/line-batch.ts';
import {
  announceSecrets,
  type InvocationConfig,
  readConfig,
  whenAborted,
} from '../kit/invocation-config.ts';
import { connectNats, readSealingKeys } from '../kit/nats-connection.ts';
import { prepareReadyFile, writeReadyFile } from '../kit/ready-file.ts';
import { requireNatsUrl } from './nats-url.ts';
import { relayServeOptions, type RelayServeOptions } from './options.ts';
import { relayEventView } from './view.ts';

/** How long requests under way may take after the signal to stop, ms. */
const GRACE_MS = 8000;

/** Receives webhooks and publishes them until it is stopped, or NATS stays unreachable. */
export async function run(invocation: Invocation<RelayServeOptions>): Promise<number> {
  const { context, options } = invocation;
  const url = requireNatsUrl(invocation);
  const config = await readConfig(invocation);
  prepareReadyFile(context, options.readyFile);
  const secrets = readRelaySecrets(invocation, config);
  const keys = readSealingKeys(invocation);
  const settings = config.settings(relayServeOptions);
  const engine = await connectNats(invocation, url, {
    name: 'relay',
    maxReconnectMs: options.maxReconnect,
  });
  try {
    const relay = new RunningRelay(invocation, engine, {
      team: options.team,
      secrets,
      invalid: settings.invalid.value,
      ackTimeoutMs: options.ackTimeout,
      sealWith: keys?.[0] ?? null,
    });
    await relay.start(
      { host: settings.host.value, port: settings.port.value },
      settings.maxBody.value,
    );
    return await relay.untilEnd();
  } finally {
    await engine.close();
  }
}

/** The signing secrets; none, with a warning, where none is set: then the relay verifies nothing. */
function readRelaySecrets(
  invocation: Invocation<RelayServeOptions>,
  config: InvocationConfig<RelayServeOptions>,
): SecretCandidate[] {
  const { context, options, terminal } = invocation;
  const isGiven = options.secret.length > 0 || options.secretFile.length > 0;
  if (!isGiven && secretSource(context, config.layers) === DEVELOPMENT_SECRET_SOURCE) {
    terminal.warn(
      'no signing secret is set: the relay publishes every request, and each listener verifies it; --secret-file gives the secret',
    );
    return [];
  }
  const secrets = config.secrets();
  announceSecrets(invocation, secrets);
  return [...secrets.chosen];
}

type ReceiverOptions = ConstructorParameters<typeof RelayReceiver>[0];

/** A relay with its two servers, from its start to its end. */
class RunningRelay {
  private readonly invocation: Invocation<RelayServeOptions>;
  private readonly engine: Engine;
  private readonly options: ReceiverOptions;
  private readonly relay: RelayReceiver;
  private readonly lines;
  private metrics: RelayMetrics | null = null;
  private readiness: Readiness | null = null;
  private receiver: Receiver | null = null;
  private admin: AdminServer | null = null;

  constructor(invocation: Invocation<RelayServeOptions>, engine: Engine, options: ReceiverOptions) {
    const { context, terminal } = invocation;
    const { now, elapsed, randomBytes } = context;
    this.invocation = invocation;
    this.engine = engine;
    this.options = options;
    this.lines = createLineBatch(context.stdout, terminal.warn);
    this.relay = new RelayReceiver(options, {
      now,
      elapsed,
      randomBytes,
      publisher: new Publisher(engine, streamOf(options.team), elapsed),
      emit: (event) => this.show(event),
    });
    engine.onEvent((event) => {
      if (event.type === 'denied') terminal.warn(event.reason);
      else {
        const gapMs = event.type === 'up' ? event.gapMs : null;
        const message = event.type === 'down' ? event.reason : null;
        this.show({ type: 'source', source: 'relay', state: event.type, gapMs, message });
      }
    });
  }

  async start(
    address: { readonly host: string; readonly port: number },
    maxBodyBytes: number,
  ): Promise<void> {
    const { options, context } = this.invocation;
    const { engine, relay } = this;
    const manager = await openManager(engine);
    this.readiness = new Readiness(engine, manager, options.team, context.elapsed);
    const problem = await this.readiness.problem();
    if (problem !== null) {
      this.invocation.terminal.warn(`${problem}: requests are answered 503 until it is there`);
    }
    this.metrics = await createMetrics({
      isConnected: () => engine.isUp,
      pendingBytes: () => relay.pendingBytes,
    });
    const adminAddress = { host: options.adminHost, port: options.adminPort };
    this.admin = await startAdminServer(adminAddress, this.readiness, this.metrics);
    this.receiver = await startReceiver({
      ...address,
      maxBodyBytes,
      maxPartialBytes: partialBytesLimit(maxBodyBytes),
      onRequest: (request) => relay.receive(request),
      health: () => ({ type: 'health', v: 1, service: 'relyable relay' }),
      onRefused: (status, reason) => relay.refused(status, reason),
    }).catch(async (error: unknown) => {
      await this.admin?.close();
      throw error;
    });
  }

  /** Announces the relay and resolves with the exit code once it is stopped and everything answered. */
  async untilEnd(): Promise<number> {
    const { receiver, admin, relay, engine } = this;
    const { context, options } = this.invocation;
    if (receiver === null || admin === null) throw new Error('the relay was not started');
    this.show({
      type: 'ready',
      url: receiver.url,
      adminUrl: admin.url,
      nats: engine.connection.getServer(),
      stream: streamOf(options.team),
      secretSource: this.options.secrets[0]?.source ?? null,
      keyId: this.options.sealWith?.id ?? null,
    });
    const removeReadyFile = writeReadyFile(context.cwd, options.readyFile, receiver.url);
    context.limitHeapGrowth();
    const givenUp = await Promise.race([
      whenAborted(context.interrupt).then(() => null),
      engine.givenUp,
    ]);
    removeReadyFile();
    await receiver.drain(GRACE_MS);
    await receiver.close();
    await admin.close();
    this.show(await relay.drain());
    if (givenUp === null) return EXIT_SUCCESS;
    throw new RelyableError('UNREACHABLE', `NATS stayed unreachable: ${givenUp}`);
  }

  /** Requests to stdout, the rest to stderr, or all to stdout under `--json`. */
  private show(event: RelayEvent): void {
    const { terminal } = this.invocation;
    this.metrics?.observe(event);
    this.readiness?.observe(event);
    const view = relayEventView(event);
    if (event.type === 'relayed' || event.type === 'refused') {
      const line = terminal.render(view);
      if (line !== null) this.lines.line(line);
      return;
    }
    if (event.type === 'summary') this.lines.end();
    else this.lines.flush();
    terminal.note(view);
  }
}
