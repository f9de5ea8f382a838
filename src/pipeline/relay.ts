import type { ServerResponse } from 'node:http';
import type { AnswerHead } from '../http/client/answer-parser.ts';
import type { AnswerListener, Exchange } from '../http/client/exchange.ts';
import { endToEndHeaders } from '../http/headers.ts';
import { KEPT_RESPONSE_BYTES } from '../request/capture.ts';
import type { HeaderPair } from '../request/request.ts';
import { respondUnreachable } from './responses.ts';

/** Answers up to this size are buffered until complete, so that one that breaks off becomes a 502. */
const BUFFERED_BYTES = 64 * 1024;
/** Answers up to this size are written as latin1 text: Node then sends head and body in one write. */
const ONE_WRITE_BYTES = 4096;

/** The part of the app's answer that is stored. */
export interface AppAnswer {
  /** null if no complete answer came. */
  readonly status: number | null;
  readonly headers: readonly HeaderPair[];
  /** The first `KEPT_RESPONSE_BYTES`. */
  readonly body: Buffer;
  readonly error: string | null;
}

/**
 * Passes the app's answer to the sender once the capture is durable (`release`). Each request has one
 * object and no closures, because there are thousands of requests per second.
 */
export class Relay implements AnswerListener {
  /** null: the app's answer is only recorded. */
  private readonly response: ServerResponse | null;
  private readonly onDone: (answer: AppAnswer, answered: number | null) => void;
  /** The exchange with the app; resumed when the sender can take more. */
  private source: Exchange | null = null;
  private answerHead: AnswerHead | null = null;
  private buffered: Buffer[] = [];
  private bufferedBytes = 0;
  private readonly recorded: Buffer[] = [];
  private recordedBytes = 0;
  private isReleased: boolean;
  private isStreaming = false;
  private isOver = false;
  /** Why the answer is not complete. */
  private error: string | null = null;

  /**
   * `onDone` is called once, when the app's answer has ended and the sender was answered, with the status
   * that the sender got (null without a `response`). With a `response`, it is not called before `release`.
   */
  constructor(
    response: ServerResponse | null,
    onDone: (answer: AppAnswer, answered: number | null) => void,
  ) {
    this.response = response;
    this.isReleased = response === null;
    this.onDone = onDone;
  }

  /** Sets the exchange with the app. */
  attach(source: Exchange): void {
    this.source = source;
  }

  /** The capture is durable: the answer may be sent. */
  release(): void {
    this.isReleased = true;
    this.advance();
  }

  head(head: AnswerHead): void {
    this.answerHead = head;
  }

  data(chunk: Buffer): boolean {
    this.record(chunk);
    const { response } = this;
    if (response === null) return true;
    if (this.isStreaming) return response.destroyed || response.write(chunk);
    this.buffered.push(chunk);
    this.bufferedBytes += chunk.length;
    this.advance();
    return this.isStreaming || this.bufferedBytes <= BUFFERED_BYTES;
  }

  end(): void {
    this.isOver = true;
    if (this.isStreaming && this.response !== null) {
      this.response.end();
      this.finish(this.answerHead?.status ?? null);
    } else this.advance();
  }

  failed(reason: string): void {
    this.isOver = true;
    this.error = reason;
    if (this.isStreaming && this.response !== null) {
      // A part of the answer has been sent. Only a broken connection shows the sender that it is incomplete.
      this.response.destroy();
      this.finish(this.answerHead?.status ?? null);
    } else this.advance();
  }

  /** Answers the sender once the capture is durable and the answer is complete, or too long to buffer. */
  private advance(): void {
    const { response, answerHead } = this;
    if (!this.isReleased || this.isStreaming) return;
    if (response === null) {
      if (this.isOver) this.finish(null);
    } else if (!this.isOver) {
      if (this.bufferedBytes > BUFFERED_BYTES) this.stream(response);
    } else if (this.error !== null || answerHead === null) {
      respondUnreachable(response, this.error);
      this.finish(502);
    } else {
      this.writeHead(response);
      const body = join(this.buffered);
      if (body.length <= ONE_WRITE_BYTES) response.end(body.toString('latin1'), 'latin1');
      else response.end(body);
      this.finish(answerHead.status);
    }
  }

  private stream(response: ServerResponse): void {
    const resume = (): void => this.source?.resume();
    this.isStreaming = true;
    this.writeHead(response);
    response.on('drain', resume);
    // If the sender disconnects, `drain` never comes. The rest of the answer is read and dropped.
    response.on('close', resume);
    for (const chunk of this.buffered) response.write(chunk);
    this.buffered = [];
    resume();
  }

  private writeHead(response: ServerResponse): void {
    if (this.answerHead === null) return;
    const { status, statusText, headers } = this.answerHead;
    response.sendDate = false;
    response.writeHead(status, statusText, endToEndHeaders(headers));
  }

  private record(chunk: Buffer): void {
    if (this.recordedBytes >= KEPT_RESPONSE_BYTES) return;
    const part = chunk.subarray(0, KEPT_RESPONSE_BYTES - this.recordedBytes);
    this.recorded.push(part);
    this.recordedBytes += part.length;
  }

  private finish(answered: number | null): void {
    const { answerHead, error } = this;
    this.onDone(
      {
        status: error === null ? (answerHead?.status ?? null) : null,
        headers: answerHead?.headers ?? [],
        body: join(this.recorded),
        error,
      },
      answered,
    );
  }
}

function join(chunks: readonly Buffer[]): Buffer {
  const [first] = chunks;
  return chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks);
}
