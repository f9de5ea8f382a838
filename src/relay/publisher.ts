import type { JetStreamClient, PubAck } from '@nats-io/jetstream';
import type { Engine } from './engine.ts';
import {
  describeEngineError,
  isEngineError,
  jetStreamCode,
  STREAM_NOT_FOUND,
} from './engine-errors.ts';

/** A message to be stored. */
export interface NewMessage {
  readonly subject: string;
  /** The id by which the stream recognises a repeat. */
  readonly id: string;
  readonly data: Buffer;
}

/** The stream's acknowledgement of a message. */
export interface Stored {
  readonly seq: number;
  /** Whether the stream already had the message, and did not store it again. */
  readonly isDuplicate: boolean;
}

/**
 * Why a message was not stored. `too_large`: the server or the stream accepts no message of this size.
 * `refused`: the stream refused it. `no_answer`: it is not known whether it was stored.
 */
export class PublishError extends Error {
  readonly kind: 'too_large' | 'refused' | 'no_answer';

  constructor(kind: PublishError['kind'], message: string, cause?: unknown) {
    super(message, { cause });
    this.kind = kind;
  }
}

/** The part of `max_payload` that the protocol and the headers need, bytes. */
const HEADER_BYTES = 512;
/** The wait before publishing again if no stream answered, e.g. while a leader is elected, ms. */
const RETRY_MS = 100;
/** JetStream's error code for a message that is larger than the stream's `max_msg_size`. */
const LARGER_THAN_STREAM = 10_054;

/** Publishes messages to one stream. */
export class Publisher {
  private readonly engine: Engine;
  private readonly stream: string;
  private readonly client: JetStreamClient;
  private readonly elapsed: () => number;

  /** `elapsed` is a monotonic clock, ms. */
  constructor(engine: Engine, stream: string, elapsed: () => number) {
    this.engine = engine;
    this.stream = stream;
    this.client = engine.library.jetstream.jetstream(engine.connection);
    this.elapsed = elapsed;
  }

  /**
   * Resolves once the stream has acknowledged the message. After a lost connection, the message is published
   * again until `timeoutMs` is over; the stream recognises repeats by their id. Rejects with PublishError.
   */
  async publish(message: NewMessage, timeoutMs: number): Promise<Stored> {
    this.refuseTooLarge(message.data);
    const end = this.elapsed() + timeoutMs;
    let problem = 'there is no connection to NATS';
    for (;;) {
      const leftMs = end - this.elapsed();
      if (leftMs < 1 || !(await this.engine.whenUp(leftMs))) {
        throw new PublishError(
          'no_answer',
          `no acknowledgement within ${timeoutMs} ms: ${problem}`,
        );
      }
      const result = await this.publishOnce(message, end - this.elapsed());
      if (typeof result !== 'string') return result;
      problem = result;
      await new Promise((resolve) => setTimeout(resolve, Math.min(RETRY_MS, leftMs)));
    }
  }

  private refuseTooLarge(data: Buffer): void {
    const limit = (this.engine.connection.info?.max_payload ?? Infinity) - HEADER_BYTES;
    if (data.length <= limit) return;
    throw new PublishError(
      'too_large',
      `the request is larger than the NATS server takes (${data.length} of ${limit} bytes): raise max_payload in its configuration`,
    );
  }

  /** Publishes once. Returns a text if a problem occurred that a retry may solve. */
  private async publishOnce(
    { subject, id, data }: NewMessage,
    timeoutMs: number,
  ): Promise<Stored | string> {
    const { down, cancel } = this.engine.whenDown();
    const lost = down.then(() => 'the connection to NATS was lost');
    const published = this.client
      .publish(subject, data, {
        msgID: id,
        timeout: Math.max(1, Math.ceil(timeoutMs)),
        expect: { streamName: this.stream },
      })
      .then(toStored, (error: unknown) => this.explain(error));
    try {
      return await Promise.race([published, lost]);
    } finally {
      cancel();
    }
  }

  private explain(error: unknown): string {
    if (isEngineError(error, 'JetStreamNotEnabled')) {
      return `no stream answers for this subject: there is none ("relyable webhooks relay init" creates ${this.stream}), or its servers have no leader`;
    }
    if (isEngineError(error, 'TimeoutError')) return describeEngineError(error);
    const code = jetStreamCode(error);
    if (code === LARGER_THAN_STREAM) {
      throw new PublishError(
        'too_large',
        `the request is larger than the stream ${this.stream} takes: raise its max_msg_size`,
        error,
      );
    }
    const reason =
      code === STREAM_NOT_FOUND
        ? `there is no stream ${this.stream}`
        : `${this.stream}: ${describeEngineError(error)}`;
    throw new PublishError('refused', reason, error);
  }
}

function toStored({ seq, duplicate }: PubAck): Stored {
  return { seq, isDuplicate: duplicate };
}
