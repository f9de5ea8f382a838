import { createLatencyHistogram, roundMs } from '../../system/latency.ts';
import type { Sender, SendResult } from '../../http/client/send.ts';
import type { TriggerRequest } from './deliver.ts';

/** The number and rate of requests; at least one of `count` and `durationMs` is set. */
export interface LoadPlan {
  readonly count: number | undefined;
  readonly durationMs: number | undefined;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Maximum requests started per second. */
  readonly rate: number | undefined;
  readonly expected: readonly number[];
}

export interface LoadWorld {
  readonly sender: Sender;
  /** The i-th request, from 0. */
  requestOf(index: number): TriggerRequest;
  /** Monotonic, ms. */
  elapsed(): number;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  readonly signal: AbortSignal;
  onProgress(progress: LoadProgress): void;
}

export interface LoadProgress {
  readonly sent: number;
  readonly asExpected: number;
  readonly durationMs: number;
}

export interface LoadSummary {
  /** Requests that were answered or failed. */
  readonly sent: number;
  /** Requests that got the expected answer. */
  readonly asExpected: number;
  readonly byEvent: Readonly<Record<string, number>>;
  /** Answers by status. */
  readonly statuses: Readonly<Record<string, number>>;
  /** Requests without an answer, by reason. */
  readonly errors: Readonly<Record<string, number>>;
  readonly durationMs: number;
  readonly perSecond: number;
  /** Of the requests that were answered. */
  readonly latencyMs: {
    readonly p50: number;
    readonly p95: number;
    readonly p99: number;
    readonly max: number;
  };
  /** Why it ended early; null when it did not. */
  readonly endedBy: 'interrupt' | 'no answers' | null;
}

/** Beyond those in flight, this many requests without an answer end it: nothing listens there. */
const MAX_UNANSWERED = 20;

/** Sends many requests and counts the answers. A request that fails is counted, never thrown. */
export async function sendMany(plan: LoadPlan, world: LoadWorld): Promise<LoadSummary> {
  const run = new LoadRun(plan, world);
  const workers = Math.min(plan.concurrency, plan.count ?? Infinity);
  await Promise.all(Array.from({ length: workers }, () => run.work()));
  return run.summary();
}

/** The counts of a run, which its workers share. */
class LoadRun {
  private readonly plan: LoadPlan;
  private readonly world: LoadWorld;
  private readonly startedAt: number;
  private readonly latency = createLatencyHistogram();
  private readonly byEvent = new Map<string, number>();
  private readonly statuses = new Map<string, number>();
  private readonly errors = new Map<string, number>();
  private started = 0;
  private sent = 0;
  private asExpected = 0;
  private isUnanswered = false;

  constructor(plan: LoadPlan, world: LoadWorld) {
    this.plan = plan;
    this.world = world;
    this.startedAt = world.elapsed();
  }

  /** Sends one request after the other until the run is over. */
  async work(): Promise<void> {
    const { plan, world } = this;
    while (!this.isOver()) {
      const index = this.started++;
      if (plan.rate !== undefined && !(await this.waitForTurn(index / plan.rate))) return;
      const request = world.requestOf(index);
      const result = await world.sender.send(request.outgoing);
      // It was aborted by us, so it is not a result.
      if (result.status === null && world.signal.aborted) return;
      this.count(request, result);
      const { sent, asExpected } = this;
      world.onProgress({ sent, asExpected, durationMs: this.elapsedMs() });
    }
  }

  summary(): LoadSummary {
    const { sent, asExpected, latency, world } = this;
    const durationMs = this.elapsedMs();
    return {
      sent,
      asExpected,
      byEvent: Object.fromEntries(this.byEvent),
      statuses: Object.fromEntries(this.statuses),
      errors: Object.fromEntries(this.errors),
      durationMs: roundMs(durationMs),
      perSecond: durationMs === 0 ? 0 : Math.round((sent * 10_000) / durationMs) / 10,
      latencyMs: {
        p50: latency.percentile(0.5),
        p95: latency.percentile(0.95),
        p99: latency.percentile(0.99),
        max: latency.max,
      },
      endedBy: world.signal.aborted ? 'interrupt' : this.isUnanswered ? 'no answers' : null,
    };
  }

  private elapsedMs(): number {
    return this.world.elapsed() - this.startedAt;
  }

  private isOver(): boolean {
    const { count = Infinity, durationMs = Infinity } = this.plan;
    return (
      this.started >= count ||
      this.isUnanswered ||
      this.world.signal.aborted ||
      this.elapsedMs() >= durationMs
    );
  }

  /** Waits until a request may start; false if the run is over before. */
  private async waitForTurn(turnSeconds: number): Promise<boolean> {
    const { plan, world } = this;
    const turnMs = turnSeconds * 1000;
    if (plan.durationMs !== undefined && turnMs >= plan.durationMs) return false;
    const waitMs = turnMs - this.elapsedMs();
    if (waitMs > 0) await world.sleep(waitMs, world.signal).catch(() => undefined);
    return !world.signal.aborted && !this.isUnanswered;
  }

  private count({ payload }: TriggerRequest, { status, error, durationMs }: SendResult): void {
    this.sent += 1;
    increment(this.byEvent, payload.event ?? '(no event)');
    if (status === null) increment(this.errors, error ?? 'no answer');
    else {
      increment(this.statuses, String(status));
      this.latency.add(durationMs);
      if (this.plan.expected.includes(status)) this.asExpected += 1;
    }
    const limit = MAX_UNANSWERED + this.plan.concurrency;
    if (this.latency.count === 0 && this.sent >= limit) this.isUnanswered = true;
  }
}

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
