import { hash } from 'node:crypto';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import { type CaptureIdentity, toBlob } from './rows.ts';
import type { Database } from './schema.ts';

/** The number of slots of a table, a power of two. With three quarters of them taken, a search reads about nine. */
const SLOTS = 65_536;
/** Repeats are searched among at least this many of the newest captures, and at most twice as many. */
const REMEMBERED = 50_000;
/** The most captures under one key. One per event is enough to recognise repeats, but a few events may share a key. */
const KEPT_OF_ONE_KEY = 4;

/**
 * Finds the first capture of an event among the newest captures. The index is in memory: its keys are
 * practically random, so an index on disk would have to write a page for every capture. The captures of
 * other processes are read from the store in order of arrival.
 */
export interface EventIndex {
  /** Adds the captures that other processes stored since the last call. Call it when a transaction begins. */
  catchUp(): void;
  /** Adds a capture of this transaction, which is the first of its event. */
  add(identity: CaptureIdentity, seq: number): void;
  /** Id of the first remembered capture of the same event with the same verdict, or null. */
  find(identity: CaptureIdentity): string | null;
}

/** The identity of a capture's event, in the form in which it is stored and compared. */
export function toEventId({ declaredEventId, body }: CaptureIdentity): Uint8Array {
  return toBlob(declaredEventId ?? bodyIdentity(body));
}

/**
 * A 48-bit key, which fits into a number. Repeats of an event have equal keys; different events rarely do,
 * so matches are compared in full. Without a declared id, the key is made from the checksum and the length
 * of the body, because hashing a large body would take as long as all other work.
 */
export function toEventKey({ declaredEventId, body, bodyCrc }: CaptureIdentity): number {
  if (declaredEventId === null) return (body.length % 2 ** 16) * 2 ** 32 + bodyCrc;
  return Number.parseInt(hash('sha256', declaredEventId).slice(0, 12), 16);
}

/** The key of an event with a verdict: a capture is a repeat only if both are equal. */
function repeatKey(eventKey: number, valid: number): number {
  return eventKey * 2 + valid;
}

export function createEventIndex(database: Database): EventIndex {
  const selectNewer = database.prepare(
    'SELECT seq, event_key, valid FROM captures INDEXED BY captures_arrival WHERE seq > ? ORDER BY seq',
  );
  const selectNewest = database.prepare('SELECT max(seq) AS seq FROM captures');
  const selectCandidate = database.prepare(
    'SELECT id FROM captures WHERE seq = ? AND event_id = ? AND valid = ?',
  );
  const tables = new TablePair();
  let seen = -1;

  return {
    catchUp: () => {
      const last = (selectNewest.get() as { seq: number | null }).seq ?? 0;
      if (seen === -1) seen = Math.max(0, last - REMEMBERED);
      // After a rollback, the last sequence numbers are assigned again.
      seen = Math.min(seen, last);
      if (seen === last) return;
      // Row by row, because all rows would not fit into the small heap of the store's thread.
      const rows = selectNewer.iterate(seen) as Iterable<{
        seq: number;
        event_key: number;
        valid: number;
      }>;
      for (const { seq, event_key, valid } of rows)
        tables.add(repeatKey(event_key, valid), seq, false);
      seen = last;
    },
    add: (identity, seq) => {
      tables.add(repeatKey(toEventKey(identity), identity.valid), seq, true);
      seen = seq;
    },
    find: (identity) => {
      const candidates = tables.find(repeatKey(toEventKey(identity), identity.valid));
      if (candidates.length === 0) return null;
      const eventId = toEventId(identity);
      for (const seq of candidates) {
        const row = selectCandidate.get(seq, eventId, identity.valid);
        const id = (row as { id: string } | undefined)?.id;
        if (id !== undefined) return id;
      }
      return null;
    },
  };
}

/** Two tables. When the newer one is full, the older one is cleared and becomes the newer one. */
class TablePair {
  private newer = createSeqTable();
  private older = createSeqTable();

  add(key: number, seq: number, isFirst: boolean): void {
    if (this.newer.size() >= REMEMBERED) {
      [this.newer, this.older] = [this.older, this.newer];
      this.newer.clear();
    }
    this.newer.add(key, seq, isFirst);
  }

  find(key: number): number[] {
    return [...this.older.find(key), ...this.newer.find(key)];
  }
}

/**
 * A hash table from keys to sequence numbers, in arrays of fixed size: a Map with as many entries would
 * take several times the memory. It stores only the low 32 bits of a key, because every match is checked
 * in the store.
 */
interface SeqTable {
  size(): number;
  /**
   * `seq` is 1 or more. If a key already has `KEPT_OF_ONE_KEY` sequence numbers and `isFirst` is true, `seq`
   * replaces the last of them, whose capture was pruned or rolled back; otherwise `seq` is dropped.
   */
  add(key: number, seq: number, isFirst: boolean): void;
  /** The sequence numbers of this key, in the order in which they were added. */
  find(key: number): number[];
  clear(): void;
}

function createSeqTable(): SeqTable {
  const keys = new Uint32Array(SLOTS);
  /** 0 marks an empty slot; no row has this number. */
  const seqs = new Uint32Array(SLOTS);
  let size = 0;
  // The key is a hash already (a checksum or part of a SHA-256); its lowest bit is the verdict.
  const home = (key: number): number => Math.floor(key / 2) % SLOTS;
  const after = (slot: number): number => (slot + 1) % SLOTS;

  const find = (key: number): number[] => {
    const found: number[] = [];
    const kept = key % 2 ** 32;
    for (let slot = home(key); seqs[slot] !== 0; slot = after(slot)) {
      if (keys[slot] === kept) found.push(seqs[slot] ?? 0);
    }
    return found;
  };

  return {
    size: () => size,
    find,
    add: (key, seq, isFirst) => {
      let matches = 0;
      let slot = home(key);
      for (; seqs[slot] !== 0; slot = after(slot)) {
        if (keys[slot] === key % 2 ** 32) matches += 1;
        if (matches === KEPT_OF_ONE_KEY) {
          if (!isFirst) return;
          break;
        }
      }
      if (seqs[slot] === 0) size += 1;
      keys[slot] = key;
      seqs[slot] = seq;
    },
    clear: () => {
      seqs.fill(0);
      size = 0;
    },
  };
}
