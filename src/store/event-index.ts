import { hash } from 'node:crypto';
import type { Database } from './database.ts';

/** How many of the newest captures a repeat is looked for among. */
const REMEMBERED = 50_000;

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
  find(eventKey: number, eventId: Buffer, valid: number): string | null;
}

/** 48 bits of an event's identity: what fits a number. */
export function toEventKey(eventId: Buffer): number {
  return hash('sha256', eventId, 'buffer').readUIntBE(0, 6);
}

export function createEventIndex(database: Database): EventIndex {
  const selectNewer = database.prepare(
    'SELECT seq, event_key FROM captures INDEXED BY captures_arrival WHERE seq > ? ORDER BY seq',
  );
  const selectNewest = database.prepare('SELECT max(seq) AS seq FROM captures');
  const selectCandidate = database.prepare(
    'SELECT id FROM captures WHERE seq = ? AND event_id = ? AND valid = ?',
  );
  /** Event key → seq of every remembered capture with that key, oldest first. */
  const seqs = new Map<number, number | number[]>();
  const order: number[] = [];
  let seen = -1;

  const remember = (key: number, seq: number): void => {
    const known = seqs.get(key);
    if (known === undefined) {
      seqs.set(key, seq);
      order.push(key);
    } else if (typeof known === 'number') seqs.set(key, [known, seq]);
    // One valid and one invalid capture of an event are enough to know its repeats.
    else if (known.length < 4) known.push(seq);
    if (order.length > 2 * REMEMBERED) {
      for (const old of order.splice(0, REMEMBERED)) seqs.delete(old);
    }
  };

  return {
    catchUp: () => {
      const newest = (selectNewest.get() as { seq: number | null }).seq ?? 0;
      if (seen === -1) seen = Math.max(0, newest - REMEMBERED);
      // After a rollback the last numbers are given out again.
      seen = Math.min(seen, newest);
      if (seen === newest) return;
      const rows = selectNewer.all(seen) as Array<{ seq: number; event_key: number }>;
      for (const { seq, event_key } of rows) remember(event_key, seq);
      seen = newest;
    },
    add: (eventKey, seq) => {
      remember(eventKey, seq);
      seen = seq;
    },
    find: (eventKey, eventId, valid) => {
      const known = seqs.get(eventKey) ?? [];
      for (const seq of typeof known === 'number' ? [known] : known) {
        const row = selectCandidate.get(seq, eventId, valid) as { id: string } | undefined;
        if (row !== undefined) return row.id;
      }
      return null;
    },
  };
}
