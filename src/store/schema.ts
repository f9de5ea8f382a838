import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DatabaseSync } from '@photostructure/sqlite';
import { errorMessage, RelyableError } from '../errors.ts';
import { makePrivateFolder } from '../system/private-folder.ts';

/** An open database; the API is that of `node:sqlite`. */
export type Database = InstanceType<typeof DatabaseSync>;

/** `RLYB`: marks the file as ours in the header of the database. */
const APPLICATION_ID = 0x52_4c_59_42;

/**
 * The migrations of the schema: entry n migrates from version n to n + 1. Bodies, headers and all other
 * input from outside are BLOBs, because the driver truncates text at a NUL.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE captures (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     received_at INTEGER NOT NULL,
     method TEXT NOT NULL,
     path BLOB NOT NULL,
     http_version TEXT NOT NULL,
     headers BLOB NOT NULL,
     body BLOB NOT NULL,
     event BLOB,
     event_id BLOB NOT NULL,
     event_key INTEGER NOT NULL,
     valid INTEGER NOT NULL,
     reason TEXT NOT NULL,
     duplicate_of TEXT,
     answered INTEGER
   ) STRICT;
   CREATE INDEX captures_arrival ON captures (seq, event_key);
   CREATE INDEX captures_event ON captures (event, seq);
   CREATE INDEX captures_invalid ON captures (seq) WHERE valid = 0;
   CREATE TABLE forwards (
     seq INTEGER PRIMARY KEY,
     capture_id TEXT NOT NULL REFERENCES captures (id) ON DELETE CASCADE,
     kind TEXT NOT NULL,
     at INTEGER NOT NULL,
     url TEXT NOT NULL,
     status INTEGER,
     duration_ms REAL NOT NULL,
     error BLOB,
     response_headers BLOB NOT NULL,
     response_body BLOB NOT NULL,
     edited INTEGER NOT NULL
   ) STRICT;
   CREATE INDEX forwards_capture ON forwards (capture_id);
   CREATE INDEX forwards_failed ON forwards (capture_id) WHERE status IS NOT 200;`,
  `CREATE TABLE emulator_endpoints (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     url BLOB NOT NULL,
     events TEXT NOT NULL,
     created_at INTEGER NOT NULL
   ) STRICT;
   CREATE TABLE emulator_deliveries (
     seq INTEGER PRIMARY KEY,
     id TEXT NOT NULL UNIQUE,
     endpoint_id TEXT NOT NULL,
     event_id BLOB,
     event BLOB,
     url BLOB NOT NULL,
     state TEXT NOT NULL,
     body BLOB NOT NULL,
     headers BLOB NOT NULL,
     next_retry_at INTEGER
   ) STRICT;
   CREATE TABLE emulator_attempts (
     seq INTEGER PRIMARY KEY,
     delivery_id TEXT NOT NULL REFERENCES emulator_deliveries (id) ON DELETE CASCADE,
     attempt INTEGER NOT NULL,
     at INTEGER NOT NULL,
     status INTEGER,
     response_body BLOB,
     duration_ms REAL,
     error BLOB
   ) STRICT;
   CREATE INDEX emulator_attempts_delivery ON emulator_attempts (delivery_id);`,
  `CREATE TABLE arrivals (
     seq INTEGER PRIMARY KEY,
     batch BLOB NOT NULL
   ) STRICT;`,
  // No release has stored rows in the previous table.
  `DROP TABLE arrivals;
   CREATE TABLE arrivals (
     seq INTEGER PRIMARY KEY,
     batch BLOB NOT NULL,
     file TEXT,
     file_bytes INTEGER,
     aside INTEGER NOT NULL DEFAULT 0
   ) STRICT;`,
  // The pending batches of `arrivals` are stored by `migrateArrivals`; the empty table stays.
  `ALTER TABLE captures ADD COLUMN body_crc INTEGER;
   DROP INDEX captures_arrival;
   CREATE INDEX captures_arrival ON captures (seq, event_key, valid);`,
  `ALTER TABLE captures ADD COLUMN source TEXT;
   ALTER TABLE captures ADD COLUMN imported_at INTEGER;`,
  `CREATE TABLE stream_positions (
     reader TEXT NOT NULL,
     stream TEXT NOT NULL,
     created TEXT NOT NULL,
     seq INTEGER NOT NULL,
     PRIMARY KEY (reader, stream, created)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE stream_unforwarded (
     capture_id TEXT PRIMARY KEY REFERENCES captures (id) ON DELETE CASCADE,
     reader TEXT NOT NULL,
     stream TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
  `CREATE TABLE listeners (
     seq INTEGER PRIMARY KEY,
     started_at INTEGER NOT NULL,
     ended_at INTEGER
   ) STRICT;
   CREATE TABLE catch_ups (since INTEGER NOT NULL) STRICT;`,
];

/** The first schema version with checksums of bodies. */
export const CHECKSUM_VERSION = 5;
/** The first schema version that records where a capture came from. */
export const ORIGIN_VERSION = 6;
/** The first schema version that records when listeners ran. */
export const LISTENERS_VERSION = 8;

