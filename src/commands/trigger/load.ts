import { createLatencyHistogram, roundMs } from '../../system/latency.ts';
import type { Sender } from '../../http/client/send.ts';
import type { TriggerRequest } from './deliver.ts';

/** How many requests, how fast; at least one of `count` and `durationMs` is set. */
export interface LoadPlan {
  readonly count: number | undefined;
  readonly durationMs: number | undefined;
  /** Requests in flight. */
  readonly concurrency: number;
  /** Requests begun per second, at most. */
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
  /** Requests that were sent and settled. */
  readonly sent: number;
  /** Of those, answered as expected. */
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
  /** What ended it before its time; null when it ran to its end. */
  readonly endedBy: 'interrupt' | 'no answers' | null;
}

/** Nothing listens there: so many requests in a row without a single answer end it. */
const HOPELESS = 20;

/** Sends many requests and counts what comes back. Never throws for what the other side does. */
export async function sendMany(plan: LoadPlan, world: LoadWorld): Promise<LoadSummary> {
  const startedAt = world.elapsed();
  const latency = createLatencyHistogram();
  const byEvent = new Map<string, number>();
  const statuses = new Map<string, number>();
  const errors = new Map<string, number>();
  const total = plan.count ?? Infinity;
  let begun = 0;
  let sent = 0;
  let asExpected = 0;
  let isHopeless = false;
  const since = (): number => world.elapsed() - startedAt;
  const isOver = (): boolean =>
    begun >= total ||
    isHopeless ||
    world.signal.aborted ||
    (plan.durationMs !== undefined && since() >= plan.durationMs);

  const worker = async (): Promise<void> => {
    while (!isOver()) {
      const index = begun++;
      if (plan.rate !== undefined && !(await waitForTurn(index / plan.rate))) return;
      const { outgoing, payload } = world.requestOf(index);
      const { status, durationMs, error } = await world.sender.send(outgoing);
      // Given up by us, hence no result.
      if (status === null && world.signal.aborted) return;
      sent += 1;
      count(byEvent, payload.event ?? '(no event)');
      if (status === null) {
        count(errors, error ?? 'no answer');
      } else {
        count(statuses, String(status));
        latency.add(durationMs);
        if (plan.expected.includes(status)) asExpected += 1;
      }
      if (latency.count === 0 && sent >= HOPELESS + plan.concurrency) isHopeless = true;
      world.onProgress({ sent, asExpected, durationMs: since() });
    }
  };
  /** Whether the turn came before the end. */
  const waitForTurn = async (turnSeconds: number): Promise<boolean> => {
    const turnMs = turnSeconds * 1000;
    if (plan.durationMs !== undefined && turnMs >= plan.durationMs) return false;
    const waitMs = turnMs - since();
    if (waitMs > 0) await world.sleep(waitMs, world.signal).catch(() => undefined);
    return !world.signal.aborted && !isHopeless;
  };
  await Promise.all(Array.from({ length: Math.min(plan.concurrency, total) }, worker));

  const durationMs = since();
  return {
    sent,
    asExpected,
    byEvent: Object.fromEntries(byEvent),
    statuses: Object.fromEntries(statuses),
    errors: Object.fromEntries(errors),
    durationMs: roundMs(durationMs),
    perSecond: durationMs === 0 ? 0 : Math.round((sent * 10_000) / durationMs) / 10,
    latencyMs: {
      p50: latency.percentile(0.5),
      p95: latency.percentile(0.95),
      p99: latency.percentile(0.99),
      max: latency.max,
    },
    endedBy: world.signal.aborted ? 'interrupt' : isHopeless ? 'no answers' : null,
  };
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
