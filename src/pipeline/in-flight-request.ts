import { type PayloadSummary, summarisePayload } from '../relyable/payload-summary.ts';
import { createCaptureId } from '../request/capture.ts';
import type { WebhookRequest } from '../request/request.ts';
import type { Verification } from '../signature/verify.ts';

/** The clocks and random bytes that an `InFlightRequest` needs. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** A monotonic clock, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
}

/** Facts about a request that did not arrive over HTTP just now. */
export interface RequestFacts {
  /** How the request came. `relay`: the relay has answered its sender. `log`: from the delivery log. */
  readonly source?: 'http' | 'relay' | 'log';
  /** Whether we made the signature, because the delivery log does not have the sender's. */
  readonly isResigned?: boolean;
  /** When it was received, ms since 1970; by default, now. */
  readonly receivedAt?: number;
  /** The id of the capture, if the request is stored already. */
  readonly id?: string;
}

/** A request on its way through the pipeline, with the facts that are known before it is answered. */
export class InFlightRequest {
  readonly id: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  readonly request: WebhookRequest;
  readonly source: 'http' | 'relay' | 'log';
  readonly isResigned: boolean;
  readonly verification: Verification;
  private readonly clock: Clock;
  private readonly startedAt: number;
  private summary: PayloadSummary | null = null;

  constructor(
    request: WebhookRequest,
    verify: (request: WebhookRequest) => Verification,
    clock: Clock,
    { source = 'http', isResigned = false, receivedAt = clock.now(), id }: RequestFacts,
  ) {
    this.receivedAt = receivedAt;
    this.startedAt = clock.elapsed();
    this.id = id ?? createCaptureId(receivedAt, clock.randomBytes(7));
    this.request = request;
    this.source = source;
    this.isResigned = isResigned;
    this.verification = verify(request);
    this.clock = clock;
  }

  /** Parsed on first use, so that the app gets its request before the payload is parsed. */
  get payload(): PayloadSummary {
    this.summary ??= summarisePayload(this.request);
    return this.summary;
  }

  /** The time since the request was complete, ms. */
  latencyMs(): number {
    return this.clock.elapsed() - this.startedAt;
  }
}