/**
 * Opens a store file. `write` creates a missing file, private to the user, and migrates an older one.
 * `read` never changes the file, and returns undefined if it is missing. Throws STORE_UNUSABLE, without
 * changing the file, if it is not ours, is damaged or was written by a newer version.
 */
export function openDatabase(file: string, mode: 'write'): Database;
export function openDatabase(file: string, mode: 'read'): Database | undefined;
export function openDatabase(file: string, mode: 'read' | 'write'): Database | undefined {
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (found?.isDirectory() === true) {
      throw new RelyableError(
        'STORE_UNUSABLE',
        `the store ${file} cannot be used: it is a folder`,
        { hint: 'name a file in it with --store' },
      );
    }
    // An empty file was created but never written.
    if (mode === 'read' && (found?.size ?? 0) === 0) return undefined;
    if (mode === 'read') return openForReading(file);
    createPrivateFile(file);
    return openAt(file, file, false);
  } catch (error) {
    throw storeError(file, error);
  }
}

function openForReading(file: string): Database {
  try {
    return openAt(file, file, true);
  } catch (error) {
    // In a read-only folder, SQLite cannot create the index of the log. Without a log, no process is writing.
    if (sqliteCode(error) !== 'SQLITE_READONLY' || existsSync(`${file}-wal`)) throw error;
    return openAt(`${pathToFileURL(file).href}?immutable=1`, file, true);
  }
}

function openAt(address: string, file: string, readOnly: boolean): Database {
  const database = new DatabaseSync(address, { readOnly });
  try {
    // Set before anything reads the file, because another process may be writing.
    database.exec('PRAGMA busy_timeout = 5000');
    if (readOnly) requireOurs(database, file);
    else prepare(database, file);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Runs the work in one transaction. Afterwards all of it is on disk; if it throws, nothing is. */
export function runTransaction(database: Database, work: () => void): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    work();
    database.exec('COMMIT');
  } catch (error) {
    // SQLite may have rolled it back already, e.g. on a full disk.
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/** The code of an SQLite error, e.g. `SQLITE_READONLY`; undefined for other errors. */
export function sqliteCode(error: unknown): unknown {
  return (error as { readonly sqliteCodeName?: unknown }).sqliteCodeName;
}

/** Runs the work. If it fails, throws STORE_UNUSABLE. */
export function orStoreError<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(file, error);
  }
}

/** Converts any error of the store to a `RelyableError`. */
export function storeError(file: string, error: unknown): RelyableError {
  if (error instanceof RelyableError) return error;
  const message = errorMessage(error);
  const isDamaged = /not a database|malformed|corrupt/i.test(message);
  const isBusy = sqliteCode(error) === 'SQLITE_BUSY';
  return new RelyableError(
    'STORE_UNUSABLE',
    isDamaged
      ? `the store ${file} is damaged: ${message}`
      : `the store ${file} cannot be used: ${message}`,
    {
      hint: isDamaged
        ? 'it was left as it is; move it away to begin a new one, or name another with --store'
        : isBusy
          ? 'another process is using it; try again once that has ended'
          : 'check that the folder exists and is writable, or name another file with --store',
      cause: error,
    },
  );
}

function createPrivateFile(file: string): void {
  makePrivateFolder(dirname(file));
  closeSync(openSync(file, 'a', 0o600));
}

function prepare(database: Database, file: string): void {
  const version = requireOurs(database, file);
  // Measured with bodies of 1 KB and 100 KB: with pages of 8 KB and a log of 16 MB, SQLite writes the
  // fewest bytes. Captures are only added, so a cache of more than 1 MB gains nothing.
  database.exec(`
    PRAGMA page_size = 8192;
    PRAGMA cache_size = -1000;
    PRAGMA journal_mode = WAL;
    PRAGMA wal_autocheckpoint = 2000;
    PRAGMA synchronous = FULL;
    PRAGMA foreign_keys = ON;`);
  if (version === MIGRATIONS.length) return;
  database.exec('BEGIN IMMEDIATE');
  // Read again inside the lock, because another process may have migrated the file first.
  for (let from = readPragma(database, 'user_version'); from < MIGRATIONS.length; from++) {
    database.exec(MIGRATIONS[from] ?? '');
    database.exec(`PRAGMA user_version = ${from + 1}`);
  }
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}; COMMIT`);
}

/** The schema version. Throws if the file is not ours, or was written by a newer version. */
function requireOurs(database: Database, file: string): number {
  const version = readPragma(database, 'user_version');
  const owner = readPragma(database, 'application_id');
  const isEmpty = readPragma(database, 'schema_version') === 0;
  if (owner !== APPLICATION_ID && !isEmpty) {
    throw new RelyableError('STORE_UNUSABLE', `${file} is a database of another program`, {
      hint: 'it was left as it is; name another file with --store',
    });
  }
  if (version > MIGRATIONS.length) {
    throw new RelyableError(
      'STORE_UNUSABLE',
      `the store ${file} was written by a newer relyable (schema ${version}, this one knows ${MIGRATIONS.length})`,
      { hint: 'update relyable, or name another file with --store; it was left as it is' },
    );
  }
  return version;
}

export function readPragma(database: Database, name: string): number {
  return Number(Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0] ?? 0);
}
