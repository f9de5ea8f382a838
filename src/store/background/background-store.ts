import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RelyableError } from '../../errors.ts';
import type { Forward, NewCapture } from '../../request/capture.ts';
import type { Reason } from '../../signature/verify.ts';
import type { StreamPosition } from '../positions.ts';
import type { Group } from '../rows.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

/** A capture store for a process that must not wait for the disk: a worker thread writes to SQLite. */
export interface BackgroundStore {
  /**
   * Stores a capture. Resolves once it is on disk (fsync'd), with the id of the first capture of the same
   * event and verdict, or with null if this capture is the first. Captures that arrive while a group is
   * being written form the next group. If it rejects (STORE_UNUSABLE), the capture was not stored.
   * `position` is written in the same transaction.
   */
  add(capture: NewCapture, position?: StreamPosition): Promise<string | null>;
  /** Writes a position without a capture, after the positions of earlier captures. Rejects with STORE_UNUSABLE. */
  advance(position: StreamPosition): Promise<void>;
  /** Queues a forward. It is a deferred write, which is made with the next group. */
  addForward(captureId: string, forward: Forward): void;
  /** Queues the status that the sender got, if it was not known when the capture was added: a deferred write. */
  setAnswered(captureId: string, status: number): void;
  /** Queues a reason that was found after the capture was added: a deferred write. */
  setReason(captureId: string, reason: Reason): void;
  /** Resolves once every write queued so far has succeeded or failed. */
  flush(): Promise<void>;
  /**
   * Makes the remaining writes and closes the store. Rejects if a queued write failed. `endedAt` is when
   * the listener ended, ms since 1970; its start was given to `openBackgroundStore`.
   */
  close(endedAt?: number): Promise<void>;
}

/** How long a deferred write may wait for a capture to share its group, ms. */
const DEFER_MS = 25;
/** The most deferred writes that are retried when a group could not be written. */
const KEPT_DEFERRED = 1000;
/** Limits on a group: bytes of bodies, and records of a kind. */
const GROUP_BYTES = 8 * 1024 * 1024;
const GROUP_RECORDS = 1000;
/** Memory limits of the thread: a group and its rows fit. A small young generation saves 5 MB. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 24 };

/** The part of `Worker` that the store uses. Tests pass one that works in their own process. */
export interface StoreWorker {
  postMessage(message: ToThread, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: FromThread) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
}

/** The thread's file, next to the other files of the bundle. */
const THREAD_FILE = join(import.meta.dirname, 'store-thread.cjs');

/**
 * Starts the store's thread, which opens the file for writing and creates it if it is missing. Rejects with
 * STORE_UNUSABLE. `startedAt` is when the listener that uses the store started, ms since 1970. In Node 20, a
 * process that exits while a thread starts may crash, so check all settings before this call.
 */
export function openBackgroundStore(
  file: string,
  startedAt?: number,
  worker: StoreWorker = new Worker(THREAD_FILE, { resourceLimits: THREAD_LIMITS }),
): Promise<BackgroundStore> {
  return new Promise((resolve, reject) => {
    worker.on('error', (error) => reject(unusable({ message: error.message, hint: undefined })));
    worker.on('message', (message) => {
      if (message.type !== 'open') return;
      if (message.error === null) resolve(new GroupingStore(new Thread(worker)));
      else reject(unusable(message.error));
    });
    const message: ToThread = { type: 'open', file, startedAt: startedAt ?? null };
    worker.postMessage(message);
  });
}

function unusable({ message, hint }: ThreadError): RelyableError {
  return new RelyableError('STORE_UNUSABLE', message, hint === undefined ? {} : { hint });
}

type Reply = Extract<FromThread, { readonly type: 'written' | 'closed' }>;

/** Asks the store's thread one question at a time. */
class Thread {
  /** Why every question fails once the thread has ended; null until then. */
  failure: RelyableError | null = null;
  private readonly worker: StoreWorker;
  private pending: { resolve(reply: Reply): void; reject(error: RelyableError): void } | undefined;

