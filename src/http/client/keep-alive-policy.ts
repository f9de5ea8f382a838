import { elapsedMs } from '../../system/latency.ts';

/**
 * What to do with a connection after a complete answer: reuse it, reuse it only if it stays open for a
 * while (`probation`), or close it.
 */
export type KeepAliveDecision = 'reuse' | 'probation' | 'close';

/** For this long after an app broke connections that were never reused, every connection is closed after its answer, ms. */
const DISTRUST_MS = 60_000;

/** Learns whether an app keeps its connections open, regardless of what its answers say. */
export class KeepAlivePolicy {
  private isKeptOpen = false;
  /** Whether a connection was reused since the last break. If so, the break is taken for a restart of the app. */
  private hasReused = false;
  private distrustedUntil = -Infinity;

  /** `saysKept`: the answer has `Connection: keep-alive`. `isReused`: the connection carried an answer before. */
  decide(saysKept: boolean, isReused: boolean): KeepAliveDecision {
    if (isReused) this.hasReused = true;
    if (this.isKeptOpen) return 'reuse';
    if (elapsedMs() < this.distrustedUntil) return 'close';
    this.isKeptOpen = saysKept;
    return saysKept ? 'reuse' : 'probation';
  }

  /** Call it when a connection is still open after its probation. Returns whether it may be reused. */
  endProbation(): boolean {
    this.isKeptOpen ||= elapsedMs() >= this.distrustedUntil;
    return this.isKeptOpen;
  }

  /** Call it when, after an answer, the app closed the connection or sent bytes that belong to no request. */
  noteBreak(): void {
    // A restart breaks many connections at once; only the first break counts.
    if (!this.isKeptOpen) return;
    if (!this.hasReused) this.distrustedUntil = elapsedMs() + DISTRUST_MS;
    this.isKeptOpen = false;
    this.hasReused = false;
  }
}
