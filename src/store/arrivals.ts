import { RelyableError } from '../errors.ts';
import type { BatchFiles } from './batch-files.ts';
import { type Database, readPragma, sqliteCode } from './database.ts';
import { createSeqTable, type EventIndex, SEQ_TABLE_CAPACITY, toEventKey } from './event-index.ts';
import {
  asBuffer,
  type BatchHead,
  type CaptureIdentity,
  headOf,
  type PackedHead,
  type RowSource,
  unpackRows,
  withBody,
} from './rows.ts';

/** So many captures may wait, and so many bytes in the table and in files. */
const WAITING_CAPTURES = 20_000;
const WAITING_ROW_BYTES = 64 * 1024 * 1024;
const WAITING_FILE_BYTES = 256 * 1024 * 1024;
/** Settled in one commit, about: what arrives meanwhile waits for it, a few milliseconds. */
const SETTLED_CAPTURES = 100;
const SETTLED_BYTES = 256 * 1024;
/** A batch's number and a capture's place in it are one number, so that a table of numbers takes both. */
const PLACES = 1024;
/** Memory for what is settled that is kept when it is quiet. */
const KEPT_BYTES = 1024 * 1024;

/**
 * Batches as they arrived, each of them one row of the table `arrivals` until it is settled, that
 * is moved to the tables that are read. One row for dozens of captures and their forwards makes a
 * burst durable at a fraction of the cost; of large bodies it names the file. Whoever reads
 * settles first, so nobody misses any.
 */
export interface Arrivals {
  /**
   * Keeps a packed batch, whose head is given, in one commit: whole in its row, or what comes behind
   * the head in a file. For each of its captures the id of the first one of the same event with the
   * same verdict; null for the first. Throws STORE_UNUSABLE, and then nothing of it was kept.
   */
  append(batch: Buffer, head: BatchHead, place: 'row' | 'file'): Array<string | null>;
  /**
   * Moves the oldest in one commit, a part of what waits, one batch at least. A batch whose file is
   * missing or damaged is set aside, and told here only.
   */
  settle(): Settled;
  /** Whether any waits that can be settled. */
  isWaiting(): boolean;
  /** Whether as much waits as may. */
  isCrowded(): boolean;
  /** Whether twice as much waits: then it cannot be settled, for whatever reason. */
  isOverfull(): boolean;
  /** Nothing waits, whoever settled it. */
  forget(): void;
  /** Removes files of batches that no longer wait, or never did. */
  sweep(): void;
}

export interface Settled {
  readonly captures: number;
  /** STORE_UNUSABLE, for each batch that was set aside. */
  readonly damages: readonly RelyableError[];
}

/** The schema's first version with the table as it is. */
const ARRIVALS_VERSION = 4;

/** Tells whether there are any, whoever took them in, those set aside included. */
export function createWaitingCheck(database: Database): () => boolean {
  let select: ReturnType<Database['prepare']> | undefined;
  return () => {
    if (select === undefined) {
      // A reader changes nothing, so it may see an older schema.
      if (readPragma(database, 'user_version') < ARRIVALS_VERSION) return false;
      select = database.prepare('SELECT 1 FROM arrivals LIMIT 1');
    }
    return select.get() !== undefined;
  };
}

export interface ArrivalsOptions {
  readonly database: Database;
  readonly files: BatchFiles;
  readonly events: EventIndex;
  /** Runs the work in one commit. */
  readonly transaction: (work: () => void) => void;
  /** Writes rows where they are read, within a transaction; one answer for each capture. */
  readonly write: (rows: RowSource) => ReadonlyArray<string | null>;
}