  constructor(worker: StoreWorker) {
    this.worker = worker;
    worker.on('message', (message) => {
      if (message.type !== 'open') this.pending?.resolve(message);
    });
    worker.on('error', (error) => this.fail(error.message));
    worker.on('exit', (code) => this.fail(`exit ${code}`));
  }

  /** Stores a group. For each capture, returns the id of the first capture of its event; null for the first. */
  async write(group: Group): Promise<ReadonlyArray<string | null>> {
    const { packed, buffer } = pack(group);
    const reply = await this.ask({ type: 'write', group: packed }, [buffer]);
    return reply.type === 'written' ? reply.firsts : [];
  }

  async close(endedAt: number | null): Promise<void> {
    await this.ask({ type: 'close', endedAt });
  }

  private ask(message: ToThread, transfer: readonly ArrayBuffer[] = []): Promise<Reply> {
    return new Promise((resolve, reject) => {
      if (this.failure !== null) {
        reject(this.failure);
        return;
      }
      this.pending = {
        reject,
        resolve: (reply) => {
          this.pending = undefined;
          if (reply.type === 'written' && reply.error !== null) reject(unusable(reply.error));
          else resolve(reply);
        },
      };
      this.worker.postMessage(message, transfer);
    });
  }

  private fail(reason: string): void {
    this.failure ??= unusable({ message: `the store's thread ended: ${reason}`, hint: undefined });
    this.pending?.reject(this.failure);
    this.pending = undefined;
  }
}

/**
 * Copies the bodies of a group into one buffer, which is transferred to the thread. Otherwise each body
 * would be copied with the whole buffer that it is a view of.
 */
