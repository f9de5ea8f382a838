import type { ServerResponse } from 'node:http';
import type { AnswerListener } from '../http/forward.ts';
import { endToEndHeaders } from '../http/hop-by-hop.ts';
import { answerJson } from '../http/receive.ts';
import { KEPT_RESPONSE_BYTES } from '../webhook/capture.ts';
import type { HeaderPair } from '../webhook/request.ts';

/** Answers up to this size wait until they are whole, so that an app that breaks off becomes a 502. */
const HELD_BYTES = 64 * 1024;

/** What the app answered, as far as it is kept. */
export interface AppAnswer {
  /** null when no whole answer came. */
  readonly status: number | null;
  readonly headers: readonly HeaderPair[];
  /** The first `KEPT_RESPONSE_BYTES`. */
  readonly body: Buffer;
  readonly error: string | null;
}

/** Carries an app's answer to the sender, but not before it may: `release` opens the way. */
export interface Relay extends AnswerListener {
  /** The capture is durable: the answer may go out. */
  release(): void;
  /** The capture could not be kept: whatever the app says, the sender gets this instead. */
  refuse(status: number, document: object): void;
}

export interface RelayOptions {
  /** null: the sender is answered by somebody else, the app's answer is only recorded. */
  readonly response: ServerResponse | null;
  readonly resume: () => void;
  /** Called once, when the app's answer is over; `answered` is what the sender got. */
  readonly onDone: (answer: AppAnswer, answered: number | null) => void;
}

export function createRelay({ response, resume, onDone }: RelayOptions): Relay {
  let head: { status: number; statusText: string; headers: HeaderPair[] } | undefined;
  let held: Buffer[] = [];
  let heldBytes = 0;
  const kept: Buffer[] = [];
  let keptBytes = 0;
  let isReleased = response === null;
  let isRefused = false;
  let isStreaming = false;
  let over: { readonly error: string | null } | undefined;

  const finish = (answered: number | null): void => {
    const error = over?.error ?? null;
    onDone(
      {
        status: error === null ? (head?.status ?? null) : null,
        headers: head?.headers ?? [],
        body: Buffer.concat(kept),
        error,
      },
      answered,
    );
  };

  const writeHead = (target: ServerResponse): void => {
    if (head === undefined) return;
    target.sendDate = false;
    target.writeHead(head.status, head.statusText, endToEndHeaders(head.headers).flat());
  };

  const keep = (chunk: Buffer): void => {
    if (keptBytes >= KEPT_RESPONSE_BYTES) return;
    const part = Buffer.from(chunk.subarray(0, KEPT_RESPONSE_BYTES - keptBytes));
    kept.push(part);
    keptBytes += part.length;
  };

  const stream = (target: ServerResponse): void => {
    isStreaming = true;
    writeHead(target);
    target.on('drain', resume);
    // A sender that left drains no more; the rest of the answer is read and dropped.
    target.on('close', resume);
    for (const chunk of held) target.write(chunk);
    held = [];
    resume();
  };

  /** Moves on as far as the two conditions (released; over, or too long to hold) allow. */
  const advance = (): void => {
    if (!isReleased || isRefused || isStreaming) return;
    if (response === null) {
      if (over !== undefined) finish(null);
    } else if (over === undefined) {
      if (heldBytes > HELD_BYTES) stream(response);
    } else if (over.error !== null || head === undefined) {
      answerJson(response, 502, { error: 'app_unreachable', message: over.error });
      finish(502);
    } else {
      writeHead(response);
      endWhole(response, held, heldBytes);
      finish(head.status);
    }
  };

  return {
    head: (status, statusText, headers) => {
      head = { status, statusText, headers };
    },
    data: (chunk) => {
      keep(chunk);
      if (response === null || isRefused) return true;
      if (isStreaming) return response.destroyed || response.write(chunk);
      held.push(chunk);
      heldBytes += chunk.length;
      advance();
      return isStreaming || heldBytes <= HELD_BYTES;
    },
    end: () => {
      over = { error: null };
      if (isStreaming && response !== null) {
        response.end();
        finish(head?.status ?? null);
      } else advance();
    },
    failed: (reason) => {
      over = { error: reason };
      if (isStreaming && response !== null) {
        // Half an answer is out: only a broken connection tells the sender so.
        response.destroy();
        finish(head?.status ?? null);
      } else advance();
    },
    release: () => {
      isReleased = true;
      advance();
    },
    refuse: (status, document) => {
      isRefused = true;
      if (response !== null) answerJson(response, status, document);
    },
  };
}

/** Short answers go out as text of the same bytes: one write with their head instead of two. */
function endWhole(response: ServerResponse, chunks: readonly Buffer[], size: number): void {
  const body = chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks, size);
  if (size <= 4096) response.end(body.toString('latin1'), 'latin1');
  else response.end(body);
}
