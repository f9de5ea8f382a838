import type { JetStreamManager, StreamInfo } from '@nats-io/jetstream';
import { errorMessage, RelyableError } from '../errors.ts';
import type { ListenEvent } from '../pipeline/events.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { BackgroundStore } from '../store/background/background-store.ts';
import type { ReaderKey, ReaderState } from '../store/positions.ts';
import { Backoff } from './backoff.ts';
import type { Engine } from './engine.ts';
import { isEngineError } from './engine-errors.ts';
import { EnvelopeProblem, type RelayedRequest } from './envelope.ts';
import { IngestWindow } from './ingest-window.ts';
import { findStream } from './stream.ts';
import { type Start, type StreamMessage, StreamReader } from './stream-reader.ts';
import { streamOf } from './subjects.ts';

/** The message at which a new reader begins. */
export type FirstStart = 'all' | 'new' | { readonly since: Date };

export interface RelayFeedOptions {
  readonly team: string;
  /** The value of `--as`. */
  readonly reader: string;
  readonly subjects: readonly string[];
  readonly firstStart: FirstStart;
  /** The most forwards at the same time. With 1, the app gets the events in the order of the stream. */
  readonly concurrency: number;
  /** Decodes the request of a message. Throws EnvelopeProblem to skip the message, or RelyableError to stop. */
  readonly decode: (data: Buffer) => RelayedRequest;
}

export interface RelayFeedWorld {
  readonly engine: Engine;
  readonly manager: JetStreamManager;
  readonly pipeline: Pick<Pipeline, 'ingest'>;
  readonly store: Pick<BackgroundStore, 'advance'>;
  readonly readState: (key: ReaderKey) => ReaderState;
  readonly emit: (event: ListenEvent) => void;
  readonly warn: (message: string) => void;
  randomBytes(size: number): Buffer;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

const RANDOM_SPAN = 2 ** 32;
/** The interval at which a lost connection is checked again, ms. */
const LOOK_MS = 60_000;
/**
 * The number of attempts to create a consumer. A cluster that has lost a server does not answer while it elects
 * a leader, or if it places the consumer on the lost server. The next consumer may be placed on another server.
 */
const OPEN_ATTEMPTS = 4;

/**
 * Feeds the messages of a stream to a pipeline. Each message is stored exactly once, because the position is
 * stored together with the capture. If the connection, the consumer or the stream is lost, or if the store
 * fails, the feed retries without a limit.
 */
export class RelayFeed {
  /** Rejects with the error that ends the feed; never resolves. */
  readonly failed: Promise<never>;
  private readonly options: RelayFeedOptions;
  private readonly world: RelayFeedWorld;
  private readonly reader: StreamReader;
  private readonly window: IngestWindow;
  private readonly backoff: Backoff;
  private readonly stopping = new AbortController();
  private fail: (error: unknown) => void = () => undefined;
  private key: ReaderKey;
  /** The number of the last message that was passed to the pipeline. */
  private handled = 0;
  /** The position in the store; null for none. */
  private position: number | null = null;
  /** Since the last `up`: the number of messages read, and how long the connection had been lost. */
  private caughtUp: { events: number; readonly gapMs: number | null } | null = null;
  private gapMs: number | null = null;
  /** How many messages wait after the position. */
  private waiting = 0;
  private lastProblem = '';
  /** Why the server refused a subject; null if it refused none. */
  private denied: string | null = null;
  private onDenied: () => void = () => undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(options: RelayFeedOptions, world: RelayFeedWorld) {
    this.options = options;
    this.world = world;
    const { engine, randomBytes } = world;
    const stream = streamOf(options.team);
    this.key = { reader: options.reader, stream, created: '' };
    this.reader = new StreamReader(
      engine,
      { stream, reader: options.reader, subjects: options.subjects },
      randomBytes,
    );
    this.window = new IngestWindow(options.concurrency, () => this.reader.interrupt());
    this.backoff = new Backoff(() => randomBytes(4).readUInt32LE() / RANDOM_SPAN);
    this.failed = new Promise((_, reject) => (this.fail = reject));
    this.failed.catch(() => undefined);
    engine.onEvent((event) => {
      if (event.type === 'down') {
        const why = event.reason === '' ? '' : ` (${event.reason})`;
        this.report('down', null, null, `the connection to NATS was lost${why}`);
      }
      if (event.type === 'up') {
        this.gapMs = event.gapMs;
        // Reading starts again at the stored position, because the consumer may be lost with its server.
        this.reader.interrupt();
      }
      // Without the permission to delete consumers, a consumer only remains for a minute. Every other
      // permission is needed to read.
      if (event.type === 'denied' && !event.subject.includes('.CONSUMER.DELETE.')) {
        this.deny(event.reason);
      }
    });
  }

