import { hash } from 'node:crypto';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import { type CaptureIdentity, toBlob } from './rows.ts';
import type { Database } from './schema.ts';

/** Slots of a table, a power of two; with three quarters of them taken a search looks at nine or so. */
const SLOTS = 65_536;
/** Repeats are searched among at least this many of the newest captures, at most twice as many. */
const REMEMBERED = 50_000;
/** The first capture of an event is enough to recognise its repeats; other events may share its key by chance. */
const KEPT_OF_ONE_KEY = 4;

/**
 * Finds the first capture of an event among the newest ones. The index is in memory: its keys are as good
 * as random, so that an index on disk would write a page for every capture. What other processes added is
 * read from the store in order of arrival.
 */
export interface EventIndex {
  /** Takes in what other processes added since the last call. Call it when a transaction begins. */
  catchUp(): void;
  /** Takes in a capture that this transaction added: the first of its event. */
  add(identity: CaptureIdentity, seq: number): void;
  /** Id of the first remembered capture of the same event with the same verdict, or null. */
  find(identity: CaptureIdentity): string | null;
}

/** The identity of a capture's event as it is stored, and compared. */
export function toEventId({ declaredEventId, body }: CaptureIdentity): Uint8Array {
  return toBlob(declaredEventId ?? bodyIdentity(body));
}

/**
 * A 48-bit key, which fits a number: equal for repeats of an event, rarely equal for others. Without a
 * declared id it is made from the body's checksum and length, because hashing a large body takes as long
 * as all other work. Matches are compared in full.
 */
export function toEventKey({ declaredEventId, body, bodyCrc }: CaptureIdentity): number {
  if (declaredEventId === null) return (body.length % 2 ** 16) * 2 ** 32 + bodyCrc;
  return Number.parseInt(hash('sha256', declaredEventId).slice(0, 12), 16);
}

/** A repeat has the same verdict, too. */
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
      // After a rollback the last sequence numbers are used again.
      seen = Math.min(seen, last);
      if (seen === last) return;
      // Row by row: all of them together do not fit the small heap of the store's thread.
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

/** Two tables that take turns: when the newer one is full, the older one is cleared and used again. */
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
 * A hash table from a key to sequence numbers, in arrays of fixed size: a Map with as many entries takes
 * several times the memory, and grows. It stores only the low 32 bits of a key, because a match is checked
 * in the store anyway.
 */
interface SeqTable {
  size(): number;
  /**
   * `seq` is 1 or more. If a key already has four seqs, a first capture replaces the last of them (their
   * captures were pruned or rolled back); any other is dropped.
   */
  add(key: number, seq: number, isFirst: boolean): void;
  /** The seqs of that key, in the order added. */
  find(key: number): number[];
  clear(): void;
}

function createSeqTable(): SeqTable {
  const keys = new Uint32Array(SLOTS);
  /** 0, which no row has, marks an empty slot. */
  const seqs = new Uint32Array(SLOTS);
  let size = 0;
  // A key is a checksum or part of a SHA-256, and the verdict in its lowest bit: no further hash is needed.
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
