// The store's thread: it syncs groups, answers which captures are repeats, and drains the journal into SQLite.
import { fdatasyncSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';
import { errorMessage, RelyableError } from '../../errors.ts';
import type { Place } from '../journal/journal-writer.ts';
import { type CaptureStore, openStore } from '../writer.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

/** A burst has gaps of this length at most; then the journal is drained. */
const QUIET_MS = 25;
/** The wait after a failed drain, on a full disk for example; the records stay in the journal. */
const RETRY_MS = 1000;
/** After this time without a capture the segment is removed. */
const IDLE_MS = 10_000;
/** Limits on the journal, in bytes: above the soft one a part is drained after each group; */
const SOFT_LIMIT = 64 * 1024 * 1024;
/** above the hard one, which is reached only where it cannot be drained, groups are refused. */
const HARD_LIMIT = 512 * 1024 * 1024;

/** What the thread does with each message; `tell` answers, `end` lets the thread end. */
export class StoreThread {
  private readonly tell: (message: FromThread) => void;
  private readonly end: () => void;
  private file = '';
  private store: CaptureStore | undefined;
  private timer: NodeJS.Timeout | undefined;
  /** What was reported about the last failed drain; null once a drain succeeds. */
  private trouble: string | null = null;
  /** Bytes written to the journal and not drained. */
  private pendingBytes = 0;

  constructor(tell: (message: FromThread) => void, end: () => void) {
    this.tell = tell;
    this.end = end;
  }

  receive(message: ToThread): void {
    switch (message.type) {
      case 'open':
        this.file = message.file;
        this.tell({ type: 'open', error: attempt(() => (this.store = openStore(this.file))) });
        if (this.store === undefined) this.end();
        else this.drainAfter(0);
        return;
      case 'register':
        this.tell({
          type: 'registered',
          error: attempt(() => this.current()?.register(message.segment)),
        });
        return;
      case 'written':
        this.syncGroup(message.place);
        return;
      case 'finish':
        this.finish();
        return;
      case 'close':
        clearTimeout(this.timer);
        this.report(attempt(() => this.store?.drainAll()));
        this.store?.close();
        this.tell({ type: 'closed' });
        this.end();
    }
  }

  /** The store; opened again where the file was removed, to start fresh for example. */
  private current(): CaptureStore | undefined {
    if (this.store?.isInPlace() === false) {
      this.store.close();
      this.store = openStore(this.file);
    }
    return this.store;
  }

  private syncGroup(place: Place): void {
    let firsts: ReadonlyArray<string | null> = [];
    const size = place.to - place.from;
    const error = attempt(() => {
      if (this.pendingBytes > HARD_LIMIT) throw journalFull(this.file);
      fdatasyncSync(place.descriptor);
      firsts = this.current()?.firstsOf(place) ?? [];
    });
    this.tell({ type: 'indexed', firsts, error });
    this.pendingBytes += size;
    if (this.pendingBytes > SOFT_LIMIT) this.drain(size);
    else this.drainAfter(QUIET_MS);
  }

  private drainAfter(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.drain(0), ms);
  }

  /** Drains at least twice the bytes given, or one part; then the rest, between other messages. */
  private drain(bytes: number): void {
    let moved = 0;
    let hasMore = true;
    const error = attempt(() => {
      do {
        const part = this.current()?.drainPart() ?? 0;
        hasMore = part > 0;
        moved += part;
      } while (hasMore && moved < 2 * bytes);
      this.store?.throwDamages();
    });
    this.pendingBytes = hasMore ? Math.max(0, this.pendingBytes - moved) : 0;
    this.report(error);
    if (error !== null) this.drainAfter(RETRY_MS);
    else if (hasMore) this.drainAfter(0);
    else this.idleAfter();
  }

  private idleAfter(): void {
    this.store?.onIdle();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.tell({ type: 'idle' }), IDLE_MS);
  }

  private finish(): void {
    clearTimeout(this.timer);
    const error = attempt(() => this.current()?.drainAll());
    this.report(error);
    if (error !== null) this.drainAfter(RETRY_MS);
  }

  private report(error: ThreadError | null): void {
    if (error !== null && error.message !== this.trouble) this.tell({ type: 'trouble', error });
    this.trouble = error?.message ?? null;
  }
}

function journalFull(file: string): RelyableError {
  return new RelyableError(
    'STORE_UNUSABLE',
    `the store ${file} cannot be used: its journal is full and cannot be drained`,
    { hint: 'free space on the disk, or name another file with --store' },
  );
}

function attempt(work: () => void): ThreadError | null {
  try {
    work();
    return null;
  } catch (error) {
    const hint = error instanceof RelyableError ? error.hint : undefined;
    return { message: errorMessage(error), hint };
  }
}

if (parentPort !== null) {
  const port = parentPort;
  const thread = new StoreThread(
    (message) => port.postMessage(message),
    () => port.close(),
  );
  port.on('message', (message: ToThread) => thread.receive(message));
}
