/** How long a diagnosis may take: `quick` while a request is handled, `full` when a person waits. */
export type Effort = 'quick' | 'full';

/** The cost of one MAC in addition to one unit per byte. A unit is about half a nanosecond. */
const UNITS_PER_MAC = 3_500;
/** The cost of writing one byte, and one token, of a rewritten body. */
const UNITS_PER_WRITTEN_BYTE = 2;
const UNITS_PER_TOKEN = 110;
/** The cost of reading one byte, and one token, of a body as JSON. */
const UNITS_PER_READ_BYTE = 4;
const UNITS_PER_READ_TOKEN = 400;

/** Bodies up to this size, which the vendor's payloads have, get a budget for every pair of causes. */
const SMALL_BODY_BYTES = 2048;

/** Limits the work of a search. Work is counted, not timed, so that the result is the same on every machine. */
export class Budget {
  private left: number;
  /** Number of MACs computed so far. */
  macs = 0;
  /** Whether a part of the search was left out. */
  isExhausted = false;

  constructor(bodyLength: number, effort: Effort) {
    this.left =
      effort === 'quick'
        ? Math.min(3_000_000 + 20 * bodyLength, 40_000_000)
        : Math.min(
            Math.max(
              bodyLength <= SMALL_BODY_BYTES ? 80_000_000 : 20_000_000,
              12_000_000 + 650 * bodyLength,
            ),
            400_000_000,
          );
  }

  /** Pays for a MAC over this number of bytes; false where the budget does not allow it. */
  payMac(bytes: number): boolean {
    if (!this.pay(bytes + UNITS_PER_MAC)) return false;
    this.macs += 1;
    return true;
  }

  /** Pays for writing a body; false where the budget does not allow it. */
  payWrite(bytes: number, tokens: number): boolean {
    return this.pay(bytes * UNITS_PER_WRITTEN_BYTE + tokens * UNITS_PER_TOKEN);
  }

  /** Pays for the bytes of a body that is to be read as JSON. */
  payRead(bytes: number): boolean {
    return this.pay(bytes * UNITS_PER_READ_BYTE);
  }

  /** Charges for the tokens of a body after it was read: their number is not known before. */
  chargeRead(tokens: number): void {
    this.left = Math.max(0, this.left - tokens * UNITS_PER_READ_TOKEN);
  }

  /** Whether this share of the remaining budget pays for `count` MACs over bytes that are already hashed. */
  canPayMacs(count: number, share: number): boolean {
    return this.left * share >= count * (UNITS_PER_MAC + 1);
  }

  /** Reserves a share of the remaining budget until the returned function is called. */
  reserve(share: number): () => void {
    const reserved = Math.floor(this.left * share);
    this.left -= reserved;
    return () => {
      this.left += reserved;
    };
  }

  private pay(units: number): boolean {
    if (this.left < units) {
      this.isExhausted = true;
      return false;
    }
    this.left -= units;
    return true;
  }
}
