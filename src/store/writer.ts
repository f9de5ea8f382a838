import { errorCode, errorMessage, RelyableError } from '../errors.ts';
import type { Capture } from '../request/capture.ts';
import { type CaptureReader, createReader } from './captures.ts';
import { Drain } from './journal/drain.ts';
import { overlayPending } from './journal/pending-view.ts';
import { PendingEvents } from './journal/pending-events.ts';
import type { Place } from './journal/journal-writer.ts';
import { inodeOf, journalFolder, listSegments } from './journal/segments.ts';
import { hasArrivals, migrateArrivals } from './migrate-arrivals.ts';
import {
  createRetention,
  MAX_STORE_BYTES,
  type PruneLimit,
  pruneStore,
  type Retention,
} from './retention.ts';
import { RowWriter } from './row-writer.ts';
import { type Rows, toCaptureRow, toForwardRow, toNewCapture } from './rows.ts';
import {
  type Database,
  JOURNAL_VERSION,
  openDatabase,
  readPragma,
  runTransaction,
  storeError,
} from './schema.ts';

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
export function openReader(file: string): CaptureReader | undefined {
  const database = openDatabase(file, 'read');
  if (database === undefined) return undefined;
  return orClose(file, database, () => {
    const folder = journalFolder(file);
    return createReader(file, database, () => {
      if (!hasPending(folder, database)) return false;
      const problem = tryDrain(file);
      if (problem === null) return false;
      // Where the journal cannot be drained, it is read in place.
      if (hasArrivals(database)) throw problem;
      overlayPending(folder, database);
      return true;
    });
  });
}

/** Whether there is anything to drain, or a segment that the store knows is missing. */
function hasPending(folder: string, database: Database): boolean {
  if (listSegments(folder).length > 0 || hasArrivals(database)) return true;
  if (readPragma(database, 'user_version') < JOURNAL_VERSION) return false;
  return database.prepare('SELECT 1 FROM journal_segments').get() !== undefined;
}

/** Drains the journal; what keeps it from being drained, a full disk or a store of another user. */
function tryDrain(file: string): unknown {
  try {
    const store = openStore(file);
    try {
      store.drainAll();
    } finally {
      store.close();
    }
    return null;
  } catch (error) {
    if (isUnwritable(error)) return error;
    throw error;
  }
}

