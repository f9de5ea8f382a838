import { hash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import type { Database } from './database.ts';
import { type CaptureIdentity, toBlob } from './rows.ts';

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
  /** Id of the first capture of the same event with the same verdict; null where there is none. */
  find(eventKey: number, identity: CaptureIdentity): string | null;
}

/** The identity of a capture's event as it is stored, and compared. */
export function toEventId({ ownId, body }: CaptureIdentity): Uint8Array {
  return ownId ?? toBlob(bodyIdentity(body));
}

/**
 * What repeats of an event have in common and other events hardly: 48 bits, which fit a number. Of an
 * event without an id it is a checksum of its bytes, since hashing a large body takes as long as the
 * rest; what is found by it is compared anyway.
 */
export function toEventKey({ ownId, body }: CaptureIdentity): number {
  if (ownId === null) return (body.length % 2 ** 16) * 2 ** 32 + crc32(body);
  return Number.parseInt(hash('sha256', ownId).slice(0, 12), 16);
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
      // One by one: as a whole they are more than the small heap of the store's thread holds.
      const rows = selectNewer.iterate(seen) as Iterable<{ seq: number; event_key: number }>;
      for (const { seq, event_key } of rows) remember(event_key, seq);
      seen = last;
    },
    add: (eventKey, seq) => {
      remember(eventKey, seq);
      seen = seq;
    },
    find: (eventKey, identity) => {
      const candidates = [...older.find(eventKey), ...newest.find(eventKey)];
      if (candidates.length === 0) return null;
      const eventId = toEventId(identity);
      for (const seq of candidates) {
        const row = selectCandidate.get(seq, eventId, identity.valid);
        if (row !== undefined) return (row as { id: string }).id;
      }
      return null;
    },
  };
}

/**
 * Numbers by number in arrays of fixed size: a Map of as many takes several times the memory, and
 * grows. The low 32 bits of either are kept: what is found is looked at in the store anyway.
 */
export interface SeqTable {
  size(): number;
  add(key: number, seq: number): void;
  /** The seqs of that key, in the order added. */
  find(key: number): number[];
  clear(): void;
}

export function createSeqTable(): SeqTable {
  const keys = new Uint32Array(SLOTS);
  /** 0, which no row has, marks an empty slot. */
  const seqs = new Uint32Array(SLOTS);
  let size = 0;
  // A key is a checksum or part of a SHA-256: its low bits are as good as any hash.
  const after = (slot: number): number => (slot + 1) % SLOTS;

  const find = (key: number): number[] => {
    const found: number[] = [];
    const kept = key % 2 ** 32;
    for (let slot = key % SLOTS; seqs[slot] !== 0; slot = after(slot)) {
      if (keys[slot] === kept) found.push(seqs[slot] ?? 0);
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
