import type { Capture } from '../../request/capture.ts';
import type { CaptureStore } from '../../store/writer.ts';
import type { ImportTotals } from './view.ts';

/** Limits on one commit: bytes of bodies, and captures. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_CAPTURES = 1000;

/** Adds captures to a store, many with one commit, and counts them. */
export class ImportBatch {
  private readonly store: CaptureStore;
  private pending: Capture[] = [];
  private pendingBytes = 0;
  private imported = 0;
  private known = 0;

  constructor(store: CaptureStore) {
    this.store = store;
  }

  add(capture: Capture): void {
    this.pending.push(capture);
    this.pendingBytes += capture.body.length;
    if (this.pendingBytes > BATCH_BYTES || this.pending.length >= BATCH_CAPTURES) this.flush();
  }

  /** Commits what was added since the last commit. */
  flush(): void {
    const imported = this.store.import(this.pending);
    this.imported += imported;
    this.known += this.pending.length - imported;
    this.pending = [];
    this.pendingBytes = 0;
  }

  /** Of everything that is committed. */
  totals(): ImportTotals {
    return { imported: this.imported, known: this.known };
  }
}
