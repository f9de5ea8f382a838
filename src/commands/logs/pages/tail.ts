import { RelyableError } from '../../../errors.ts';
import { Rounds } from './rounds.ts';
import type { TailEvent, TailOptions } from './tail-events.ts';

/** The longest pause before an API that does not answer is tried again, ms. */
const LONGEST_PAUSE_MS = 60_000;

/**
 * Yields every attempt of the log once, oldest first, until the signal aborts. Throws errors that a retry
 * cannot mend, such as a refused key, and any error of the first request.
 */
export async function* tail(options: TailOptions): AsyncGenerator<TailEvent> {
  const { signal, intervalMs } = options;
  const rounds = new Rounds(options);
  const connection = new Connection(options);
  while (!signal.aborted) {
    try {
      for await (const event of rounds.next()) {
        if (event.type === 'attempt' || event.type === 'caught_up') yield* connection.works();
        yield event;
      }
    } catch (error) {
      if (signal.aborted) return;
      yield* connection.fails(error);
    }
    try {
      await options.sleep(pauseMs(intervalMs, connection.failures, options.random()), signal);
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

/** Whether the API answers: failures in a row, and the events about them. */
class Connection {
  failures = 0;
  private lostAt = 0;
  private hasWorked = false;
  private readonly now: () => number;

  constructor({ now }: Pick<TailOptions, 'now'>) {
    this.now = now;
  }

  *works(): Generator<TailEvent> {
    if (this.failures > 0) yield { type: 'back', afterMs: this.now() - this.lostAt };
    this.failures = 0;
    this.hasWorked = true;
  }

  /** Throws the error where a retry cannot help. */
  *fails(error: unknown): Generator<TailEvent> {
    if (!(error instanceof RelyableError) || !this.hasWorked || isFinal(error)) throw error;
    if (this.failures === 0) {
      this.lostAt = this.now();
      yield { type: 'lost', error };
    }
    this.failures += 1;
  }
}

/** The interval; longer after each further failure, with jitter, up to a minute. */
function pauseMs(intervalMs: number, failures: number, random: number): number {
  if (failures === 0) return intervalMs;
  const backoffMs = Math.min(intervalMs * 2 ** (failures - 1), LONGEST_PAUSE_MS);
  return Math.max(intervalMs, backoffMs * (0.5 + random / 2));
}

/** Whether a retry cannot mend the error. */
function isFinal({ code }: RelyableError): boolean {
  return code === 'NOT_AUTHENTICATED' || code === 'NOT_PERMITTED' || code === 'USAGE';
}
