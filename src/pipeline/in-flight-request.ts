import type { ReceivedRequest } from '../http/server/receive.ts';
import { type PayloadSummary, summarisePayload } from '../relyable/payload-summary.ts';
import { createCaptureId } from '../request/capture.ts';
import type { Verification } from '../signature/verify.ts';

/** What an `InFlightRequest` takes from the world. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** A monotonic clock, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
}

/** A request on its way through the pipeline, and what is known of it before it is answered. */
export class InFlightRequest {
  readonly id: string;
  /** ms since 1970. */
  readonly receivedAt: number;
  readonly request: ReceivedRequest;
  readonly verification: Verification;
  private readonly clock: Clock;
  private readonly startedAt: number;
  private summary: PayloadSummary | null = null;

  constructor(
    request: ReceivedRequest,
    verify: (request: ReceivedRequest) => Verification,
    clock: Clock,
  ) {
    this.receivedAt = clock.now();
    this.startedAt = clock.elapsed();
    this.id = createCaptureId(this.receivedAt, clock.randomBytes(7));
    this.request = request;
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
