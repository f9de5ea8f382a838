import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RelyableError } from '../../errors.ts';
import type { Forward, NewCapture } from '../../request/capture.ts';
import type { Reason } from '../../signature/verify.ts';
import { JournalWriter, type Place } from '../journal/journal-writer.ts';
import { answeredRecord, captureRecord, forwardRecord, reasonRecord } from '../journal/record.ts';
import { storeError } from '../schema.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

/**
 * A capture store for a process that must not wait for disks: captures go to the journal, and a
 * thread moves them into SQLite.
 */
export interface BackgroundStore {
  /**
   * Stores a capture; resolves once it is on disk (fsync'd), with the id of the first capture of
   * the same event and verdict, null for the first. Captures that arrive while one group is being
   * written share the next. Rejects with STORE_UNUSABLE, and then it was not stored.
   */
  add(capture: NewCapture): Promise<string | null>;
  /** Notes a forward: a deferred write, made with the next group. */
  addForward(captureId: string, forward: Forward): void;
  /** Notes the status the sender got, where it was not known before; likewise. */
  setAnswered(captureId: string, status: number): void;
  /** Notes a reason that was found afterwards; likewise. */
  setReason(captureId: string, reason: Reason): void;
  /** Resolves once everything noted so far was written, or could not be. */
  flush(): Promise<void>;
  /** Writes what is left, drains the journal and closes the store. */
  close(): Promise<void>;
}

/** How long a deferred write may wait for a capture to share its group, ms. */
const DEFER_MS = 25;
/** The most deferred writes that are retried when a group could not be written. */
const KEPT_DEFERRED = 1000;
/** Limits on a group: bytes of bodies, and records of a kind. */
const GROUP_BYTES = 8 * 1024 * 1024;
const GROUP_RECORDS = 1000;
/** Limit on the tries of a group whose segment a reader takes away each time. */
const TRIES = 10;
/** The thread holds one part of the journal at a time; a small young generation saves 5 MB. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 32 };

/** Beside the bundle's other files. */
const THREAD_FILE = join(import.meta.dirname, 'store-thread.cjs');

/** A thread that is starting up and has no store yet. */
export interface StoreThread {
  /**
   * Opens the store for writing, making it where there is none; rejects with STORE_UNUSABLE.
   * `onTrouble` is called once for each cause: the journal cannot be drained, or a part is damaged.
   */
  open(file: string, onTrouble: (error: RelyableError) => void): Promise<BackgroundStore>;
}

/** Starts the thread; until it has a store it keeps no process alive. */
export function startStoreThread(): StoreThread {
  const worker = new Worker(THREAD_FILE, { resourceLimits: THREAD_LIMITS });
  worker.unref();
  return {
    open: (file, onTrouble) =>
      new Promise((resolve, reject) => {
        worker.ref();
        worker.once('error', (error) => {
          reject(unusable({ message: error.message, hint: undefined }));
        });
        worker.once('message', (message: FromThread) => {
          if (message.type !== 'open') return;
          if (message.error === null)
            resolve(new JournalStore(file, new Thread(worker, onTrouble)));
          else reject(unusable(message.error));
        });
        worker.postMessage({ type: 'open', file } satisfies ToThread);
      }),
  };
}

function unusable({ message, hint }: ThreadError): RelyableError {
  return new RelyableError('STORE_UNUSABLE', message, hint === undefined ? {} : { hint });
}

type Reply = Extract<FromThread, { readonly type: 'registered' | 'indexed' | 'closed' }>;

/** The store's thread as one asks it: one question at a time, each with its answer. */
class Thread {
  /** Set once the thread has ended; then every question fails with it. */
  failure: RelyableError | null = null;
  onIdle: (() => void) | undefined;
  private readonly worker: Worker;
  private pending: { resolve(reply: Reply): void; reject(error: RelyableError): void } | undefined;

  constructor(worker: Worker, onTrouble: (error: RelyableError) => void) {
    this.worker = worker;
    worker.on('message', (message: FromThread) => {
      if (message.type === 'trouble') onTrouble(unusable(message.error));
      else if (message.type === 'idle') this.onIdle?.();
      else if (message.type !== 'open') this.pending?.resolve(message);
    });
    worker.on('error', (error) => this.fail(error.message));
    worker.on('exit', (code) => this.fail(`exit ${code}`));
  }

  async register(segment: string): Promise<void> {
    await this.ask({ type: 'register', segment });
  }

  /** Syncs a group; for each of its captures the id of the first of its event, null for the first. */
  async syncGroup(place: Place): Promise<ReadonlyArray<string | null>> {
    const reply = await this.ask({ type: 'written', place });
    return reply.type === 'indexed' ? reply.firsts : [];
  }

  finish(): void {
    this.worker.postMessage({ type: 'finish' } satisfies ToThread);
  }

  async close(): Promise<void> {
    await this.ask({ type: 'close' });
  }

  private ask(message: ToThread): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.pending = {
        reject,
        resolve: (reply) => {
          this.pending = undefined;
          if (reply.type !== 'closed' && reply.error !== null) reject(unusable(reply.error));
          else resolve(reply);
        },
      };
      this.worker.postMessage(message);
    });
  }

  private fail(reason: string): void {
    this.failure ??= unusable({ message: `the store's thread ended: ${reason}`, hint: undefined });
    this.pending?.reject(this.failure);
    this.pending = undefined;
  }
}

