import type { ServerResponse } from 'node:http';

/** Counts the unanswered requests that came before the server began to stop. */
export class OpenRequests {
  private count = 0;
  private isDraining = false;
  private onNone: () => void = () => undefined;

  /** Counts a request until its response is closed; false if the server is stopping. */
  admit(response: ServerResponse): boolean {
    if (this.isDraining) return false;
    this.count += 1;
    response.once('close', this.release);
    return true;
  }

  /** Admits no further requests. Resolves when none is open, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    this.isDraining = true;
    if (this.count === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, graceMs);
      this.onNone = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }

  private readonly release = (): void => {
    this.count -= 1;
    if (this.count === 0) this.onNone();
  };
}
