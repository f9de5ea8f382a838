/** The first and the longest wait before reconnecting, ms. The wait doubles with every try. */
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 10_000;

/** Random waits between tries, each between 50 % and 100 % of a limit that doubles with every try. */
export class Backoff {
  private readonly random: () => number;
  private tries = 0;

  /** `random` returns a number from 0 to 1. It prevents that many clients reconnect at the same time. */
  constructor(random: () => number) {
    this.random = random;
  }

  /** How long to wait before the next try, ms. */
  waitMs(): number {
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.tries, 10));
    return Math.round(longest * (0.5 + this.random() / 2));
  }

  /** Call it after each try. */
  tried(): void {
    this.tries += 1;
  }

  /** Call it after a successful try. */
  reset(): void {
    this.tries = 0;
  }
}
