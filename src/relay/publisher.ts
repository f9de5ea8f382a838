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
  /** The stream recognises a repeat by it. */
  readonly id: string;
  readonly data: Buffer;
}

/** A message that the stream has. */
export interface Stored {
  readonly seq: number;
  /** The stream had it already, and has not stored it again. */
  readonly isDuplicate: boolean;
}

/**
 * Why a message was not stored, or may not have been. `too_large`: the server or the stream takes no message
 * of this size. `refused`: the stream refused it. `no_answer`: it may have been stored.
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
/** The wait before publishing again when no stream answered, as while a leader is elected, ms. */
const RETRY_MS = 100;
/** JetStream: the message is larger than the stream's `max_msg_size`. */
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
   * Resolves once the stream has acknowledged the message. It is published again after a lost connection
   * (the stream knows it by its id) until `timeoutMs` is over. Rejects with PublishError.
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

  /** Returns a text for a problem that a retry may solve. */
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
