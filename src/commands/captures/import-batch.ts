import type { Capture } from '../../request/capture.ts';
import type { CaptureStore } from '../../store/writer.ts';

/** Limits on one commit: bytes of bodies, and captures. */
const BATCH_BYTES = 8 * 1024 * 1024;
const BATCH_CAPTURES = 1000;

/** Adds captures to a store, many with one commit, and counts them. */
export class ImportBatch {
  private readonly store: CaptureStore;
  private readonly onImported: (capture: Capture) => void;
  private pending: Capture[] = [];
  private pendingBytes = 0;
  /** Captures that the store had already. */
  known = 0;
  /** Ids of the captures that are stored now. */
  readonly ids: string[] = [];

  /** `onImported` is called for each capture once it is on disk. */
  constructor(store: CaptureStore, onImported: (capture: Capture) => void) {
    this.store = store;
    this.onImported = onImported;
  }

  /** Adds a capture; true if this committed the batch. */
  add(capture: Capture): boolean {
    this.pending.push(capture);
    this.pendingBytes += capture.body.length;
    if (this.pendingBytes <= BATCH_BYTES && this.pending.length < BATCH_CAPTURES) return false;
    this.flush();
    return true;
  }

  /** Commits what was added since the last commit, and shows each new capture. */
  flush(): void {
    const pending = this.pending;
    this.pending = [];
    this.pendingBytes = 0;
    const stored = new Set(this.store.import(pending));
    for (const capture of pending) if (stored.has(capture.id)) this.onImported(capture);
    this.ids.push(...stored);
    this.known += pending.length - stored.size;
  }
}
