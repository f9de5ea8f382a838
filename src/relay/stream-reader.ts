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

/** A message of the stream. */
export interface StreamMessage {
  readonly seq: number;
  readonly subject: string;
  readonly data: Buffer;
  /** The number of further messages that wait for this reader. */
  readonly waiting: number;
}

export interface StreamReaderOptions {
  readonly stream: string;
  /** Part of the consumer's name, which the server shows. */
  readonly reader: string;
  /** Subjects; empty for all of the stream. */
  readonly subjects: readonly string[];
}

/**
 * The bytes that the server may send ahead. With more, the server would disconnect a slow reader of large
 * bodies. Every request for messages allows this number, because a message that does not fit is not sent.
 */
const AHEAD_BYTES = 8 * 1024 * 1024;
/** The lifetime of one request for messages, and the interval of the server's heartbeats, ms. */
const FETCH_MS = 10_000;
const HEARTBEAT_MS = 2500;
/** The time limit of a `peek`, ms: the shortest that the server accepts. */
const PEEK_MS = 1000;
/** How long the server keeps the consumer of a reader that was killed, ms. */
const INACTIVE_MS = 60_000;

/** The start of reading: after a message, or at a time. */
export type Start = { readonly after: number } | { readonly time: Date };

/** Reads a stream in order, starting at any message, through an ordered consumer that it creates. */
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
   * Creates the consumer for `read`. Returns the number of the message before the first one, and the number
   * of waiting messages.
   */
  async open(start: Start): Promise<{ readonly after: number; readonly waiting: number }> {
    const { stream, reader, subjects } = this.options;
    void this.discard();
    try {
      const consumer = await this.client.consumers.get(stream, {
        // A new name each time, because the consumer of a killed reader exists for a while.
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
   * Calls `onMessage` for each message in order, and awaits it, until the reader is stopped or `interrupt` is
   * called. Rejects if the consumer or the stream is lost, or with the error of `onMessage`.
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

  /** The message with this number, or else the next message whose subject is read; null if there is none. */
  async peek(seq: number): Promise<StreamMessage | null> {
    await this.open({ after: seq - 1 });
    const message = await this.consumer?.next({ expires: PEEK_MS });
    return message ? toStreamMessage(message) : null;
  }

  /** Ends the current `read`. Afterwards, `open` and `read` can be called again. */
  interrupt(): void {
    void this.discard();
  }

  /** Stops reading permanently. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.discard();
  }

  /** Deletes the consumer. Otherwise, the server would delete it after a while. */
  private async discard(): Promise<void> {
    const { consumer, messages } = this;
    this.messages = null;
    this.consumer = null;
    void messages?.close();
    if (this.engine.isUp) await consumer?.delete().catch(() => undefined);
  }

  /** The bytes that one request allows. No message is larger than the server's `max_payload`. */
  private aheadBytes(): number {
    const largest = this.engine.connection.info?.max_payload ?? 0;
    return Math.max(AHEAD_BYTES, 2 * largest);
  }
}

function toStreamMessage({ seq, subject, data, info }: JsMsg): StreamMessage {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return { seq, subject, data: bytes, waiting: info.pending };
}

/** Whether an error is the normal end of a request for messages: it got all of them, or the next one has too many bytes. */
function isFull(error: unknown): boolean {
  return /batch completed|exceeds maxbytes/i.test(errorMessage(error));
}

/** Several subjects at once need a server of version 2.10. */
function filterOf(subjects: readonly string[]): Partial<OrderedConsumerOptions> {
  const [first] = subjects;
  if (first === undefined) return {};
  return { filter_subjects: subjects.length === 1 ? first : [...subjects] };
}
