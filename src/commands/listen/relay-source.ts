import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenEvent } from '../../pipeline/events.ts';
import type { Listener } from '../../pipeline/listener.ts';
import type { Engine } from '../../relay/engine.ts';
import { decodeEnvelope } from '../../relay/envelope.ts';
import { RelayFeed } from '../../relay/relay-feed.ts';
import { unseal } from '../../relay/sealing.ts';
import { openManager } from '../../relay/stream.ts';
import { subjectOf } from '../../relay/subjects.ts';
import type { BackgroundStore } from '../../store/background/background-store.ts';
import { readReaderState } from '../../store/positions.ts';
import { openReader } from '../../store/writer.ts';
import { connectNats, readerName, readSealingKeys } from '../kit/nats-connection.ts';
import type { ListenOptions } from './options.ts';
import type { ListenSettings } from './settings.ts';

export interface RelaySourceWorld {
  readonly listener: Listener;
  readonly store: BackgroundStore;
  readonly emit: (event: ListenEvent) => void;
}

/** The stream of a team's relay, as a second source of a listener's requests. */
export class RelaySource {
  /** Rejects when nothing more can be read, with the reason; never resolves. */
  readonly lost: Promise<never>;
  private readonly settings: ListenSettings;
  private readonly world: RelaySourceWorld;
  private readonly engine: Engine;
  private readonly feed: RelayFeed;
  private unforwarded: readonly string[] = [];
  private resumed: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(settings: ListenSettings, world: RelaySourceWorld, engine: Engine, feed: RelayFeed) {
    this.settings = settings;
    this.world = world;
    this.engine = engine;
    this.feed = feed;
    const givenUp = engine.givenUp.then((reason): never => {
      throw new RelyableError('UNREACHABLE', `NATS stayed unreachable: ${reason}`);
    });
    this.lost = Promise.race([feed.failed, givenUp]);
    this.lost.catch(() => undefined);
  }

  /** Finds the position in the stream to begin at. */
  async open(): Promise<void> {
    this.unforwarded = (await this.feed.open()).unforwarded;
  }

  /** Forwards what an earlier run stored and may not have forwarded, then begins to read. */
  start(): void {
    this.resumed = this.resume().then(() => this.feed.start());
  }

  /** Reads nothing more, and resolves once what was read is stored and forwarded. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await this.resumed;
    await this.feed.stop();
    await this.engine.close();
  }

  private async resume(): Promise<void> {
    if (this.unforwarded.length === 0) return;
    const reader = openReader(this.settings.storeFile);
    try {
      for (const id of this.unforwarded) {
        const capture = reader?.get(id);
        if (this.isStopping) return;
        if (capture !== undefined) await this.world.listener.forwardAgain(capture);
      }
    } finally {
      reader?.close();
    }
  }
}

/** Connects to the NATS server of `--from`; null without that option. */
export async function openRelaySource(
  invocation: Invocation<ListenOptions>,
  settings: ListenSettings,
  world: RelaySourceWorld,
): Promise<RelaySource | null> {
  const { context, terminal, options } = invocation;
  if (options.from === undefined) return null;
  const keys = readSealingKeys(invocation) ?? [];
  const reader = readerName(options.as, context.env);
  const engine = await connectNats(
    invocation,
    { text: options.from, origin: '--from' },
    { name: reader, maxReconnectMs: options.maxReconnect },
  );
  const { storeFile, listener } = settings;
  try {
    const feed = new RelayFeed(
      {
        team: options.team,
        reader,
        subjects: [...(listener.events ?? [])].map((event) => subjectOf(options.team, event)),
        firstStart: settings.relayStart,
        concurrency: settings.relayConcurrency,
        decode: (data) => decodeEnvelope(unseal(data, keys)),
      },
      {
        engine,
        manager: await openManager(engine),
        pipeline: world.listener,
        store: world.store,
        readState: (key) => readReaderState(storeFile, key),
        emit: world.emit,
        warn: (message) => terminal.warn(message),
        randomBytes: context.randomBytes,
        sleep: context.sleep,
      },
    );
    const source = new RelaySource(settings, world, engine, feed);
    await source.open();
    return source;
  } catch (error) {
    await engine.close();
    throw error;
  }
}