export function createArrivals(options: ArrivalsOptions): Arrivals {
  const { database, files, events, transaction, write } = options;
  const insert = database.prepare(
    'INSERT INTO arrivals (batch, file, file_bytes) VALUES (?, ?, ?)',
  );
  const selectOldest = database.prepare(
    'SELECT * FROM arrivals WHERE aside = 0 ORDER BY seq LIMIT 1',
  );
  const select = database.prepare('SELECT * FROM arrivals WHERE seq = ? AND aside = 0');
  const selectWaiting = database.prepare('SELECT 1 FROM arrivals WHERE aside = 0 LIMIT 1');
  const setAside = database.prepare('UPDATE arrivals SET aside = ? WHERE seq = ?');
  const selectNamed = database.prepare('SELECT 1 FROM arrivals WHERE file = ?');
  const remove = database.prepare('DELETE FROM arrivals WHERE seq = ?');
  /** Where the first captures of events wait that were taken in here: batch times `PLACES`, plus place. */
  const waiting = createSeqTable();
  const noBytes = { row: 0, file: 0 };
  let waitingCaptures = 0;
  let waitingBytes = { ...noBytes };

  const waitingShare = (): number =>
    Math.max(
      waitingCaptures / WAITING_CAPTURES,
      waitingBytes.row / WAITING_ROW_BYTES,
      waitingBytes.file / WAITING_FILE_BYTES,
    );

  /**
   * Batches that are settled are read into the same memory: what a statement was given parts of is
   * collected late, and 20 MB of it would pile up.
   */
  let memory = Buffer.alloc(0);

  const whole = ({ batch, file, file_bytes }: Arrival): Buffer => {
    const size = batch.length + (file_bytes ?? 0);
    if (size > memory.length) memory = Buffer.alloc(size);
    memory.set(batch);
    if (file !== null) files.read(file, 0, memory.subarray(batch.length, size));
    return memory.subarray(0, size);
  };

  const bodyOf = ({ batch, file }: Arrival, head: PackedHead): Uint8Array => {
    if (file === null) return withBody(asBuffer(batch), head).body;
    const body = Buffer.alloc(head.bodyBytes);
    files.read(file, head.bodyAt - batch.length, body);
    return body;
  };

  /** Id of the first capture of that event with that verdict that waits. */
  const findWaiting = (eventKey: number, wanted: CaptureIdentity): string | null => {
    for (const at of waiting.find(eventKey)) {
      const row = select.get(Math.floor(at / PLACES)) as Arrival | undefined;
      // Settled meanwhile: then it was found among those.
      if (row === undefined) continue;
      const head = headOf(asBuffer(row.batch)).heads[at % PLACES];
      if (head === undefined || (head.ownId === null && head.bodyBytes !== wanted.body.length)) {
        continue;
      }
      const body = head.ownId === null ? bodyOf(row, head) : Buffer.alloc(0);
      if (isRepeat({ ...head, body }, wanted)) return head.id;
    }
    return null;
  };

  /** How many captures of a batch were written; or why it cannot be read, and then none was. */
  const settleBatch = (arrival: Arrival): number | RelyableError => {
    let batch: Buffer;
    try {
      batch = whole(arrival);
    } catch (error) {
      if (error instanceof RelyableError) return error;
      throw error;
    }
    database.exec('SAVEPOINT batch');
    try {
      const { length } = write(unpackRows(batch));
      database.exec('RELEASE batch');
      return length;
    } catch (error) {
      if (arrival.file === null || !isAboutContent(error)) throw error;
      database.exec('ROLLBACK TO batch; RELEASE batch');
      return files.discard(arrival.file);
    }
  };

  // Its file may be back.
  const selectAside = database.prepare(
    'SELECT seq, file, file_bytes FROM arrivals WHERE aside = 1',
  );
  const aside = selectAside.all() as unknown as Array<Omit<Arrival, 'batch'>>;
  for (const { seq, file, file_bytes } of aside) {
    if (file !== null && files.holds(file, file_bytes ?? 0)) setAside.run(0, seq);
  }

  return {
    append: (batch, { heads, size }, place) => {
      const captures = heads.map((head) => withBody(batch, head));
      const keys = captures.map(toEventKey);
      let firsts: Array<string | null> = [];
      let seq = 0;
      let file: string | null = null;
      const keep = (): void => {
        firsts = captures.map((capture, index) => {
          const key = keys[index] ?? 0;
          const before = captures.slice(keys.indexOf(key), index);
          return (
            events.find(key, capture) ??
            findWaiting(key, capture) ??
            before.find((one) => isRepeat(one, capture))?.id ??
            null
          );
        });
        if (place === 'file') file = files.write(batch.subarray(size));
        const row =
          file === null
            ? [batch, null, null]
            : [batch.subarray(0, size), file, batch.length - size];
        seq = Number(insert.run(...row).lastInsertRowid);
      };
      try {
        transaction(keep);
      } catch (error) {
        if (file !== null) files.release(file);
        throw error;
      }
      if (waiting.size() + captures.length <= SEQ_TABLE_CAPACITY) {
        for (const [index, key] of keys.slice(0, PLACES).entries())
          if (firsts[index] === null) waiting.add(key, seq * PLACES + index);
      }
      waitingCaptures += captures.length;
      waitingBytes[place] += batch.length;
      return firsts;
    },
    settle: () => {
      const bytes = { ...noBytes };
      const settled: string[] = [];
      const damages: RelyableError[] = [];
      let captures = 0;
      transaction(() => {
        while (captures < SETTLED_CAPTURES && bytes.row + bytes.file < SETTLED_BYTES) {
          const oldest = selectOldest.get() as Arrival | undefined;
          if (oldest === undefined) return;
          const written = settleBatch(oldest);
          if (written instanceof RelyableError) {
            damages.push(written);
            setAside.run(1, oldest.seq);
            continue;
          }
          captures += written;
          remove.run(oldest.seq);
          bytes[oldest.file === null ? 'row' : 'file'] +=
            oldest.batch.length + (oldest.file_bytes ?? 0);
          if (oldest.file !== null) settled.push(oldest.file);
        }
      });
      for (const name of settled) files.release(name);
      waitingCaptures -= captures;
      waitingBytes.row -= bytes.row;
      waitingBytes.file -= bytes.file;
      return { captures, damages };
    },
    isWaiting: () => selectWaiting.get() !== undefined,
    isCrowded: () => waitingShare() >= 1,
    isOverfull: () => waitingShare() >= 2,
    forget: () => {
      waiting.clear();
      waitingCaptures = 0;
      waitingBytes = { ...noBytes };
      if (memory.length > KEPT_BYTES) memory = Buffer.alloc(0);
    },
    sweep: () => {
      if (!files.exist()) return;
      transaction(() => files.sweep((name) => selectNamed.get(name) !== undefined));
    },
  };
}

interface Arrival {
  readonly seq: number;
  /** All of it, or what comes before the file. */
  readonly batch: Uint8Array;
  readonly file: string | null;
  readonly file_bytes: number | null;
}

/** Whether what was read is not what was written, and not the disk's or another process's doing. */
function isAboutContent(error: unknown): boolean {
  const code = sqliteCode(error);
  return error instanceof RangeError || code === 'SQLITE_CONSTRAINT' || code === 'SQLITE_MISMATCH';
}

/** Whether both are captures of the same event with the same verdict. */
function isRepeat(one: CaptureIdentity, other: CaptureIdentity): boolean {
  if (one.valid !== other.valid) return false;
  if (one.ownId !== null && other.ownId !== null) return isSame(one.ownId, other.ownId);
  return one.ownId === other.ownId && isSame(one.body, other.body);
}

function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}