function isUnwritable(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  return (
    /EACCES|EPERM|EROFS|ENOSPC|EDQUOT|EFBIG/.test(errorCode(cause) ?? '') ||
    /readonly|disk is full|disk I\/O error/i.test(errorMessage(cause))
  );
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

/** After a burst of this many captures SQLite's log is copied into the file. */
const CHECKPOINT_CAPTURES = 1000;

/** The writing side of a store. Reads drain the journal first; all that fails is STORE_UNUSABLE. */
export class CaptureStore implements CaptureReader {
  readonly get: CaptureReader['get'];
  readonly list: CaptureReader['list'];
  readonly newest: CaptureReader['newest'];
  readonly ofEvent: CaptureReader['ofEvent'];
  readonly each: CaptureReader['each'];
  private readonly file: string;
  private readonly inode: number | undefined;
  private readonly database: Database;
  private readonly rows: RowWriter;
  private readonly drain: Drain;
  private readonly pending: PendingEvents;
  private readonly retention: Retention;
  private sinceCheckpoint = 0;

  constructor(file: string, database: Database, maxBytes: number) {
    this.file = file;
    this.inode = inodeOf(file);
    this.database = database;
    this.rows = new RowWriter(database);
    const folder = journalFolder(file);
    this.pending = new PendingEvents(folder);
    const { rows } = this;
    this.drain = new Drain({
      storeFile: file,
      folder,
      database,
      sink: {
        capture: (row) => {
          rows.capture(row);
          this.sinceCheckpoint += 1;
        },
        forward: (row) => rows.forward(row),
        answered: (id, status) => rows.answered(id, status),
        reason: (id, reason) => rows.reason(id, reason),
      },
      transaction: (work) => this.transaction(work),
    });
    this.retention = createRetention(database, maxBytes);
    const reader = createReader(file, database, () => {
      this.drainAll();
      return false;
    });
    ({ get: this.get, list: this.list, newest: this.newest } = reader);
    ({ ofEvent: this.ofEvent, each: this.each } = reader);
  }

  /** Takes in what an older version has left. */
  migrate(): void {
    migrateArrivals(this.file, this.database, this.rows, (work) => this.transaction(work));
  }

  /**
   * Stores rows in one commit: when it returns they are on disk (fsync'd). For each capture the id
   * of the first one of the same event with the same verdict; null for the first.
   */
  write({
    captures = [],
    forwards = [],
    answered = [],
    reasons = [],
  }: Partial<Rows>): Array<string | null> {
    this.drainAll();
    let firsts: Array<string | null> = [];
    this.transaction(() => {
      firsts = captures.map((row) => this.rows.capture(row));
      for (const row of forwards) this.rows.forward(row);
      for (const [id, status] of answered) this.rows.answered(id, status);
      for (const [id, reason] of reasons) this.rows.reason(id, reason);
    });
    this.retention.check();
    return firsts;
  }

  /** Stores captures of another store with their forwards; how many were new. */
  import(captures: Iterable<Capture>): number {
    this.drainAll();
    const isKnown = this.database.prepare('SELECT 1 FROM captures WHERE id = ?');
    let count = 0;
    this.transaction(() => {
      for (const capture of captures) {
        if (isKnown.get(capture.id) !== undefined) continue;
        this.rows.capture(toCaptureRow(toNewCapture(capture)));
        for (const forward of capture.forwards) {
          this.rows.forward(toForwardRow(capture.id, forward));
        }
        count += 1;
      }
    });
    return count;
  }

  /** Removes the oldest; how many. */
  prune(limit: PruneLimit): number {
    this.drainAll();
    return pruneStore(this.file, this.database, limit);
  }

  /** Notes a segment that a writer has started. */
  register(segment: string): void {
    this.drain.register(segment);
  }

  /**
   * For each capture of a group that was written to the journal: the id of the first one of the
   * same event with the same verdict, pending or not; null for the first.
   */
  firstsOf({ segment, from, to }: Place): Array<string | null> {
    try {
      this.pending.catchUp(segment);
      const identities = this.pending.read(segment, from, to);
      const pending = identities.map((identity) => {
        const first = this.pending.find(identity);
        if (first === null) this.pending.add(identity);
        return first;
      });
      // In this order: what is drained in between is found here. Once for the group, as it is a query.
      this.rows.events.catchUp();
      return identities.map(
        (identity, index) => this.rows.events.find(identity) ?? pending[index] ?? null,
      );
    } catch (error) {
      throw storeError(this.file, error);
    }
  }

  /** Moves a part of the journal into SQLite; how many bytes, 0 where nothing is pending. */
  drainPart(): number {
    const moved = this.drain.part();
    this.retention.check();
    return moved;
  }

  /** Moves all of the journal into SQLite and removes it. Throws once for what is damaged in it. */
  drainAll(): void {
    // Within a transaction it was done before.
    if (this.database.isTransaction) return;
    try {
      this.drain.all();
    } catch (error) {
      throw storeError(this.file, error);
    }
    this.retention.check();
    this.throwDamages();
  }

  /** Everything is drained and it is quiet: copies SQLite's log now, so that no burst has to. */
  onIdle(): void {
    if (this.sinceCheckpoint >= CHECKPOINT_CAPTURES) {
      this.database.exec('PRAGMA wal_checkpoint(PASSIVE)');
    }
    this.sinceCheckpoint = 0;
  }

  /** Throws the damages that were found and not reported yet. */
  throwDamages(): void {
    const [first, ...others] = this.drain.takeDamages();
    if (first === undefined) return;
    if (others.length === 0) throw first;
    const { message, hint } = first;
    throw new RelyableError(
      'STORE_UNUSABLE',
      `${message}, and ${others.length} more like it`,
      hint === undefined ? {} : { hint },
    );
  }

  /** Whether the file is still the one that was opened: what is written to a removed one is lost. */
  isInPlace(): boolean {
    return inodeOf(this.file) === this.inode;
  }

  /** Closes the store; what is in the journal stays there. */
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
    try {
      runTransaction(this.database, () => {
        this.rows.events.catchUp();
        work();
      });
    } catch (error) {
      throw storeError(this.file, error);
    }
  }
}
