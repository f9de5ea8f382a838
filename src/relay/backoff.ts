/** The first and the longest wait before reconnecting, ms; it doubles in between. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** Waits between tries: each is from a half to the whole of a length that doubles with every try. */
export class Backoff {
  private readonly random: () => number;
  private tries = 0;

  /** `random` gives a number from 0 to 1, so that many clients do not reconnect at the same time. */
  constructor(random: () => number) {
    this.random = random;
  }

  /** How long to wait before the next try, ms. */
  waitMs(): number {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.tries, 10));
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
