/** How hard a diagnosis tries: `quick` for the path of a delivery, `full` when someone waits. */
export type Effort = 'quick' | 'full';

/** Hashing one byte costs one unit (about half a nanosecond); one MAC costs this much besides. */
const UNITS_PER_MAC = 3_500;
/** Writing one byte of a rewritten body, and one token of it. */
const UNITS_PER_WRITTEN_BYTE = 2;
const UNITS_PER_TOKEN = 110;

/** The work a search may do, counted rather than timed: the same answer on every machine. */
export class Budget {
  private left: number;
  /** MACs computed so far. */
  macs = 0;
  /** A part of the search was left out. */
  isExhausted = false;

  constructor(bodyLength: number, effort: Effort) {
    this.left =
      effort === 'quick'
        ? Math.min(3_000_000 + 20 * bodyLength, 40_000_000)
        : Math.min(18_000_000 + 850 * bodyLength, 950_000_000);
  }

  /** Whether a MAC over this many bytes may still be computed; if so it is paid. */
  payMac(bytes: number): boolean {
    if (!this.pay(bytes + UNITS_PER_MAC)) return false;
    this.macs += 1;
    return true;
  }

  /** The same for writing a body. */
  payWrite(bytes: number, tokens: number): boolean {
    return this.pay(bytes * UNITS_PER_WRITTEN_BYTE + tokens * UNITS_PER_TOKEN);
  }

  /** Whether that many MACs over bytes that are hashed already fit into a share of what is left. */
  canPayMacs(count: number, share: number): boolean {
    return this.left * share >= count * (UNITS_PER_MAC + 1);
  }

  /** Sets this share of what is left aside for later; the answer gives it back. */
  setAside(share: number): () => void {
    const aside = Math.floor(this.left * share);
    this.left -= aside;
    return () => {
      this.left += aside;
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
