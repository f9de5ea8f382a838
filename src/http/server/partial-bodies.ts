import type { IncomingMessage } from 'node:http';

/** The first bytes of each body are always taken, so that large ones do not keep small ones out. */
const FREE_BYTES = 64 * 1024;

const MIN_LIMIT_BYTES = 64 * 1024 * 1024;

/** The limit where strangers may send: 64 MB, or room for two of the largest bodies. */
export function partialBytesLimit(maxBodyBytes: number): number {
  return Math.max(MIN_LIMIT_BYTES, 2 * maxBodyBytes);
}

/** The bytes of bodies that are still being sent: strangers may begin many and end none. */
export class PartialBodies {
  private readonly held = new Map<IncomingMessage, number>();
  private readonly limit: number;
  private total = 0;

  /** `limit` is what they may hold together, bytes. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Counts bytes that came; false, and they are not counted, where they are too many. */
  hold(request: IncomingMessage, bytes: number): boolean {
    const size = (this.held.get(request) ?? 0) + bytes;
    if (size > FREE_BYTES && this.total + bytes > this.limit) return false;
    this.held.set(request, size);
    this.total += bytes;
    return true;
  }

  /** The body is complete, refused or broken off. */
  release(request: IncomingMessage): void {
    this.total -= this.held.get(request) ?? 0;
    this.held.delete(request);
  }
}
