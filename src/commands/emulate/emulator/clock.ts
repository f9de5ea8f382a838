/** The clock of the delivery engine. */
export interface Clock {
  /** ms since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** On a virtual clock: sets the time forward. */
  skipTo?(time: number): void;
}

/**
 * A clock for `--speed instant`: it runs like the real one, but where the engine would only wait,
 * it jumps to the moment of the next attempt. So the times are those of production.
 */
export function createVirtualClock(real: Clock): Clock & Required<Pick<Clock, 'skipTo'>> {
  let skippedMs = 0;
  const now = (): number => real.now() + skippedMs;
  return {
    now,
    sleep: real.sleep,
    skipTo: (time) => {
      skippedMs += Math.max(0, time - now());
    },
  };
}
