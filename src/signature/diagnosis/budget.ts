/** How long a diagnosis may take: `quick` while a request is handled, `full` when a person waits. */
export type Effort = 'quick' | 'full';

/** What one MAC costs on top of one unit for each byte. A unit is about half a nanosecond. */
const UNITS_PER_MAC = 3_500;
/** What one byte, and one token, of a rewritten body costs. */
const UNITS_PER_WRITTEN_BYTE = 2;
const UNITS_PER_TOKEN = 110;
/** What reading one byte, and one token, of a body as JSON costs. */
const UNITS_PER_READ_BYTE = 4;
const UNITS_PER_READ_TOKEN = 400;

/** A body of the vendor's sizes, for which every pair of causes is tried. */
const SMALL_BODY_BYTES = 2048;

/** The work that a search may do, counted rather than timed: the result is the same on every machine. */
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

  /** Pays for writing a body, likewise. */
  payWrite(bytes: number, tokens: number): boolean {
    return this.pay(bytes * UNITS_PER_WRITTEN_BYTE + tokens * UNITS_PER_TOKEN);
  }

  /** Pays for the bytes of a body that is to be read as JSON. */
  payRead(bytes: number): boolean {
    return this.pay(bytes * UNITS_PER_READ_BYTE);
  }

  /** Charges for the tokens of a body that was read: how many they are is known only then. */
  chargeRead(tokens: number): void {
    this.left = Math.max(0, this.left - tokens * UNITS_PER_READ_TOKEN);
  }

  /** Whether a share of what is left pays for this number of MACs over bytes that are already hashed. */
  canPayMacs(count: number, share: number): boolean {
    return this.left * share >= count * (UNITS_PER_MAC + 1);
  }

  /** Reserves a share of what is left until the returned function is called. */
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