interface WaitingCapture {
  readonly capture: NewCapture;
  readonly resolve: (first: string | null) => void;
  readonly reject: (error: RelyableError) => void;
}

type Pieces = readonly Uint8Array[];

/** Captures that requests wait for, and records that can be written again. */
interface Group {
  readonly captures: readonly WaitingCapture[];
  readonly deferred: readonly Pieces[];
}

class JournalStore implements BackgroundStore {
  private readonly file: string;
  private readonly thread: Thread;
  private readonly journal: JournalWriter;
  private waiting: WaitingCapture[] = [];
  private deferred: Pieces[] = [];
  private isWriting = false;
  private isScheduled = false;
  private isClosing = false;
  private deferTimer: NodeJS.Timeout | undefined;
  private onFlushed: Array<() => void> = [];

  constructor(file: string, thread: Thread) {
    this.file = file;
    this.thread = thread;
    this.journal = new JournalWriter(file, (segment) => thread.register(segment));
    thread.onIdle = () => void this.rest();
  }

  add(capture: NewCapture): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ capture, resolve, reject });
      this.schedule();
    });
  }

  addForward(captureId: string, forward: Forward): void {
    this.defer(forwardRecord(captureId, forward));
  }

  setAnswered(captureId: string, status: number): void {
    this.defer(answeredRecord(captureId, status));
  }

  setReason(captureId: string, reason: Reason): void {
    this.defer(reasonRecord(captureId, reason));
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.onFlushed.push(resolve);
      this.schedule();
    });
  }

  async close(): Promise<void> {
    this.isClosing = true;
    do await this.flush();
    while (this.waiting.length > 0 || this.deferred.length > 0);
    clearTimeout(this.deferTimer);
    await this.journal.end();
    // The thread drains the journal; where it has ended, the next one that opens the store does.
    if (this.thread.failure === null) await this.thread.close().catch(() => undefined);
  }

  private defer(record: Pieces): void {
    this.deferred.push(record);
    this.deferTimer ??= this.startDeferTimer();
  }

  private startDeferTimer(): NodeJS.Timeout {
    return setTimeout(() => {
      this.deferTimer = undefined;
      this.schedule();
    }, DEFER_MS);
  }

  /** Begins the next group once everything that has just arrived is in it. */
  private schedule(): void {
    if (this.isScheduled || this.isWriting) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      void this.writeGroups();
    });
  }

  /** Writes groups until no capture waits. Deferred writes share them, and are not written at once. */
  private async writeGroups(): Promise<void> {
    this.isWriting = true;
    let isWritten = true;
    do isWritten = await this.writeGroup(this.takeGroup());
    while (this.waiting.length > 0 || (isWritten && this.isFlushing()));
    this.isWriting = false;
    for (const done of this.onFlushed.splice(0)) done();
    if (this.deferred.length > 0) this.deferTimer ??= this.startDeferTimer();
  }

  private isFlushing(): boolean {
    return this.onFlushed.length > 0 && this.deferred.length > 0;
  }

  private takeGroup(): Group {
    clearTimeout(this.deferTimer);
    this.deferTimer = undefined;
    let bytes = 0;
    let count = 0;
    for (const { capture } of this.waiting) {
      bytes += capture.body.length;
      if (count === GROUP_RECORDS || (count > 0 && bytes > GROUP_BYTES)) break;
      count += 1;
    }
    const deferred = this.deferred.splice(0, GROUP_RECORDS);
    return { captures: this.waiting.splice(0, count), deferred };
  }

  /** Whether it was written. */
  private async writeGroup({ captures, deferred }: Group): Promise<boolean> {
    const pieces = [...captures.map(({ capture }) => captureRecord(capture)), ...deferred].flat();
    if (pieces.length === 0) return true;
    try {
      const firsts = await this.writeDurably(pieces, captures[0]?.capture.receivedAt);
      for (const [index, { resolve }] of captures.entries()) resolve(firsts[index] ?? null);
      return true;
    } catch (error) {
      const cause = storeError(this.file, error);
      for (const { reject } of captures) reject(cause);
      // No request waits for these: they are written with the next group.
      if (!this.isClosing) this.deferred = [...deferred, ...this.deferred].slice(-KEPT_DEFERRED);
      return false;
    }
  }

  /** Resolves once the group is on disk in a segment that was not taken away. */
  private async writeDurably(pieces: Pieces, now = 0): Promise<ReadonlyArray<string | null>> {
    if (this.thread.failure !== null) throw this.thread.failure;
    if (this.journal.isFull()) await this.journal.end();
    for (let tries = TRIES; tries > 0; tries--) {
      const from = this.journal.position;
      try {
        const place = await this.journal.write(pieces, now);
        const firsts = await this.thread.syncGroup(place);
        if (await this.journal.confirm()) return firsts;
      } catch (error) {
        await this.journal.takeBack(from);
        throw error;
      }
      // A reader drains the segment, or it was removed.
      await this.journal.end();
    }
    throw new Error(`its journal was taken away ${TRIES} times`);
  }

  /** Nothing was written for a while: the thread may remove the segment. */
  private async rest(): Promise<void> {
    if (this.isWriting || this.isScheduled) return;
    this.isWriting = true;
    await this.journal.end();
    this.thread.finish();
    this.isWriting = false;
    if (this.waiting.length > 0 || this.onFlushed.length > 0) this.schedule();
  }
}
