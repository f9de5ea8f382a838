import { elapsedMs } from '../../system/latency.ts';

/** What becomes of a connection behind a whole answer. */
type Verdict = 'use' | 'prove' | 'drop';

/** What is known of an app: whether it keeps its connections, whatever it says. */
export interface Keeping {
  /** `saysKept`: this answer says so; `isReused`: the connection has carried an answer before. */
  judge(saysKept: boolean, isReused: boolean): Verdict;
  /** A connection has outlasted its answer for a while; whether it may be used again. */
  prove(): boolean;
  /** Behind an answer came the connection's end or something nobody asked for. */
  disprove(): void;
}

/** An app that never carried a second answer before it broke a connection is not tried for so long. */
const MISTRUST_MS = 60_000;

export function createKeeping(): Keeping {
  let isKeeper = false;
  /** Since it was last disproved: an app that restarts has kept its connections until then. */
  let hasReused = false;
  let mistrustedUntil = -Infinity;
  return {
    judge: (saysKept, isReused) => {
      if (isReused) hasReused = true;
      if (isKeeper) return 'use';
      if (elapsedMs() < mistrustedUntil) return 'drop';
      if (saysKept) isKeeper = true;
      return saysKept ? 'use' : 'prove';
    },
    prove: () => {
      isKeeper ||= elapsedMs() >= mistrustedUntil;
      return isKeeper;
    },
    disprove: () => {
      // One restart ends many connections.
      if (!isKeeper) return;
      if (!hasReused) mistrustedUntil = elapsedMs() + MISTRUST_MS;
      isKeeper = false;
      hasReused = false;
    },
  };
}
