import { hash } from 'node:crypto';
import type { Database } from './database.ts';

/** Slots of a table, a power of two; with three quarters of them taken a search looks at nine or so. */
const SLOTS = 65_536;
/** What a table takes before it is to be cleared. */
export const SEQ_TABLE_CAPACITY = 50_000;
/** How many of the newest captures a repeat is looked for among, at least; twice as many at most. */
const REMEMBERED = SEQ_TABLE_CAPACITY;
/** One valid and one invalid capture of an event are enough to know its repeats. */
const KEPT_OF_ONE_EVENT = 4;

/**
 * Finds the first capture of an event among the newest ones. Kept in memory, because an index on
 * disk of what is in effect random would write a page for every capture; it reads what other
 * processes added from an index in order of arrival.
 */
export interface EventIndex {
  /** Takes in what others added since. Call it when a transaction begins. */
  catchUp(): void;
  /** Takes in a capture that this transaction added. */
  add(eventKey: number, seq: number): void;
  /** Id of the first capture of that event with that verdict; null where there is none. */
  find(eventKey: number, eventId: Uint8Array, valid: number): string | null;
}

/** 48 bits of an event's identity: what fits a number. */
export function toEventKey(eventId: Uint8Array): number {
  return Number.parseInt(hash('sha256', eventId).slice(0, 12), 16);
}

export function createEventIndex(database: Database): EventIndex {
  const selectNewer = database.prepare(
    'SELECT seq, event_key FROM captures INDEXED BY captures_arrival WHERE seq > ? ORDER BY seq',
  );
  const selectNewest = database.prepare('SELECT max(seq) AS seq FROM captures');
  const selectCandidate = database.prepare(
    'SELECT id FROM captures WHERE seq = ? AND event_id = ? AND valid = ?',
  );
  let newest = createSeqTable();
  let older = createSeqTable();
  let seen = -1;

  const remember = (key: number, seq: number): void => {
    if (newest.size() >= REMEMBERED) {
      [newest, older] = [older, newest];
      newest.clear();
    }
    newest.add(key, seq);
  };

  return {
    catchUp: () => {
      const last = (selectNewest.get() as { seq: number | null }).seq ?? 0;
      if (seen === -1) seen = Math.max(0, last - REMEMBERED);
      // After a rollback the last numbers are given out again.
      seen = Math.min(seen, last);
      if (seen === last) return;
      const rows = selectNewer.all(seen) as Array<{ seq: number; event_key: number }>;
      for (const { seq, event_key } of rows) remember(event_key, seq);
      seen = last;
    },
    add: (eventKey, seq) => {
      remember(eventKey, seq);
      seen = seq;
    },
    find: (eventKey, eventId, valid) => {
      for (const seq of [...older.find(eventKey), ...newest.find(eventKey)]) {
        const row = selectCandidate.get(seq, eventId, valid) as { id: string } | undefined;
        if (row !== undefined) return row.id;
      }
      return null;
    },
  };
}

/** Numbers by number in arrays of fixed size: a Map of as many takes several times the memory, and grows. */
export interface SeqTable {
  size(): number;
  add(key: number, seq: number): void;
  /** The seqs of that key, in the order added. */
  find(key: number): number[];
  clear(): void;
}

export function createSeqTable(): SeqTable {
  const keys = new Float64Array(SLOTS);
  /** 0, which no row has, marks an empty slot. */
  const seqs = new Float64Array(SLOTS);
  let size = 0;
  // A key is part of a SHA-256: its low bits are as good as any hash.
  const after = (slot: number): number => (slot + 1) % SLOTS;

  const find = (key: number): number[] => {
    const found: number[] = [];
    for (let slot = key % SLOTS; seqs[slot] !== 0; slot = after(slot)) {
      if (keys[slot] === key) found.push(seqs[slot] ?? 0);
    }
    return found;
  };

  return {
    size: () => size,
    find,
    add: (key, seq) => {
      if (find(key).length >= KEPT_OF_ONE_EVENT) return;
      let slot = key % SLOTS;
      while (seqs[slot] !== 0) slot = after(slot);
      keys[slot] = key;
      seqs[slot] = seq;
      size += 1;
    },
    clear: () => {
      seqs.fill(0);
      size = 0;
    },
  };
}
