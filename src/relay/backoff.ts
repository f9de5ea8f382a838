/** The wait before a lost connection is tried again: it doubles from the first to the last, ms. */
const FIRST_WAIT_MS = 250;
const LAST_WAIT_MS = 10_000;

/** Waits between tries that double, each between a half and the whole of its length. */
export class Backoff {
  private readonly random: () => number;
  private tries = 0;

  /** `random` gives a number from 0 to 1: many clients do not come back at the same time. */
  constructor(random: () => number) {
    this.random = random;
  }

  /** How long to wait before the next try, ms. */
  waitMs(): number {
    const longest = Math.min(LAST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.tries, 10));
    return Math.round(longest * (0.5 + this.random() / 2));
  }

  /** A try was made. */
  tried(): void {
    this.tries += 1;
  }

  /** A try succeeded. */
  reset(): void {
    this.tries = 0;
  }
}
