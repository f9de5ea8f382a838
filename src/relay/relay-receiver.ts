import type { ServerResponse } from 'node:http';
import { answerJson, type ReceivedRequest } from '../http/server/receive.ts';
import { UNEXPLAINED } from '../pipeline/failure-explainer.ts';
import { respondUnverified } from '../pipeline/responses.ts';
import { summarisePayload } from '../relyable/payload-summary.ts';
import { type SecretCandidate, type Verification, verifyRequest } from '../signature/verify.ts';
import { encodeEnvelope } from './envelope.ts';
import { messageIdOf } from './message-id.ts';
import { type Publisher, PublishError } from './publisher.ts';
import type { RelayEvent, RelaySummary } from './relay-events.ts';
import { seal, type SealingKey } from './sealing.ts';
import { subjectOf } from './subjects.ts';

export interface RelayReceiverOptions {
  readonly team: string;
  /** If this is empty, nothing is verified, and every request is published. */
  readonly secrets: readonly SecretCandidate[];
  readonly invalid: 'reject' | 'forward';
  readonly ackTimeoutMs: number;
  /** null: requests are published without encryption. */
  readonly sealWith: SealingKey | null;
}

export interface RelayWorld {
  now(): number;
  /** A monotonic clock, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
  readonly publisher: Pick<Publisher, 'publish'>;
  readonly emit: (event: RelayEvent) => void;
}

/** The limit on the bytes of requests that wait for the stream. Further requests are answered 503. */
const MAX_PENDING_BYTES = 64 * 1024 * 1024;

/** Publishes requests, and answers each once the stream has it. */
export class RelayReceiver {
  private readonly options: RelayReceiverOptions;
  private readonly world: RelayWorld;
  private readonly pending = new Set<Promise<void>>();
  private waitingBytes = 0;
  private counts = { relayed: 0, duplicates: 0, refused: 0 };

  constructor(options: RelayReceiverOptions, world: RelayWorld) {
    this.options = options;
    this.world = world;
  }

  /** Accepts a complete request. It is answered later. */
  receive(request: ReceivedRequest): void {
    const { response, body } = request;
    const verification = this.verify(request);
    if (verification?.valid === false && this.options.invalid === 'reject') {
      this.refused(401, `${verification.detail} (${verification.reason})`);
      respondUnverified(response, verification);
      return;
    }
    if (this.waitingBytes + body.length > MAX_PENDING_BYTES) {
      this.refuse(response, 503, 'too many requests wait for NATS');
      return;
    }
    this.waitingBytes += body.length;
    const published = this.publish(request, verification).finally(() => {
      this.waitingBytes -= body.length;
      this.pending.delete(published);
    });
    this.pending.add(published);
  }

  /** The bytes of the bodies that wait for the stream's acknowledgement. */
  get pendingBytes(): number {
    return this.waitingBytes;
  }

  /** Resolves with the counts once every request was answered. */
  async drain(): Promise<RelaySummary> {
    await Promise.all(this.pending);
    return { type: 'summary', ...this.counts };
  }

  /** Counts a request that was refused before it came here, e.g. because it was too large. */
  refused(status: number, reason: string): void {
    this.counts.refused += 1;
    this.world.emit({ type: 'refused', at: this.world.now(), status, reason });
  }

  private verify(request: ReceivedRequest): Verification | null {
    const { secrets } = this.options;
    return secrets.length === 0 ? null : (verifyRequest(request, secrets) ?? UNEXPLAINED);
  }

  private async publish(
    request: ReceivedRequest,
    verification: Verification | null,
  ): Promise<void> {
    const { world, options } = this;
    const { response } = request;
    const at = world.now();
    const startedAt = world.elapsed();
    const signature = verification && { valid: verification.valid, reason: verification.reason };
    const { event } = summarisePayload(request);
    const subject = subjectOf(options.team, event);
    const envelope = encodeEnvelope({ ...request, receivedAt: at, verdict: signature });
    const data =
      options.sealWith === null
        ? envelope
        : seal(envelope, options.sealWith, (size) => world.randomBytes(size));
    try {
      const message = { subject, id: messageIdOf(request), data };
      const { seq, isDuplicate } = await world.publisher.publish(message, options.ackTimeoutMs);
      answerJson(response, 200, { received: true, stream: seq });
      this.counts.relayed += 1;
      if (isDuplicate) this.counts.duplicates += 1;
      const durationMs = world.elapsed() - startedAt;
      world.emit({ type: 'relayed', at, event, subject, seq, isDuplicate, signature, durationMs });
    } catch (error) {
      if (!(error instanceof PublishError)) throw error;
      this.refuse(response, error.kind === 'too_large' ? 413 : 503, error.message);
    }
  }

  private refuse(response: ServerResponse, status: 413 | 503, reason: string): void {
    this.refused(status, reason);
    // Senders get no details about problems behind the relay. These are only in the relay's log.
    answerJson(
      response,
      status,
      status === 413
        ? { error: 'too_large', message: 'the request is larger than this relay can store' }
        : { error: 'not_stored', message: 'the request could not be stored; send it again' },
    );
  }
}
