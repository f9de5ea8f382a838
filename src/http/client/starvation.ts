import { elapsedMs } from '../../system/latency.ts';
import type { Connection } from './connection.ts';

/** If the first request of a connection has no answer for this long, it may be waiting behind a kept connection, ms. */
const STARVED_MS = 1000;
/** The wait must also exceed this multiple of the longest exchange, because a slow handler is not starvation. */
const TIMES_LONGEST = 3;
/** An answer this soon after the kept connections were closed proves that it waited for them, ms. */
const RELIEVED_MS = 250;

/**
 * Finds out whether an app serves connections one after the other, as single-threaded servers with
 * keep-alive do. With such an app, one kept connection blocks all others.
 */
export class Starvation {
  /** Whether the app is known to serve connections one after the other. */
  isProved = false;
  private longestMs = 0;
  /** For each waiting connection, when kept connections were last closed on its behalf. */
  private readonly relievedAt = new WeakMap<Connection, number>();

  /** How long a request must wait before `findStarved` can find it, ms. */
  get checkAfterMs(): number {
    return Math.max(STARVED_MS, TIMES_LONGEST * this.longestMs);
  }

  /** Call it when a connection has a complete answer; true if this proves starvation. */
  noteAnswer(connection: Connection): boolean {
    this.longestMs = Math.max(this.longestMs, this.durationOf(connection));
    if (this.isProved) return false;
    this.isProved = elapsedMs() - (this.relievedAt.get(connection) ?? -Infinity) < RELIEVED_MS;
    this.relievedAt.delete(connection);
    return this.isProved;
  }

  /** Whether one of these connections has waited too long. Then the caller must close the kept connections. */
  findStarved(open: Iterable<Connection>): boolean {
    let isFound = false;
    for (const connection of open) {
      if (connection.firstWaitMs() < this.checkAfterMs) continue;
      this.relievedAt.set(connection, elapsedMs());
      isFound = true;
    }
    return isFound;
  }

  /** The duration of the last exchange; 0 if it waited behind others, because that is not the time that the app takes. */
  private durationOf(connection: Connection): number {
    return this.relievedAt.has(connection) ? 0 : connection.lastDurationMs();
  }
}
