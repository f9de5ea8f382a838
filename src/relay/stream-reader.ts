import type {
  Consumer,
  ConsumerMessages,
  JetStreamClient,
  JsMsg,
  OrderedConsumerOptions,
} from '@nats-io/jetstream';
import { errorMessage } from '../errors.ts';
import type { Engine } from './engine.ts';
import { toStreamError } from './stream.ts';

/** A message as it lies in the stream. */
export interface StreamMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Buffer;
  /** How many that the reader wants wait behind it. */
  readonly waiting: number;
}

export interface StreamReaderOptions {
  readonly stream: string;
  /** Part of the consumer's name, which its server shows. */
  readonly reader: string;
  /** Subjects; empty for all of the stream. */
  readonly subjects: readonly string[];
}

/**
 * The bytes that the server may send ahead. More makes it cut off a slow reader with large bodies; each
 * request for messages has the whole of it, since a message that does not fit into one is not sent.
 */
const AHEAD_BYTES = 8 * 1024 * 1024;
/** How long one request for messages stands, and how often the server says that it is there, ms. */
const FETCH_MS = 10_000;
const HEARTBEAT_MS = 2500;
/** The server's least. */
const PEEK_MS = 1000;
/** How long the server keeps the consumer of a reader that was killed, ms. */
const INACTIVE_MS = 60_000;

/** Where to begin: after a message, or at a time. */
export type Start = { readonly after: number } | { readonly time: Date };

/** Reads a stream in its order, from any message on, through an ordered consumer that is made for it. */
export class StreamReader {
  private readonly options: StreamReaderOptions;
  private readonly engine: Engine;
  private readonly client: JetStreamClient;
  private readonly randomBytes: (size: number) => Buffer;
  private consumer: Consumer | null = null;
  private messages: ConsumerMessages | null = null;
  private isStopped = false;

  constructor(engine: Engine, options: StreamReaderOptions, randomBytes: (size: number) => Buffer) {
    this.engine = engine;
    this.options = options;
    this.client = engine.library.jetstream.jetstream(engine.connection);
    this.randomBytes = randomBytes;
  }

  /**
   * Makes the consumer that `read` reads through. Gives the number of the message before the first one,
   * and how many wait.
   */
  async open(start: Start): Promise<{ readonly after: number; readonly waiting: number }> {
    const { stream, reader, subjects } = this.options;
    void this.discard();
    try {
      const consumer = await this.client.consumers.get(stream, {
        // Another name each time: the consumer of a reader that was killed lives on for a while.
        name_prefix: `${reader}-${this.randomBytes(9).toString('base64url')}`,
        inactive_threshold: INACTIVE_MS,
        ...('after' in start
          ? { opt_start_seq: start.after + 1 }
          : { opt_start_time: start.time.toISOString() }),
        ...filterOf(subjects),
      });
      this.consumer = consumer;
      const { delivered, num_pending } = await consumer.info(true);
      return { after: delivered.stream_seq, waiting: num_pending };
    } catch (error) {
      throw toStreamError(error, stream);
    }
  }

  /**
   * Calls back for each message in order, and waits for it, until the reader is stopped or `interrupt`
   * ends this round. Rejects where the consumer or the stream is gone, and with what `onMessage` throws.
   */
  async read(onMessage: (message: StreamMessage) => Promise<void> | void): Promise<void> {
    const { consumer } = this;
    if (consumer === null) return;
    while (!this.isStopped && consumer === this.consumer) {
      const messages = await consumer.fetch({
        max_bytes: this.aheadBytes(),
        expires: FETCH_MS,
        idle_heartbeat: HEARTBEAT_MS,
      });
      this.messages = messages;
      let isEmpty = true;
      try {
        for await (const message of messages) {
          isEmpty = false;
          const handled = onMessage(toStreamMessage(message));
          if (handled !== undefined) await handled;
          if (this.isStopped || consumer !== this.consumer) break;
        }
      } catch (error) {
        if (isEmpty || !isFull(error)) throw error;
      }
    }
  }

  /** The message of this number, if it has a subject that is read; else the next one, or null. */
  async peek(seq: number): Promise<StreamMessage | null> {
    await this.open({ after: seq - 1 });
    const message = await this.consumer?.next({ expires: PEEK_MS });
    return message ? toStreamMessage(message) : null;
  }

  /** Ends the current `read`; `open` and `read` go on. */
  interrupt(): void {
    void this.discard();
  }

  /** Ends reading for good. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.discard();
  }

  /** Leaves the consumer, and tells the server, which would drop it after a while. */
  private async discard(): Promise<void> {
    const { consumer, messages } = this;
    this.messages = null;
    this.consumer = null;
    void messages?.close();
    if (this.engine.isUp) await consumer?.delete().catch(() => undefined);
  }

  /** The server takes no message that is larger than its `max_payload`. */
  private aheadBytes(): number {
    const largest = this.engine.connection.info?.max_payload ?? 0;
    return Math.max(AHEAD_BYTES, 2 * largest);
  }
}

function toStreamMessage({ seq, subject, data, info }: JsMsg): StreamMessage {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { seq, subject, data: bytes, waiting: info.pending };
}

/** How the server ends a request for messages that has its number, or whose next one has too many bytes. */
function isFull(error: unknown): boolean {
  return /batch completed|exceeds maxbytes/i.test(errorMessage(error));
}

/** Several subjects at once need a server of version 2.10. */
function filterOf(subjects: readonly string[]): Partial<OrderedConsumerOptions> {
  const [first] = subjects;
  if (first === undefined) return {};
  return { filter_subjects: subjects.length === 1 ? first : [...subjects] };
}