  /**
   * Finds the position and creates the consumer. Rejects with NOT_FOUND if there is no stream, NOT_PERMITTED
   * if permissions are missing, and SECRET_INVALID if the newest message is sealed with an unknown key.
   */
  async open(): Promise<ReaderState> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.orDenied(async () => {
          const stream = await this.requireStream();
          if (stream.state.messages > 0) await this.tryKeys(stream.state.last_seq);
          return this.reopen();
        });
      } catch (error) {
        if (attempt === OPEN_ATTEMPTS || !isEngineError(error, 'TimeoutError')) throw error;
      }
    }
  }

  /** Does the work, or rejects when the connection reports a refusal: the server may not answer a request that it refuses. */
  private async orDenied<T>(work: () => Promise<T>): Promise<T> {
    this.denied = null;
    const denied = new Promise<void>((resolve) => (this.onDenied = resolve));
    const result = await Promise.race([work(), denied]);
    this.throwIfDenied();
    return result as T;
  }

  private deny(reason: string): void {
    this.denied = reason;
    this.onDenied();
    this.reader.interrupt();
  }

  private throwIfDenied(): void {
    if (this.denied === null) return;
    throw new RelyableError('NOT_PERMITTED', `${this.key.stream}: ${this.denied}`, {
      hint: 'docs/relay.md lists the rights of a listener',
    });
  }

  private async tryKeys(seq: number): Promise<void> {
    const newest = await this.reader.peek(seq);
    if (newest === null) return;
    try {
      this.options.decode(newest.data);
    } catch (error) {
      if (!(error instanceof EnvelopeProblem)) throw error;
    }
  }

  /** Begins to read; reads until `stop` is called. */
  start(): void {
    this.announce();
    this.running = this.run().catch((error: unknown) => this.fail(error));
  }

  /** Stops reading. Resolves once every message that was read is stored and forwarded. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.reader.stop();
    await this.running;
    await this.window.drain();
  }

  private async run(): Promise<void> {
    const { engine } = this.world;
    let isOpen = true;
    while (!this.stopping.signal.aborted) {
      try {
        if (!isOpen) {
          // Check that the missing permission was granted before reporting that reading has resumed.
          if (this.denied !== null) await this.orDenied(() => this.reader.peek(1));
          await this.reopen();
          this.announce();
        }
        isOpen = true;
        await this.reader.read((message) => this.take(message));
        this.throwIfDenied();
        this.window.throwIfFailed();
      } catch (error) {
        if (isFinal(error)) throw error;
        this.reportProblem(error);
      }
      isOpen = false;
      if (this.stopping.signal.aborted) return;
      await this.window.whenStored();
      if (!engine.isUp)
        await Promise.race([engine.whenUp(LOOK_MS), whenAborted(this.stopping.signal)]);
      else if (this.lastProblem !== '') {
        this.backoff.tried();
        await this.world.sleep(this.backoff.waitMs(), this.stopping.signal).catch(() => undefined);
      }
    }
  }

  private async requireStream(): Promise<StreamInfo> {
    const stream = await findStream(this.world.manager, this.options.team);
    if (stream !== null) return stream;
    throw new RelyableError('NOT_FOUND', `there is no stream ${this.key.stream}`, {
      hint: 'relyable webhooks relay init creates it; --team names another one',
    });
  }

  /** Begins after the stored position. Messages that were passed to the pipeline but not stored are read again. */
  private async reopen(): Promise<ReaderState> {
    const stream = await this.requireStream();
    this.key = { ...this.key, created: stream.created };
    const state = this.world.readState(this.key);
    this.refuseOther(state);
    const start = this.startOf(stream, state);
    const { after, waiting } = await this.reader.open(start);
    this.position = state.seq;
    this.handled = 'after' in start ? start.after : after;
    if (state.seq === null) await this.advance(this.handled);
    this.window.forgetFailure();
    this.lastProblem = '';
    this.backoff.reset();
    this.waiting = waiting;
    return state;
  }

  private announce(): void {
    this.caughtUp = { events: 0, gapMs: this.gapMs };
    const about = `${this.key.stream} as ${this.key.reader}, after message ${this.handled}`;
    this.report('up', this.gapMs, this.waiting, about);
    if (this.waiting === 0) this.reportCaughtUp();
  }

  /** Throws if the stored position is ahead of the messages passed on here: only another process can have stored it. */
  private refuseOther({ seq }: ReaderState): void {
    if (seq === null || this.handled === 0 || seq <= this.handled) return;
    throw new RelyableError(
      'USAGE',
      `another listener reads ${this.key.stream} as ${this.key.reader} with this store`,
      { hint: 'give each its own name with --as, or its own --store' },
    );
  }

  private startOf({ state: { first_seq, last_seq } }: StreamInfo, state: ReaderState): Start {
    if (state.seq !== null && state.seq <= last_seq) {
      const missing = first_seq - state.seq - 1;
      if (missing > 0) {
        this.world.warn(
          `${missing} messages after ${state.seq} were removed from the stream before they were read here (see --max-age and --max-bytes of relay init)`,
        );
      }
      return { after: state.seq };
    }
    if (state.seq !== null || state.hasReadOlder) {
      this.world.warn('the stream is not the one that was read before: it is read from its start');
      return { after: Math.max(0, first_seq - 1) };
    }
    const { firstStart } = this.options;
    if (firstStart === 'new') return { after: last_seq };
    if (firstStart === 'all') return { after: Math.max(0, first_seq - 1) };
    return { time: firstStart.since };
  }

  /** Passes a message to the pipeline. Waits while the limit of messages is under way. */
  private take({ seq, subject, data, waiting }: StreamMessage): Promise<void> | void {
    this.window.throwIfFailed();
    let relayed: RelayedRequest | null = null;
    try {
      relayed = this.options.decode(data);
    } catch (error) {
      if (!(error instanceof EnvelopeProblem)) throw error;
      this.world.emit({ type: 'set_aside', seq, subject, reason: error.message });
    }
    let handled: Promise<unknown>;
    if (relayed === null) {
      handled = this.advance(seq);
      this.window.add(handled, null, 0);
    } else {
      const { receivedAt, ...request } = relayed;
      const { stored, forwarded } = this.world.pipeline.ingest(
        { request, receivedAt },
        (unforwarded) => this.nextPosition(seq, unforwarded),
      );
      this.window.add(stored, forwarded, request.body.length);
      handled = forwarded ?? stored;
    }
    this.handled = seq;
    if (this.caughtUp !== null) {
      this.caughtUp.events += 1;
      if (waiting === 0) {
        handled.then(
          () => this.reportCaughtUp(),
          () => undefined,
        );
      }
    }
    return this.window.isFull ? this.window.whenFree() : undefined;
  }

  private nextPosition(
    seq: number,
    unforwarded: string | null,
  ): Parameters<BackgroundStore['advance']>[0] {
    const after = this.position;
    this.position = seq;
    return { key: this.key, after, seq, unforwarded };
  }

  private advance(seq: number): Promise<void> {
    return this.world.store.advance(this.nextPosition(seq, null));
  }

  private reportCaughtUp(): void {
    if (this.caughtUp === null) return;
    const { events, gapMs } = this.caughtUp;
    this.caughtUp = null;
    this.gapMs = null;
    this.report('caught-up', gapMs, events, null);
  }

  private report(
    state: 'up' | 'down' | 'caught-up',
    gapMs: number | null,
    events: number | null,
    message: string | null,
  ): void {
    this.world.emit({ type: 'source', source: 'relay', state, gapMs, events, message });
  }

  /** Reports a problem; one that repeats in a row is reported once. */
  private reportProblem(error: unknown): void {
    const problem = errorMessage(error);
    if (!this.world.engine.isUp || problem === this.lastProblem) return;
    this.lastProblem = problem;
    this.report('down', null, null, problem);
  }
}

/** Problems that a retry does not solve: a missing key, another listener with the same name and store. */
function isFinal(error: unknown): boolean {
  return error instanceof RelyableError && ['SECRET_INVALID', 'USAGE'].includes(error.code);
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
