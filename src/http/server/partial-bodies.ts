import type { IncomingMessage } from 'node:http';

/** The first bytes of each body are always accepted, so that large ones do not keep small ones out. */
const FREE_BYTES = 64 * 1024;

const MIN_LIMIT_BYTES = 64 * 1024 * 1024;

/** The limit where strangers may send: 64 MB, or room for two of the largest bodies. */
export function partialBytesLimit(maxBodyBytes: number): number {
  return Math.max(MIN_LIMIT_BYTES, 2 * maxBodyBytes);
}

/** Counts the bytes of incomplete bodies: anyone who reaches the port may begin many and complete none. */
export class PartialBodies {
  private readonly sizes = new Map<IncomingMessage, number>();
  private readonly limit: number;
  private total = 0;

  /** `limit` is the most bytes that they may have in total. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Counts received bytes. False if they are too many; they are not counted then. */
  hold(request: IncomingMessage, bytes: number): boolean {
    const size = (this.sizes.get(request) ?? 0) + bytes;
    if (size > FREE_BYTES && this.total + bytes > this.limit) return false;
    this.sizes.set(request, size);
    this.total += bytes;
    return true;
  }

  /** Call it when the body is complete, refused or broken off. */
  release(request: IncomingMessage): void {
    this.total -= this.sizes.get(request) ?? 0;
    this.sizes.delete(request);
  }
}
