/** The most bytes that Node reads at once. Larger bodies come in pieces. */
const PIECE_BYTES = 64 * 1024;
/**
 * If `Content-Length` is at most this, the body is copied into one buffer as it comes, which costs less than
 * joining the pieces at the end. Larger buffers are not allocated in advance, because a sender may announce a
 * body without sending it.
 */
const PREALLOCATED_BYTES = 1024 * 1024;

/** The pieces of a body that have been received. */
export class ReceivedBody {
  size = 0;
  private whole: Buffer | undefined;
  private readonly pieces: Buffer[] = [];

  /** `announced` is the size by `Content-Length`; NaN where there is none. */
  constructor(announced: number) {
    const isPreallocated = announced > PIECE_BYTES && announced <= PREALLOCATED_BYTES;
    this.whole = isPreallocated ? Buffer.allocUnsafeSlow(announced) : undefined;
  }

  add(piece: Buffer): void {
    if (this.whole === undefined) this.pieces.push(piece);
    else piece.copy(this.whole, this.size);
    this.size += piece.length;
  }

  /** Frees the memory; nothing is added afterwards. */
  drop(): void {
    this.whole = undefined;
    this.pieces.length = 0;
  }

  /** The body, without a copy where it is in one buffer already. */
  take(): Buffer {
    const [first, second] = this.pieces;
    if (this.whole !== undefined) return this.whole.subarray(0, this.size);
    return first !== undefined && second === undefined ? first : Buffer.concat(this.pieces);
  }
}
