import { RelyableError } from '../../../errors.ts';
import { createRounds } from './rounds.ts';
import type { TailEvent, TailOptions } from './tail-events.ts';

/** At least so often a lost API is tried again, ms. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Every attempt of the log once, oldest first, for ever; ends when the signal aborts. Throws what
 * cannot get better by waiting: a refused key at any time, whatever fails at the very start.
 */
export async function* tail(options: TailOptions): AsyncGenerator<TailEvent> {
  const { signal, intervalMs } = options;
  const round = createRounds(options);
  let failures = 0;
  let lostAt = 0;
  let isStarted = false;
  while (!signal.aborted) {
    try {
      for await (const event of round()) {
        if (event.type === 'attempt' || event.type === 'caught_up') {
          if (failures > 0) yield { type: 'back', afterMs: options.now() - lostAt };
          failures = 0;
          isStarted = true;
        }
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof RelyableError) || !isStarted || isFinal(error)) throw error;
      if (failures === 0) {
        lostAt = options.now();
        yield { type: 'lost', error };
      }
      failures += 1;
    }
    try {
      await options.sleep(pauseMs(intervalMs, failures, options.random()), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** The interval; after failures longer each time, with jitter, up to a minute. */
function pauseMs(intervalMs: number, failures: number, random: number): number {
  if (failures === 0) return intervalMs;
  const backoffMs = Math.min(intervalMs * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return Math.max(intervalMs, backoffMs * (0.5 + random / 2));
}

/** Waiting makes nothing better of these. */
function isFinal({ code }: RelyableError): boolean {
  return code === 'NOT_AUTHENTICATED' || code === 'NOT_PERMITTED' || code === 'USAGE';
}
