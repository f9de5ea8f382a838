import { randomBytes } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';
import type { ListenEvent, RelaySourceEvent } from '../../src/pipeline/events.ts';
import { Pipeline } from '../../src/pipeline/pipeline.ts';
import type { Engine, EngineOptions } from '../../src/relay/engine.ts';
import { decodeEnvelope } from '../../src/relay/envelope.ts';
import { RelayFeed, type RelayFeedOptions } from '../../src/relay/relay-feed.ts';
import { openManager } from '../../src/relay/stream.ts';
import { readReaderState } from '../../src/store/positions.ts';
import { openReader } from '../../src/store/writer.ts';
import { optionsFor, type TestOptions } from '../pipeline/world.ts';
import { type InProcessWorker, openBackground } from '../store/store-world.ts';
import { startNats, SYNCED, type TestNats } from '../support/nats.ts';
import { connect, SECRET, startRelay, TEAM, type TestRelay, withStream } from './relay-world.ts';

export const bodyOf = (n: number, size = 0): Buffer =>
  Buffer.from(`{"id":"evt_${n}","event":"test_run.completed","n":${n},"x":"${'x'.repeat(size)}"}`);

export interface TestFeed {
  readonly feed: RelayFeed;
  /** The store's thread. */
  readonly worker: InProcessWorker;
  readonly events: ListenEvent[];
  readonly warnings: string[];
  /** The bodies in the store, oldest first. */
  stored(): string[];
  stop(): Promise<void>;
}

export interface FeedOptions extends Partial<RelayFeedOptions> {
  readonly pipeline?: TestOptions;
  readonly user?: Partial<EngineOptions>;
  /** ms since 1970. */
  readonly now?: () => number;
}

/** A reader on its own connection. */
export async function startFeed(
  nats: TestNats,
  file: string,
  { pipeline: pipelineOptions = {}, user = {}, now = Date.now, ...options }: FeedOptions = {},
): Promise<TestFeed> {
  const engine = await connect(nats, { name: 'alice', ...user });
  const { store, worker } = await openBackground(file);
  const events: ListenEvent[] = [];
  const warnings: string[] = [];
  const emit = (event: ListenEvent): void => void events.push(event);
  const pipeline = new Pipeline(
    optionsFor({
      secrets: [{ source: 'test secret', value: SECRET, role: 'chosen' }],
      ...pipelineOptions,
    }),
    { now, elapsed: () => performance.now(), randomBytes, store, emit },
  );
  const feed = new RelayFeed(
    {
      team: TEAM,
      reader: 'alice',
      subjects: [],
      firstStart: 'all',
      concurrency: 1,
      decode: decodeEnvelope,
      ...options,
    },
    {
      engine,
      manager: await openManager(engine),
      pipeline,
      store,
      readState: (key) => readReaderState(file, key),
      emit,
      warn: (message) => warnings.push(message),
      randomBytes,
      sleep: (ms, signal) => sleepFor(Math.min(ms, 20), undefined, { signal }),
    },
  );
  await feed.open();
  feed.start();
  const stop = async (): Promise<void> => {
    await feed.stop();
    await engine.close();
    await store.close();
  };
  onTestFinished(() => stop().catch(() => undefined));
  return {
    feed,
    worker,
    events,
    warnings,
    stop,
    stored: () => {
      const reader = openReader(file);
      const bodies = [...(reader?.each({}) ?? [])].map(({ body }) => body.toString());
      reader?.close();
      return bodies;
    },
  };
}

export async function feedWorld(
  config = SYNCED,
): Promise<{ nats: TestNats; engine: Engine; relay: TestRelay }> {
  const nats = await startNats(config);
  const engine = await connect(nats);
  await withStream(engine, { maxBytes: 100_000_000 });
  return { nats, engine, relay: await startRelay(engine) };
}

export async function send(relay: TestRelay, numbers: readonly number[], size = 0): Promise<void> {
  for (const n of numbers) expect(await relay.post(bodyOf(n, size))).toBe(200);
}

export const bodies = (numbers: readonly number[]): string[] =>
  numbers.map((n) => bodyOf(n).toString());

export const sources = (events: readonly ListenEvent[]): RelaySourceEvent[] =>
  events.filter(
    (event): event is RelaySourceEvent => event.type === 'source' && event.source === 'relay',
  );
