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

/** Opens the store for writing, making it where there is none. */
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
    // What an older version left pending cannot be read before it is taken in.
    if (hasArrivals(database)) openStore(file).close();
    return createReader(file, database, options);
  });
}

/** Up to when listeners of this store received what came; see `readCoveredUntil`. */
export function readListenersEnd(file: string): number | undefined {
  const database = openDatabase(file, 'read');
  if (database === undefined) return undefined;
  try {
    return orStoreError(file, () => readCoveredUntil(database));
  } finally {
    database.close();
  }
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

/** The writing side of a store. All that fails is STORE_UNUSABLE. */
export class CaptureStore implements CaptureReader {
  readonly get: CaptureReader['get'];
  readonly list: CaptureReader['list'];
  readonly newest: CaptureReader['newest'];
  readonly ofEvent: CaptureReader['ofEvent'];
  readonly each: CaptureReader['each'];
  readonly eventsAfter: CaptureReader['eventsAfter'];
  /** Each call is a commit of its own. */
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

  /** Takes in what an older version has left. */
  migrate(): void {
    migrateArrivals(this.file, this.database, this.rows, (work) => this.transaction(work));
  }

  /**
   * Stores a group in one commit: when it returns it is on disk (fsync'd). For each capture the id
   * of the first one of the same event with the same verdict; null for the first.
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

  /** Stores captures of another store with their forwards; the ids of those that were new. */
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

  /** How many `prune` would remove. */
  prunable(limit: PruneLimit): number {
    return countPrunable(this.file, this.database, limit);
  }

  /** Removes the oldest; how many. */
  prune(limit: PruneLimit): number {
    return pruneStore(this.file, this.database, limit);
  }

  /** Removes these captures with their forwards; how many there were. */
  remove(ids: readonly string[]): number {
    const remove = this.database.prepare('DELETE FROM captures WHERE id = ?');
    let count = 0;
    this.transaction(() => {
      for (const id of ids) count += remove.run(id).changes;
    });
    return count;
  }

  /** Whether the file is still the one that was opened: what is written to a removed one is lost. */
  isInPlace(): boolean {
    return inodeOf(this.file) === this.inode;
  }

  close(): void {
    if (!this.database.isOpen) return;
    this.retention.stop();
    try {
      // The file alone is then the whole store, and can be copied.
      this.database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Another process is using it: nothing is lost, the log stays next to it.
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
