import { statSync } from 'node:fs';
import type { Capture } from '../request/capture.ts';
import { type CaptureReader, createReader, type ReaderOptions } from './captures.ts';
import { ListenerLog, readCoveredUntil } from './listener-log.ts';
import { hasArrivals, migrateArrivals } from './migrate-arrivals.ts';
import {
  countPrunable,
  createRetention,
  MAX_STORE_BYTES,
  type PruneLimit,
  pruneStore,
  type Retention,
} from './retention.ts';
import { PositionWriter } from './positions.ts';
import { RowWriter } from './row-writer.ts';
import { type Group, toCaptureRow, toForwardRow, toNewCapture } from './rows.ts';
import { type Database, openDatabase, orStoreError, runTransaction, storeError } from './schema.ts';

/** Opens the store for writing; creates the file if it is missing. */
export function openStore(file: string, maxBytes = MAX_STORE_BYTES): CaptureStore {
  const database = openDatabase(file, 'write');
  return orClose(file, database, () => {
    const store = new CaptureStore(file, database, maxBytes);
    store.migrate();
    return store;
  });
}

/** Opens the store for reading; undefined where there is none yet. */
export function openReader(file: string, options?: ReaderOptions): CaptureReader | undefined {
  const database = openDatabase(file, 'read');
  if (database === undefined) return undefined;
  return orClose(file, database, () => {
    // Batches that an older version left must be moved to the final tables before they can be read.
    if (hasArrivals(database)) openStore(file).close();
    return createReader(file, database, options);
  });
}

/** The time up to which listeners of this store received all requests; see `readCoveredUntil`. */
export function readListenersEnd(file: string): number | undefined {
  const database = openDatabase(file, 'read');
  if (database === undefined) return undefined;
  try {
    return orStoreError(file, () => readCoveredUntil(database));
  } finally {
    database.close();
  }
}

/** Closes the database if `create` throws: a damaged file may be noticed only when the first statement is prepared. */
function orClose<T>(file: string, database: Database, create: () => T): T {
  try {
    return create();
  } catch (error) {
    database.close();
    throw storeError(file, error);
  }
}

/** A store that is open for writing. Every failure is STORE_UNUSABLE. */
export class CaptureStore implements CaptureReader {
  readonly get: CaptureReader['get'];
  readonly list: CaptureReader['list'];
  readonly newest: CaptureReader['newest'];
  readonly ofEvent: CaptureReader['ofEvent'];
  readonly each: CaptureReader['each'];
  readonly eventsAfter: CaptureReader['eventsAfter'];
  /** The log of listeners. Each call makes its own commit. */
  readonly listeners: ListenerLog;
  private readonly file: string;
  private readonly inode: number | undefined;
  private readonly database: Database;
  private readonly rows: RowWriter;
  private readonly positions: PositionWriter;
  private readonly retention: Retention;

  constructor(file: string, database: Database, maxBytes: number) {
    this.file = file;
    this.inode = inodeOf(file);
    this.database = database;
    this.rows = new RowWriter(database);
    this.positions = new PositionWriter(database);
    this.retention = createRetention(database, maxBytes);
    this.listeners = new ListenerLog(database);
    const reader = createReader(file, database);
    ({ get: this.get, list: this.list, newest: this.newest } = reader);
    ({ ofEvent: this.ofEvent, each: this.each, eventsAfter: this.eventsAfter } = reader);
  }

  /** Moves the batches that an older version left to the final tables. */
  migrate(): void {
    migrateArrivals(this.file, this.database, this.rows, (work) => this.transaction(work));
  }

  /**
   * Stores a group in one commit, which is on disk (fsync'd) when the call returns. For each capture, returns
   * the id of the first capture of the same event with the same verdict; null for the first.
   */
  write({
    captures = [],
    positions = [],
    forwards = [],
    answered = [],
    reasons = [],
  }: Partial<Group>): Array<string | null> {
    let firsts: Array<string | null> = [];
    this.transaction(() => {
      firsts = captures.map((capture) => this.rows.capture(toCaptureRow(capture)));
      this.positions.advance(positions);
      for (const [id, forward] of forwards) {
        this.rows.forward(toForwardRow(id, forward));
        this.positions.forwarded(id);
      }
      for (const [id, status] of answered) this.rows.answered(id, status);
      for (const [id, reason] of reasons) this.rows.reason(id, reason);
    });
    this.retention.check();
    return firsts;
  }

  /** Stores captures from elsewhere with their forwards. Returns the ids of the captures that were new. */
  import(captures: Iterable<Capture>): string[] {
    const isKnown = this.database.prepare('SELECT 1 FROM captures WHERE id = ?');
    const imported: string[] = [];
    this.transaction(() => {
      for (const capture of captures) {
        if (isKnown.get(capture.id) !== undefined) continue;
        this.rows.capture(toCaptureRow(toNewCapture(capture)));
        for (const forward of capture.forwards) {
          this.rows.forward(toForwardRow(capture.id, forward));
        }
        imported.push(capture.id);
      }
    });
    return imported;
  }

  /** The number of captures that `prune` would remove. */
  prunable(limit: PruneLimit): number {
    return countPrunable(this.file, this.database, limit);
  }

  /** Removes the captures that the limits select. Returns their number. */
  prune(limit: PruneLimit): number {
    return pruneStore(this.file, this.database, limit);
  }

  /** Removes these captures with their forwards. Returns the number of captures that existed. */
  remove(ids: readonly string[]): number {
    const remove = this.database.prepare('DELETE FROM captures WHERE id = ?');
    let count = 0;
    this.transaction(() => {
      for (const id of ids) count += remove.run(id).changes;
    });
    return count;
  }

  /** Whether the path still names the file that was opened. Writes to a removed file would be lost. */
  isInPlace(): boolean {
    return inodeOf(this.file) === this.inode;
  }

  close(): void {
    if (!this.database.isOpen) return;
    this.retention.stop();
    try {
      // Afterwards this file is the whole store, and can be copied alone.
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Another process is using the store. Nothing is lost: the log stays next to the file.
    }
    this.database.close();
  }

  private transaction(work: () => void): void {
    orStoreError(this.file, () =>
      runTransaction(this.database, () => {
        this.rows.events.catchUp();
        work();
      }),
    );
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}