function pack(group: Group): { packed: Group; buffer: ArrayBuffer } {
  const bodies = [
    ...group.captures.map(({ body }) => body),
    ...group.forwards.map(([, { responseBody }]) => responseBody),
  ];
  const buffer = new ArrayBuffer(bodies.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  const move = (bytes: Buffer): Buffer => {
    const moved = Buffer.from(buffer, at, bytes.length);
    bytes.copy(moved);
    at += bytes.length;
    return moved;
  };
  const captures = group.captures.map((capture) => ({ ...capture, body: move(capture.body) }));
  const forwards = group.forwards.map(
    ([id, forward]) => [id, { ...forward, responseBody: move(forward.responseBody) }] as const,
  );
  return { packed: { ...group, captures, forwards }, buffer };
}

/** A write that a caller waits for: a capture, a position or both. */
interface WaitingWrite {
  readonly capture: NewCapture | null;
  readonly position: StreamPosition | null;
  readonly resolve: (first: string | null) => void;
  readonly reject: (error: unknown) => void;
}

/** A group that the thread is writing. `result` never rejects. */
interface WritingGroup {
  readonly waiting: readonly WaitingWrite[];
  readonly deferred: readonly Deferred[];
  readonly result: Promise<{ firsts: ReadonlyArray<string | null>; error: unknown }>;
}

/** A write that no caller waits for. */
type Deferred = Partial<Omit<Group, 'captures' | 'positions'>>;

class GroupingStore implements BackgroundStore {
  private readonly thread: Thread;
  private waiting: WaitingWrite[] = [];
  private deferred: Deferred[] = [];
  private isWriting = false;
  private isScheduled = false;
  private isClosing = false;
  /** The error for which deferred writes were given up; null if none were. */
  private lost: unknown = null;
  private deferTimer: NodeJS.Timeout | undefined;
  private onFlushed: Array<() => void> = [];

  constructor(thread: Thread) {
    this.thread = thread;
  }

  add(capture: NewCapture, position?: StreamPosition): Promise<string | null> {
    return this.enqueue(capture, position ?? null);
  }

  async advance(position: StreamPosition): Promise<void> {
    await this.enqueue(null, position);
  }

  private enqueue(
    capture: NewCapture | null,
    position: StreamPosition | null,
  ): Promise<string | null> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ capture, position, resolve, reject });
      this.schedule();
    });
  }

  addForward(captureId: string, forward: Forward): void {
    this.defer({ forwards: [[captureId, forward]] });
  }

  setAnswered(captureId: string, status: number): void {
    this.defer({ answered: [[captureId, status]] });
  }

  setReason(captureId: string, reason: Reason): void {
    this.defer({ reasons: [[captureId, reason]] });
  }

  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.onFlushed.push(resolve);
      this.schedule();
    });
  }

  async close(endedAt?: number): Promise<void> {
    this.isClosing = true;
    do await this.flush();
    while (this.waiting.length > 0 || this.deferred.length > 0);
    clearTimeout(this.deferTimer);
    if (this.thread.failure === null)
      await this.thread.close(endedAt ?? null).catch(() => undefined);
    if (this.lost !== null) throw this.lost;
  }

  private defer(write: Deferred): void {
    this.deferred.push(write);
    this.deferTimer ??= this.startDeferTimer();
  }

  private startDeferTimer(): NodeJS.Timeout {
    return setTimeout(() => {
      this.deferTimer = undefined;
      this.schedule();
    }, DEFER_MS);
  }

  /** Begins the next group after the current turn of the event loop, so that it has all captures of this turn. */
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
    let group = this.beginGroup();
    while (group !== null) {
      const { waiting, deferred, result } = group;
      const { firsts, error } = await result;
      if (error !== null) this.keep(deferred, error);
      const hasMore = this.waiting.length > 0 || (error === null && this.isFlushing());
      // The thread gets the next group before the requests of this one are answered, which takes as long as a write.
      group = hasMore ? this.beginGroup() : null;
      let index = 0;
      for (const { capture, resolve, reject } of waiting) {
        if (error !== null) reject(error);
        else resolve(capture === null ? null : (firsts[index++] ?? null));
      }
    }
    this.isWriting = false;
    for (const done of this.onFlushed.splice(0)) done();
    if (this.deferred.length > 0) this.deferTimer ??= this.startDeferTimer();
  }

  private isFlushing(): boolean {
    return this.onFlushed.length > 0 && this.deferred.length > 0;
  }

  /** Passes the next group to the thread; null where there is nothing to write. */
  private beginGroup(): WritingGroup | null {
    const waiting = this.takeWaiting();
    const deferred = this.takeDeferred();
    if (waiting.length === 0 && deferred.length === 0) return null;
    const written = this.thread.write({
      captures: waiting.flatMap(({ capture }) => capture ?? []),
      positions: waiting.flatMap(({ position }) => position ?? []),
      forwards: deferred.flatMap(({ forwards = [] }) => forwards),
      answered: deferred.flatMap(({ answered = [] }) => answered),
      reasons: deferred.flatMap(({ reasons = [] }) => reasons),
    });
    const result = written.then(
      (firsts) => ({ firsts, error: null }),
      (error: unknown) => ({ firsts: [], error }),
    );
    return { waiting, deferred, result };
  }

  private takeWaiting(): WaitingWrite[] {
    let bytes = 0;
    let count = 0;
    for (const { capture } of this.waiting) {
      bytes += capture?.body.length ?? 0;
      if (count === GROUP_RECORDS || (count > 0 && bytes > GROUP_BYTES)) break;
      count += 1;
    }
    return this.waiting.splice(0, count);
  }

  private takeDeferred(): Deferred[] {
    clearTimeout(this.deferTimer);
    this.deferTimer = undefined;
    return this.deferred.splice(0, GROUP_RECORDS);
  }

  /** Moves the deferred writes of a failed group to the next group, because no caller waits for their result. */
  private keep(deferred: readonly Deferred[], error: unknown): void {
    const all = [...deferred, ...this.deferred];
    const kept = this.isClosing ? 0 : KEPT_DEFERRED;
    if (all.length > kept) this.lost = error;
    this.deferred = all.slice(Math.max(0, all.length - kept));
  }
}
