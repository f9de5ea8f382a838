import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RelyableError } from '../errors.ts';
import type { Forward, NewCapture } from '../request/capture.ts';
import type { Reason } from '../signature/verify.ts';
import { packBatch, type Rows } from './rows.ts';
import type { FromThread, ThreadError, ToThread } from './thread-messages.ts';

/** A capture store that writes in a thread of its own, for a process that must not wait for disks. */
export interface BackgroundStore {
  /**
   * Keeps a capture; resolves once it is on disk (fsync'd), with the id of the first capture of
   * the same event and verdict, null for the first. What arrives while one commit is written
   * shares the next. Rejects with STORE_UNUSABLE, and then it was not kept.
   */
  add(capture: NewCapture): Promise<string | null>;
  /** Notes a forward; written with the next commit. */
  addForward(captureId: string, forward: Forward): void;
  /** Notes the status the sender got, where it was not known before; likewise. */
  setAnswered(captureId: string, status: number): void;
  /** Notes a reason that was found afterwards; likewise. */
  setReason(captureId: string, reason: Reason): void;
  /** Resolves once everything noted so far was written, or could not be. */
  flush(): Promise<void>;
  /** Writes what waits and closes the file. */
  close(): Promise<void>;
}

/** How long a note may wait for a capture to ride along with, ms. */
const RIDE_WAIT_MS = 25;
/** Notes kept for another try when a commit failed. */
const KEPT_NOTES = 1000;
/** One batch has about so many bytes; more wait for the next. */
const BATCH_BYTES = 8 * 1024 * 1024;
/** Memory up to here is used again: what is left to the collector, which does not count it, piles up. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** And about so many rows of a kind. */
const BATCH_ROWS = 1000;
const MEMORY_BYTES = 64 * 1024;
/** The thread holds one batch at a time: small heaps do, and keep the process 5 MB smaller. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 9 };

/** Beside the bundle's other files. */
const THREAD_FILE = join(import.meta.dirname, 'store-thread.cjs');

interface Waiting {
  readonly capture: NewCapture;
  readonly resolve: (first: string | null) => void;
  readonly reject: (error: RelyableError) => void;
}

interface UnderWay {
  readonly batch: readonly Waiting[];
  readonly notes: Notes;
  readonly onDone: ReadonlyArray<() => void>;
}

/** What nobody waits for. */
interface Notes {
  readonly forwards: Array<readonly [captureId: string, forward: Forward]>;
  readonly answered: Array<Rows['answered'][number]>;
  readonly reasons: Array<Rows['reasons'][number]>;
}

/** A thread that is starting up and has no store yet. */
export interface StoreThread {
  /**
   * Opens the store for writing, making it where there is none; rejects with STORE_UNUSABLE.
   * `onTrouble` hears once why what was kept cannot be moved to where it is read, for each cause.
   */
  open(file: string, onTrouble: (error: RelyableError) => void): Promise<BackgroundStore>;
}

/** Starts the thread; until it has a store it keeps no process alive. */
export function startStoreThread(): StoreThread {
  const thread = new Worker(THREAD_FILE, { resourceLimits: THREAD_LIMITS });
  thread.unref();
  return {
    open: (file, onTrouble) =>
      new Promise((resolve, reject) => {
        thread.ref();
        thread.once('error', (error) => {
          reject(unusable({ message: error.message, hint: undefined }));
        });
        thread.once('message', (message: FromThread) => {
          if (message.type !== 'open') return;
          if (message.error === null) resolve(createBackgroundStore(thread, onTrouble));
          else reject(unusable(message.error));
        });
        post(thread, { type: 'open', file });
      }),
  };
}

function noNotes(): Notes {
  return { forwards: [], answered: [], reasons: [] };
}

function post(thread: Worker, message: ToThread): void {
  thread.postMessage(message);
}

function unusable({ message, hint }: ThreadError): RelyableError {
  return new RelyableError('STORE_UNUSABLE', message, hint === undefined ? {} : { hint });
}

