import { hrtime } from 'node:process';

/** Each bucket is 2 % wider than the one before, so percentiles are accurate to about 2 %. */
const GROWTH = Math.log(1.02);
const SMALLEST_MS = 0.001;

/** A histogram of any number of latencies in bounded memory. Results are rounded as by `roundMs`. */
export interface LatencyHistogram {
  add(ms: number): void;
  /** The value that this share (0–1) of the latencies does not exceed; 0 when nothing was added. */
  percentile(share: number): number;
  readonly max: number;
  readonly count: number;
}

export function createLatencyHistogram(): LatencyHistogram {
  const buckets: number[] = [];
  let count = 0;
  let max = 0;
  return {
    add: (ms) => {
      const index = Math.max(
        0,
        Math.ceil(Math.log(Math.max(ms, SMALLEST_MS) / SMALLEST_MS) / GROWTH),
      );
      buckets[index] = (buckets[index] ?? 0) + 1;
      count += 1;
      max = Math.max(max, ms);
    },
    percentile: (share) => {
      const rank = Math.ceil(share * count);
      let seen = 0;
      for (const [index, inBucket] of buckets.entries()) {
        // Empty buckets are holes in the array.
        seen += (inBucket as number | undefined) ?? 0;
        if (rank > 0 && seen >= rank) {
          return roundMs(Math.min(max, SMALLEST_MS * Math.exp(index * GROWTH)));
        }
      }
      return 0;
    },
    get max() {
      return roundMs(max);
    },
    get count() {
      return count;
    },
  };
}

/** A monotonic clock, ms. Does not use `performance`, which takes half a millisecond to load. */
export function elapsedMs(): number {
  return Number(hrtime.bigint()) / 1e6;
}

/** Rounds milliseconds to at most three decimals, for data. */
export function roundMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
