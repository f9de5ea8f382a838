import { elapsedMs } from '../../system/latency.ts';
import type { Connection } from './connection.ts';

/** A first request without an answer for this long may wait behind a kept connection, ms. */
const STARVED_MS = 1000;
/** It also waits longer than this multiple of the longest exchange: a slow handler is not starvation. */
const TIMES_LONGEST = 3;
/** An answer this soon after the kept connections were closed proves that it waited for them, ms. */
const RELIEVED_MS = 250;

/**
 * Finds out whether an app serves one connection after the other, as single-threaded servers with
 * keep-alive do: then a kept connection holds up all others.
 */
export class Starvation {
  /** The app serves one connection after the other. */
  isProved = false;
  private longestMs = 0;
  /** When kept connections were last closed for each of these. */
  private readonly relievedAt = new WeakMap<Connection, number>();

  /** How long a connection must be kept before `findStarved` can find another, ms. */
  get checkAfterMs(): number {
    return Math.max(STARVED_MS, TIMES_LONGEST * this.longestMs);
  }

  /** A connection has a complete answer; true where that proves starvation. */
  noteAnswer(connection: Connection): boolean {
    this.longestMs = Math.max(this.longestMs, this.durationOf(connection));
    if (this.isProved) return false;
    this.isProved = elapsedMs() - (this.relievedAt.get(connection) ?? -Infinity) < RELIEVED_MS;
    this.relievedAt.delete(connection);
    return this.isProved;
  }

  /** Whether one of these has waited too long; kept connections are then to be closed. */
  findStarved(open: Iterable<Connection>): boolean {
    let isFound = false;
    for (const connection of open) {
      if (connection.firstWaitMs() < this.checkAfterMs) continue;
      this.relievedAt.set(connection, elapsedMs());
      isFound = true;
    }
    return isFound;
  }

  /** A wait behind others is not how long the app takes. */
  private durationOf(connection: Connection): number {
    return this.relievedAt.has(connection) ? 0 : connection.lastDurationMs();
  }
}
