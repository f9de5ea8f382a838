import { type Database, readPragma } from './database.ts';
import { createSeqTable, type EventIndex, SEQ_TABLE_CAPACITY, toEventKey } from './event-index.ts';
import { asBuffer, type CaptureIdentity, headOf, type RowSource, unpackRows } from './rows.ts';

/** So many captures, or bytes, may wait. */
const WAITING_CAPTURES = 20_000;
const WAITING_BYTES = 64 * 1024 * 1024;
/** Settled in one commit, about: what arrives meanwhile waits for it, a few milliseconds. */
const SETTLED_CAPTURES = 100;
const SETTLED_BYTES = 256 * 1024;

/**
 * Batches as they arrived, each of them one row of the table `arrivals` until it is settled, that
 * is moved to the tables that are read. One row for dozens of captures and their forwards makes a
 * burst durable at a fraction of the cost. Whoever reads settles first, so nobody misses any.
 */
export interface Arrivals {
  /**
   * Keeps a packed batch, which holds those captures, in one commit. For each of them the id of the
   * first one of the same event with the same verdict; null for the first.
   */
  append(batch: Buffer, captures: readonly CaptureIdentity[]): Array<string | null>;
  /** Moves the oldest in one commit, a part of what waits, one batch at least; how many captures. */
  settle(): number;
  /** Whether as much waits as may. */
  isCrowded(): boolean;
  /** Nothing waits, whoever settled it. */
  forget(): void;
}

/** The schema's first version with the table. */
const ARRIVALS_VERSION = 3;

/** Tells whether any wait, whoever took them in. */
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
  readonly events: EventIndex;
  /** Runs the work in one commit. */
  readonly transaction: (work: () => void) => void;
  /** Writes rows where they are read, within a transaction; one answer for each capture. */
  readonly write: (rows: RowSource) => ReadonlyArray<string | null>;
}

export function createArrivals(options: ArrivalsOptions): Arrivals {
  const { database, events, transaction, write } = options;
  const insert = database.prepare('INSERT INTO arrivals (batch) VALUES (?)');
  const selectOldest = database.prepare('SELECT seq, batch FROM arrivals ORDER BY seq LIMIT 1');
  const selectBatch = database.prepare('SELECT batch FROM arrivals WHERE seq = ?');
  const remove = database.prepare('DELETE FROM arrivals WHERE seq = ?');
  /** In which batches events wait that were taken in here. */
  const waiting = createSeqTable();
  let waitingCaptures = 0;
  let waitingBytes = 0;

  /** Id of the first capture of that event with that verdict that waits. */
  const findWaiting = (eventKey: number, wanted: CaptureIdentity): string | null => {
    for (const seq of waiting.find(eventKey)) {
      const row = selectBatch.get(seq) as Pick<Arrival, 'batch'> | undefined;
      // Settled meanwhile: then it was found among those.
      if (row === undefined) continue;
      const found = headOf(asBuffer(row.batch)).identities.find((one) => isRepeat(one, wanted));
      if (found !== undefined) return found.id;
    }
    return null;
  };

  return {
    append: (batch, captures) => {
      const keys = captures.map(({ eventId }) => toEventKey(eventId));
      let firsts: Array<string | null> = [];
      let seq = 0;
      transaction(() => {
        firsts = captures.map((capture, index) => {
          const key = keys[index] ?? 0;
          const before = captures.slice(keys.indexOf(key), index);
          return (
            events.find(key, capture.eventId, capture.valid) ??
            findWaiting(key, capture) ??
            before.find((one) => isRepeat(one, capture))?.id ??
            null
          );
        });
        seq = Number(insert.run(batch).lastInsertRowid);
      });
      if (waiting.size() + captures.length <= SEQ_TABLE_CAPACITY) {
        for (const [index, key] of keys.entries())
          if (firsts[index] === null) waiting.add(key, seq);
      }
      waitingCaptures += captures.length;
      waitingBytes += batch.length;
      return firsts;
    },
    settle: () => {
      let captures = 0;
      let bytes = 0;
      transaction(() => {
        while (captures < SETTLED_CAPTURES && bytes < SETTLED_BYTES) {
          const oldest = selectOldest.get() as Arrival | undefined;
          if (oldest === undefined) return;
          captures += write(unpackRows(asBuffer(oldest.batch))).length;
          remove.run(oldest.seq);
          bytes += oldest.batch.length;
        }
      });
      waitingCaptures -= captures;
      waitingBytes -= bytes;
      return captures;
    },
    isCrowded: () => waitingCaptures >= WAITING_CAPTURES || waitingBytes >= WAITING_BYTES,
    forget: () => {
      waiting.clear();
      waitingCaptures = 0;
      waitingBytes = 0;
    },
  };
}

interface Arrival {
  readonly seq: number;
  readonly batch: Uint8Array;
}

function isRepeat(one: CaptureIdentity, other: CaptureIdentity): boolean {
  return one.valid === other.valid && Buffer.compare(one.eventId, other.eventId) === 0;
}
