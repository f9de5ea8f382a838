import { statSync } from 'node:fs';
import { errorCode, errorMessage, RelyableError } from '../errors.ts';
import type { Capture } from '../request/capture.ts';
import { createArrivals, createWaitingCheck } from './arrivals.ts';
import { type CaptureReader, createReader } from './capture-reader.ts';
import { createBatchFiles } from './batch-files.ts';
import { createEventIndex, toEventId, toEventKey } from './event-index.ts';
import { type Database, openDatabase, runTransaction, storeError } from './database.ts';
import { createRetention, MAX_STORE_BYTES, type PruneLimit, pruneStore } from './retention.ts';
import {
  type CaptureRow,
  type ForwardRow,
  headOf,
  type Rows,
  type RowSource,
  toCaptureRow,
  toForwardRow,
  toNewCapture,
  unpackRows,
} from './rows.ts';

/** Writing side. */
export interface CaptureStore extends CaptureReader {
  /**
   * Keeps rows in one commit: when it returns they are on disk (fsync'd). For each capture the id
   * of the first one of the same event with the same verdict; null for the first. Throws
   * STORE_UNUSABLE, and then nothing of it was kept.
   */
  write(rows: Partial<Rows>): Array<string | null>;
  /** Keeps a packed batch likewise, at a fraction of the cost; it waits to be settled. */
  append(batch: Buffer): Array<string | null>;
  /** Moves a part of what waits to where it is read; false when nothing waited. Call it when it is quiet. */
  settle(): boolean;
  /** Gives the disk back what bursts have left behind. Call it when it has been quiet for a while. */
  tidy(): void;
  /** Whether so much waits that a part is to be settled behind each batch, quiet or not. */
  isBehind(): boolean;
  /** Whether the file is still the one that was opened: what is written to a removed one is lost. */
  isInPlace(): boolean;
  /** Keeps captures of elsewhere with their forwards; how many were new. */
  import(captures: Iterable<Capture>): number;
  /** Removes the oldest; how many. */
  prune(limit: PruneLimit): number;
}

/** After a burst of so many the log is copied into the file; a few captures leave that to SQLite. */
const CHECKPOINT_CAPTURES = 1000;
/**
 * A batch with more than that for each of its captures is not worth writing twice: it does not wait,
 * unless others do, or it is so large that a file is made for it.
 */
const BYTES_EACH = 16 * 1024;
const FILE_BYTES = 256 * 1024;
const TOO_MUCH_WAITS = 'what waits beside it cannot be moved into it';

/** Opens the store for writing, making it where there is none. */
export function openStore(file: string, maxBytes = MAX_STORE_BYTES): CaptureStore {
  const database = openDatabase(file, 'write');
  return orClose(file, database, () => createStore(file, database, maxBytes));
}

/** Opens the store for reading; undefined where there is none yet. */
export function openReader(file: string): CaptureReader | undefined {
  const database = openDatabase(file, 'read');
  if (database === undefined) return undefined;
  return orClose(file, database, () => {
    const isWaiting = createWaitingCheck(database);
    return createReader(file, database, () => {
      if (isWaiting()) settleStore(file);
    });
  });
}

/** What a listener has taken in and had no time to settle, or no more time. */
function settleStore(file: string): void {
  try {
    const store = openStore(file);
    try {
      while (store.settle());
    } finally {
      store.close();
    }
  } catch (error) {
    // Where nothing can be written, what was settled can still be read.
    if (!isUnwritable(error)) throw error;
  }
}

