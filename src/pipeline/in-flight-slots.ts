import type { Exchange } from '../http/client/exchange.ts';

/**
 * The slots of everything under way. Stopping waits until all slots are closed, and can abort their
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
  /** Set by `abortAll`: exchanges that are attached afterwards are aborted, too. */
  private abortReason: string | null = null;

  open(): number {
    return this.free.pop() ?? this.exchanges.push(null) - 1;
  }

  /** Sets the exchange that is aborted with this slot. */
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

  /** The number of open slots. */
  get size(): number {
    return this.exchanges.length - this.free.length;
  }

  /** Aborts every exchange, including exchanges that are attached later. */
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