function createBackgroundStore(
  thread: Worker,
  onTrouble: (error: RelyableError) => void,
): BackgroundStore {
  let waiting: Waiting[] = [];
  let notes = noNotes();
  /** What the thread is writing; null while it has nothing to do. */
  let underWay: UnderWay | null = null;
  /** Written here, read there: only while a batch is under way is it the thread's. */
  let memory = new SharedArrayBuffer(MEMORY_BYTES);
  let isScheduled = false;
  let rideTimer: NodeJS.Timeout | undefined;
  const flushed: Array<() => void> = [];
  let isClosing = false;
  let onClosed: (() => void) | undefined;
  let failure: RelyableError | null = null;

  const hasNotes = (): boolean =>
    notes.forwards.length + notes.answered.length + notes.reasons.length > 0;

  const send = (): void => {
    isScheduled = false;
    if (underWay !== null) return;
    clearTimeout(rideTimer);
    rideTimer = undefined;
    if (waiting.length === 0 && !hasNotes()) {
      for (const done of flushed.splice(0)) done();
      return;
    }
    const batch = takeBatch();
    const forwards = notes.forwards.splice(0, BATCH_ROWS);
    const answered = notes.answered.splice(0, BATCH_ROWS);
    const reasons = notes.reasons.splice(0, BATCH_ROWS);
    const onDone = hasNotes() ? [] : flushed.splice(0);
    underWay = { batch, notes: { forwards, answered, reasons }, onDone };
    const captures = batch.map(({ capture }) => capture);
    const packed = packBatch(memory, { captures, forwards, answered, reasons });
    post(thread, { type: 'write', ...packed });
    ({ memory } = packed);
    if (memory.byteLength > KEPT_BYTES) memory = new SharedArrayBuffer(MEMORY_BYTES);
  };

  const takeBatch = (): readonly Waiting[] => {
    let size = 0;
    let count = 0;
    for (const { capture } of waiting) {
      size += capture.body.length;
      if (count === BATCH_ROWS || (count > 0 && size > BATCH_BYTES)) break;
      count += 1;
    }
    const batch = waiting;
    waiting = batch.length === count ? [] : batch.splice(count);
    return batch;
  };

  const schedule = (): void => {
    if (isScheduled || underWay !== null) return;
    isScheduled = true;
    setImmediate(send);
  };

  const onWritten = ({ firsts, error }: FromThread & { type: 'written' }): void => {
    const done = underWay;
    underWay = null;
    if (done === null) return;
    if (error === null) {
      const firstOf = new Map(firsts);
      for (const [index, { resolve }] of done.batch.entries()) resolve(firstOf.get(index) ?? null);
    } else {
      keepForRetry(done.notes);
      const cause = unusable(error);
      for (const { reject } of done.batch) reject(cause);
    }
    for (const tell of done.onDone) tell();
    if (waiting.length > 0 || flushed.length > 0) send();
    else if (hasNotes()) ride();
  };

  /** What nobody waits for gets another chance with the next commit, a bounded number of them. */
  const keepForRetry = ({ forwards, answered, reasons }: Notes): void => {
    if (isClosing) return;
    notes = {
      forwards: [...forwards, ...notes.forwards].slice(-KEPT_NOTES),
      answered: [...answered, ...notes.answered].slice(-KEPT_NOTES),
      reasons: [...reasons, ...notes.reasons].slice(-KEPT_NOTES),
    };
  };

  const ride = (): void => {
    // Nobody is left to write them.
    if (failure !== null) notes = noNotes();
    else rideTimer ??= setTimeout(send, RIDE_WAIT_MS);
  };

  thread.on('message', (message: FromThread) => {
    if (message.type === 'written') onWritten(message);
    else if (message.type === 'trouble') onTrouble(unusable(message.error));
    else if (message.type === 'closed') onClosed?.();
  });
  const fail = (reason: string): void => {
    failure = unusable({ message: `the store's thread ended: ${reason}`, hint: undefined });
    for (const { reject } of [...(underWay?.batch ?? []), ...waiting]) reject(failure);
    waiting = [];
    notes = noNotes();
    clearTimeout(rideTimer);
    for (const done of [...(underWay?.onDone ?? []), ...flushed.splice(0)]) done();
    underWay = null;
    onClosed?.();
  };
  thread.on('error', (error) => fail(error.message));
  thread.on('exit', (code) => {
    if (failure === null && onClosed === undefined) fail(`exit ${code}`);
  });

  const flush = (): Promise<void> =>
    new Promise((resolve) => {
      if (failure !== null) {
        resolve();
        return;
      }
      flushed.push(resolve);
      send();
    });

  return {
    add: (capture) =>
      new Promise((resolve, reject) => {
        if (failure !== null) {
          reject(failure);
          return;
        }
        waiting.push({ capture, resolve, reject });
        schedule();
      }),
    addForward: (captureId, forward) => {
      notes.forwards.push([captureId, forward]);
      ride();
    },
    setAnswered: (captureId, status) => {
      notes.answered.push([captureId, status]);
      ride();
    },
    setReason: (captureId, reason) => {
      notes.reasons.push([captureId, reason]);
      ride();
    },
    flush,
    close: async () => {
      isClosing = true;
      do await flush();
      while (waiting.length > 0 || hasNotes());
      if (failure !== null) return;
      await new Promise<void>((resolve) => {
        onClosed = resolve;
        post(thread, { type: 'close' });
      });
    },
  };
}
