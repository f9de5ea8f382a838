import type { Exchange } from '../http/client/exchange.ts';

/** What a stop waits for, and can cut short: each thing under way has a slot. */
export interface Pending {
  /** A slot for what has a body of so many bytes. */
  open(bodyBytes: number): number;
  /** Says how to cut it short. */
  attach(slot: number, exchange: Exchange): void;
  abort(slot: number, reason: string): void;
  close(slot: number): void;
  size(): number;
  /** Of all bodies under way. */
  bytes(): number;
  abortAll(reason: string): void;
  whenEmpty(): Promise<void>;
}

/**
 * Slots in an array and not a Set: a Set that thousands of requests enter and leave discards its
 * tables again and again, and each one drags the requests it names into the old generation.
 */
export function createPending(): Pending {
  const slots: Array<Exchange | null> = [];
  const sizes: number[] = [];
  const free: number[] = [];
  let bytes = 0;
  let onEmpty: (() => void) | undefined;
  const size = (): number => slots.length - free.length;
  return {
    open: (bodyBytes) => {
      const slot = free.pop() ?? slots.push(null) - 1;
      sizes[slot] = bodyBytes;
      bytes += bodyBytes;
      return slot;
    },
    attach: (slot, exchange) => {
      slots[slot] = exchange;
    },
    abort: (slot, reason) => slots[slot]?.abort(reason),
    close: (slot) => {
      slots[slot] = null;
      bytes -= sizes[slot] ?? 0;
      free.push(slot);
      if (size() === 0) onEmpty?.();
    },
    size,
    bytes: () => bytes,
    abortAll: (reason) => {
      for (const exchange of slots) exchange?.abort(reason);
    },
    whenEmpty: () =>
      new Promise((resolve) => {
        onEmpty = resolve;
        if (size() === 0) resolve();
      }),
  };
}
