import { hash } from 'node:crypto';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import { type CaptureIdentity, toBlob } from './rows.ts';
import type { Database } from './schema.ts';

/** Slots of a table, a power of two; with three quarters of them taken a search looks at nine or so. */
const SLOTS = 65_536;
/** A repeat is looked for among this many of the newest captures, and twice as many at most. */
const REMEMBERED = 50_000;
/** The first of an event is enough to know its repeats; others may share its key by chance. */
const KEPT_OF_ONE_KEY = 4;

/**
 * Finds the first capture of an event among the newest ones. The index is in memory,
 * because one on disk, of keys that are in effect random, would write a page for every capture; it reads
 * what other processes added from an index in order of arrival.
 */
export interface EventIndex {
  /** Takes in what others added since. Call it when a transaction begins. */
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
 * What repeats of an event have in common and other events hardly: 48 bits, which fit a number.
 * Of an event that declares no id it is the checksum of its bytes, since hashing a large body takes
 * as long as all the rest; what is found by it is compared anyway.
 */
export function toEventKey({ declaredEventId, body, bodyCrc }: CaptureIdentity): number {
  if (declaredEventId === null) return (body.length % 2 ** 16) * 2 ** 32 + bodyCrc;
  return Number.parseInt(hash('sha256', declaredEventId).slice(0, 12), 16);
}

/** Repeats have the verdict in common too. */
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
      // After a rollback the last numbers are given out again.
      seen = Math.min(seen, last);
      if (seen === last) return;
      // One by one: as a whole they are more than the small heap of the store's thread holds.
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
 * Numbers by number in arrays of fixed size: a Map of as many takes several times the memory, and
 * grows. Only the low 32 bits of each are stored: a match is checked in the store anyway.
 */
interface SeqTable {
  size(): number;
  /**
   * `seq` from 1 up. Of a key with several seqs already, one that `isFirst` replaces the last: the
   * captures of the others were pruned, or rolled back. Another is not needed.
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
  // A key is a checksum or part of a SHA-256, above the bit that is the verdict: as good as any hash.
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
