import type { ReceivedRequest } from '../http/server/receive.ts';
import { type PayloadSummary, summarisePayload } from '../relyable/payload-summary.ts';
import { createCaptureId } from '../request/capture.ts';
import type { WebhookRequest } from '../request/request.ts';
import type { Verification } from '../signature/verify.ts';

/** What an `InFlightRequest` takes from the world. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** A monotonic clock, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
}

/** Where a request came from. */
export interface RequestOrigin {
  readonly source: 'http' | 'log';
  /** Its signature is ours, since the delivery log does not have the sender's. */
  readonly isResigned: boolean;
}

const RECEIVED: RequestOrigin = { source: 'http', isResigned: false };

/** A request on its way through the pipeline, and what is known of it before it is answered. */
export class InFlightRequest<Request extends WebhookRequest = ReceivedRequest> {
  readonly id: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  readonly request: Request;
  readonly origin: RequestOrigin;
  readonly verification: Verification;
  private readonly clock: Clock;
  private readonly startedAt: number;
  private summary: PayloadSummary | null = null;

  constructor(
    request: Request,
    verify: (request: Request) => Verification,
    clock: Clock,
    origin = RECEIVED,
  ) {
    this.receivedAt = clock.now();
    this.startedAt = clock.elapsed();
    this.id = createCaptureId(this.receivedAt, clock.randomBytes(7));
    this.request = request;
    this.origin = origin;
    this.verification = verify(request);
    this.clock = clock;
  }

  /** Read on the first call, so that the app gets its request before the payload is parsed. */
  get payload(): PayloadSummary {
    this.summary ??= summarisePayload(this.request);
    return this.summary;
  }

  /** Since the request was complete, ms. */
  latencyMs(): number {
    return this.clock.elapsed() - this.startedAt;
  }
}