function isUnwritable(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  return (
    /EACCES|EPERM|EROFS|ENOSPC|EDQUOT/.test(errorCode(cause) ?? '') ||
    /readonly|disk is full/i.test(errorMessage(cause))
  );
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** A damaged file may only show when the first statement is prepared. */
function orClose<T>(file: string, database: Database, create: () => T): T {
  try {
    return create();
  } catch (error) {
    database.close();
    throw storeError(file, error);
  }
}

function createStore(file: string, database: Database, maxBytes: number): CaptureStore {
  const insertCapture = database.prepare(
    `INSERT INTO captures (id, received_at, method, path, http_version, headers, body, event, event_id, event_key, valid, reason, duplicate_of, answered)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertForward = database.prepare(
    `INSERT INTO forwards (capture_id, kind, at, url, status, duration_ms, error, response_headers, response_body, edited)
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM captures WHERE id = ?)`,
  );
  const updateAnswered = database.prepare('UPDATE captures SET answered = ? WHERE id = ?');
  const updateReason = database.prepare('UPDATE captures SET reason = ? WHERE id = ?');
  const events = createEventIndex(database);

  const transaction = (work: () => void): void => {
    try {
      runTransaction(database, () => {
        events.catchUp();
        work();
      });
    } catch (error) {
      throw storeError(file, error);
    }
  };

  const writeCapture = (row: CaptureRow): string | null => {
    const eventKey = toEventKey(row);
    const duplicateOf = events.find(eventKey, row);
    const { lastInsertRowid } = insertCapture.run(
      row.id,
      row.receivedAt,
      row.method,
      row.path,
      row.httpVersion,
      row.headers,
      row.body,
      row.event,
      toEventId(row),
      eventKey,
      row.valid,
      row.reason,
      duplicateOf,
      row.answered,
    );
    events.add(eventKey, Number(lastInsertRowid));
    return duplicateOf;
  };

  const writeForward = (row: ForwardRow): void => {
    insertForward.run(
      row.captureId,
      row.kind,
      row.at,
      row.url,
      row.status,
      row.durationMs,
      row.error,
      row.responseHeaders,
      row.responseBody,
      row.edited,
      row.captureId,
    );
  };

  const writeRows = ({
    captures,
    forwards,
    answered,
    reasons,
  }: RowSource): Array<string | null> => {
    const firsts = Array.from(captures, writeCapture);
    for (const forward of forwards) writeForward(forward);
    for (const [id, status] of answered) updateAnswered.run(status, id);
    for (const [id, reason] of reasons) updateReason.run(reason, id);
    return firsts;
  };

  const inode = inodeOf(file);
  const retention = createRetention(database, maxBytes);
  const files = createBatchFiles(file);
  const arrivals = createArrivals({ database, files, events, transaction, write: writeRows });
  const { isWaiting } = arrivals;

  let sinceCheckpoint = 0;
  /** More arrives than can wait: what waits is settled, then batches are written where they are read. */
  let isPressed = false;

  /** What was set aside and nobody was told of. */
  let untold: RelyableError[] = [];

  const settlePart = (): void => {
    const { captures, damages } = arrivals.settle();
    sinceCheckpoint += captures;
    retention.check();
    untold.push(...damages);
  };
  const tellDamage = (): void => {
    const [first, ...others] = untold;
    untold = [];
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const { message, hint } = first;
    throw new RelyableError(
      'STORE_UNUSABLE',
      `${message}, and so with ${others.length} more`,
      hint === undefined ? {} : { hint },
    );
  };
  const settleWaiting = (): void => {
    // Within a transaction it was done before.
    while (!database.isTransaction && isWaiting()) settlePart();
  };
  /** Before anything that looks at what is kept. */
  const settleAll = (): void => {
    settleWaiting();
    tellDamage();
  };
  /** It is quiet and nothing waits. */
  const rest = (): void => {
    isPressed = false;
    arrivals.forget();
    // Now, so that the next burst need not do it.
    if (sinceCheckpoint >= CHECKPOINT_CAPTURES) database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    sinceCheckpoint = 0;
  };
  const reader = createReader(file, database, settleAll);

  const write = (rows: RowSource): Array<string | null> => {
    settleWaiting();
    let firsts: Array<string | null> = [];
    transaction(() => {
      firsts = writeRows(rows);
    });
    retention.check();
    return firsts;
  };

  return {
    ...reader,
    write: (rows) => write({ captures: [], forwards: [], answered: [], reasons: [], ...rows }),
    append: (batch) => {
      const head = headOf(batch);
      const { length } = head.heads;
      const isLarge = length > 0 && batch.length > BYTES_EACH * length;
      const isForFile = isLarge && batch.length >= FILE_BYTES;
      isPressed ||= arrivals.isCrowded();
      if (arrivals.isOverfull()) throw storeError(file, new Error(TOO_MUCH_WAITS));
      const isDirect = (isPressed || (isLarge && !isForFile)) && !isWaiting();
      if (isDirect) return write(unpackRows(batch));
      return arrivals.append(batch, head, isForFile ? 'file' : 'row');
    },
    settle: () => {
      if (!isWaiting()) {
        rest();
        tellDamage();
        return false;
      }
      settlePart();
      return true;
    },
    tidy: arrivals.sweep,
    isBehind: () => isPressed && isWaiting(),
    isInPlace: () => inodeOf(file) === inode,
    import: (captures) => {
      settleAll();
      let count = 0;
      transaction(() => {
        for (const capture of captures) {
          if (reader.get(capture.id) !== undefined) continue;
          writeCapture(toCaptureRow(toNewCapture(capture)));
          for (const forward of capture.forwards) writeForward(toForwardRow(capture.id, forward));
          count += 1;
        }
      });
      return count;
    },
    prune: (limit) => {
      settleAll();
      return pruneStore(file, database, limit);
    },
    close: () => {
      retention.stop();
      try {
        arrivals.sweep();
        settleWaiting();
        arrivals.sweep();
        // The file alone is then the whole store, for whoever copies it.
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // Another process is using it: nothing is lost, the log stays beside it.
      }
      reader.close();
    },
  };
}
