import type { Exchange } from '../http/client/exchange.ts';

/**
 * Everything under way has a slot here: a stop waits until all are closed, and can abort their
 * exchanges.
 *
 * Slots are indexes into an array, not members of a Set: a Set that thousands of requests enter and
 * leave replaces its tables again and again, and each old table keeps the requests it names in
 * memory until the old generation is collected.
 */
export class InFlightSlots {
  private readonly exchanges: Array<Exchange | null> = [];
  private readonly free: number[] = [];
  private onEmpty: (() => void) | null = null;
  /** Set once everything was aborted: what begins afterwards is too. */
  private abortReason: string | null = null;

  open(): number {
    return this.free.pop() ?? this.exchanges.push(null) - 1;
  }

  /** Names the exchange that an abort of this slot ends. */
  attach(slot: number, exchange: Exchange): void {
    this.exchanges[slot] = exchange;
    if (this.abortReason !== null) exchange.abort(this.abortReason);
  }

  abort(slot: number, reason: string): void {
    this.exchanges[slot]?.abort(reason);
  }

  close(slot: number): void {
    this.exchanges[slot] = null;
    this.free.push(slot);
    if (this.size === 0) this.onEmpty?.();
  }

  /** How many are open. */
  get size(): number {
    return this.exchanges.length - this.free.length;
  }

  /** Aborts every exchange, and those that are attached from now on. */
  abortAll(reason: string): void {
    this.abortReason = reason;
    for (const exchange of this.exchanges) exchange?.abort(reason);
  }

  /** Resolves as soon as no slot is open. */
  whenEmpty(): Promise<void> {
    return new Promise((resolve) => {
      this.onEmpty = resolve;
      if (this.size === 0) resolve();
    });
  }
}
