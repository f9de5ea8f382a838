/** Limits on what was read and is not stored yet. */
const UNSTORED_COUNT = 1000;
const UNSTORED_BYTES = 8 * 1024 * 1024;

/** What is on its way from the stream through the pipeline: it bounds memory, and keeps the first failure. */
export class IngestWindow {
  private readonly concurrency: number;
  private readonly onFailure: () => void;
  private unstored = 0;
  private unstoredBytes = 0;
  private unforwarded = 0;
  private failure: { readonly error: unknown } | null = null;
  private waiters: Array<() => void> = [];

  /**
   * `concurrency` limits what is to be forwarded and is not yet; `onFailure` is called when something could
   * not be stored.
   */
  constructor(concurrency: number, onFailure: () => void) {
    this.concurrency = concurrency;
    this.onFailure = onFailure;
  }

  /** `forwarded` is null for what is only stored. */
  add(stored: Promise<unknown>, forwarded: Promise<void> | null, bytes: number): void {
    this.unstored += 1;
    this.unstoredBytes += bytes;
    void stored
      .catch((error: unknown) => {
        this.failure ??= { error };
        this.onFailure();
      })
      .then(() => {
        this.unstored -= 1;
        this.unstoredBytes -= bytes;
        this.wake();
      });
    if (forwarded === null) return;
    this.unforwarded += 1;
    void forwarded.then(() => {
      this.unforwarded -= 1;
      this.wake();
    });
  }

  get isFull(): boolean {
    return (
      this.unstored >= UNSTORED_COUNT ||
      this.unstoredBytes >= UNSTORED_BYTES ||
      this.unforwarded >= this.concurrency
    );
  }

  /** Throws why something was not stored: nothing may be added behind it. */
  throwIfFailed(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  /** What failed is read again. */
  forgetFailure(): void {
    this.failure = null;
  }

  /** Resolves once there is room. */
  async whenFree(): Promise<void> {
    while (this.isFull) await this.change();
  }

  /** Resolves once all is stored, or has failed to be. */
  async whenStored(): Promise<void> {
    while (this.unstored > 0) await this.change();
  }

  /** Resolves once nothing is under way. */
  async drain(): Promise<void> {
    while (this.unforwarded > 0 || this.unstored > 0) await this.change();
  }

  private change(): Promise<void> {
    return new Promise((resolve) => this.waiters.push(resolve));
  }

  private wake(): void {
    for (const waiter of this.waiters.splice(0)) waiter();
  }
}
