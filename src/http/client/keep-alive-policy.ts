import { elapsedMs } from '../../system/latency.ts';

/**
 * What becomes of a connection after a complete answer: it is used again, it must first outlast its
 * answer for a while, or it is closed.
 */
export type KeepAliveDecision = 'reuse' | 'probation' | 'close';

/** After an app breaks a connection that never carried a second answer, all are closed for this long. */
const DISTRUST_MS = 60_000;

/** Learns whether an app keeps its connections open, regardless of what its answers say. */
export class KeepAlivePolicy {
  private isKeptOpen = false;
  /** Since the last break: an app that restarts left its connections open until then. */
  private hasReused = false;
  private distrustedUntil = -Infinity;

  /** `saysKept`: this answer says so; `isReused`: the connection had carried an answer before. */
  decide(saysKept: boolean, isReused: boolean): KeepAliveDecision {
    if (isReused) this.hasReused = true;
    if (this.isKeptOpen) return 'reuse';
    if (elapsedMs() < this.distrustedUntil) return 'close';
    this.isKeptOpen = saysKept;
    return saysKept ? 'reuse' : 'probation';
  }

  /** A connection has outlasted its answer; whether it may be used again. */
  endProbation(): boolean {
    this.isKeptOpen ||= elapsedMs() >= this.distrustedUntil;
    return this.isKeptOpen;
  }

  /** After an answer the app closed the connection, or sent bytes that belong to no request. */
  noteBreak(): void {
    // One restart breaks many connections: only the first says something.
    if (!this.isKeptOpen) return;
    if (!this.hasReused) this.distrustedUntil = elapsedMs() + DISTRUST_MS;
    this.isKeptOpen = false;
    this.hasReused = false;
  }
}
