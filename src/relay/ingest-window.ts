/** Limits on the messages that were read but are not stored yet. */
const UNSTORED_COUNT = 1000;
const UNSTORED_BYTES = 8 * 1024 * 1024;

/** Limits the number and bytes of messages between the stream and the app, and keeps the first failure. */
export class IngestWindow {
  private readonly concurrency: number;
  private readonly onFailure: () => void;
  private unstored = 0;
  private unstoredBytes = 0;
  private unforwarded = 0;
  private failure: { readonly error: unknown } | null = null;
  private waiters: Array<() => void> = [];

  /**
   * `concurrency` is the most messages that wait for their forward. `onFailure` is called when a message
   * could not be stored.
   */
  constructor(concurrency: number, onFailure: () => void) {
    this.concurrency = concurrency;
    this.onFailure = onFailure;
  }

  /** `forwarded` is null for a message that is only stored. */
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

  /** Throws if a message could not be stored. Then no later message may be added. */
  throwIfFailed(): void {
    if (this.failure !== null) throw this.failure.error;
  }

  /** Call it before the failed message is read again. */
  forgetFailure(): void {
    this.failure = null;
  }

  /** Resolves once there is room. */
  async whenFree(): Promise<void> {
    while (this.isFull) await this.change();
  }

  /** Resolves once every message was stored or failed to be stored. */
  async whenStored(): Promise<void> {
    while (this.unstored > 0) await this.change();
  }

  /** Resolves once no message is being stored or forwarded. */
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
