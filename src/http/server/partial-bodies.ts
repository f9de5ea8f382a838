import type { IncomingMessage } from 'node:http';

/** The first bytes of each body are always accepted, so that large bodies cannot block small ones. */
const FREE_BYTES = 64 * 1024;

const MIN_LIMIT_BYTES = 64 * 1024 * 1024;

/** The limit for a listener that strangers can reach: 64 MB, or twice the largest body if that is more. */
export function partialBytesLimit(maxBodyBytes: number): number {
  return Math.max(MIN_LIMIT_BYTES, 2 * maxBodyBytes);
}

/** Limits the bytes of incomplete bodies, because a client may begin many requests and complete none. */
export class PartialBodies {
  private readonly sizes = new Map<IncomingMessage, number>();
  private readonly limit: number;
  private total = 0;

  /** `limit` is the most bytes of all incomplete bodies together. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Counts received bytes. False if the limit is exceeded; then they are not counted. */
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
