import { type Database, orStoreError, readPragma } from './schema.ts';

/** The default size limit. If a store grows larger, its oldest captures are removed. */
export const MAX_STORE_BYTES = 2 * 1024 ** 3;
/** Captures are removed until the store has this share of the limit. */
const CAP_TARGET = 0.95;
/** Captures are removed in groups of this size, so that a listener that shares the store never waits for long. */
const PRUNE_CHUNK = 500;

/** Keeps a store below its size limit while captures are added. */
export interface Retention {
  /** Call it after adding captures. Above the limit, the oldest captures are removed in the background. */
  check(): void;
  /** Call it before the store is closed: nothing more is removed. */
  stop(): void;
}

export function createRetention(database: Database, maxBytes: number): Retention {
  const deleteOldest = database.prepare(
    `DELETE FROM captures WHERE seq IN (SELECT seq FROM captures ORDER BY seq LIMIT ?)
       AND seq < (SELECT max(seq) FROM captures)`,
  );
  const selectSpan = database.prepare(
    'SELECT (SELECT max(seq) FROM captures) - (SELECT min(seq) FROM captures) + 1 AS span',
  );
  let isOpen = true;
  let isMakingRoom = false;

  const usedBytes = (): number =>
    (readPragma(database, 'page_count') - readPragma(database, 'freelist_count')) *
    readPragma(database, 'page_size');

  /** Removes half of this share of the captures. The oldest may be large, so the full share could be too many. */
  const deleteShare = (share: number): number => {
    const span = (selectSpan.get() as { span: number | null }).span ?? 0;
    const count = Math.min(PRUNE_CHUNK, Math.max(1, Math.floor((span * share) / 2)));
    return deleteOldest.run(count).changes;
  };

  const makeRoom = (): void => {
    if (!isOpen) return;
    try {
      const used = usedBytes();
      const target = maxBytes * CAP_TARGET;
      isMakingRoom =
        used > (isMakingRoom ? target : maxBytes) && deleteShare(1 - target / used) > 0;
    } catch {
      // The next check tries again. The captures themselves are safe.
      isMakingRoom = false;
    }
    if (isMakingRoom) setImmediate(makeRoom);
  };

  return {
    check: () => {
      if (!isMakingRoom) setImmediate(makeRoom);
    },
    stop: () => {
      isOpen = false;
    },
  };
}

/**
 * Selects the captures that were stored before the time `before` (ms since 1970; for imported captures, the
 * time of the import counts), and all captures except the newest `keep`.
 */
export interface PruneLimit {
  readonly before?: number;
  readonly keep?: number;
}

/** The number of captures that at least one of the limits selects. Throws STORE_UNUSABLE. */
export function countPrunable(file: string, database: Database, limit: PruneLimit): number {
  const { where, values } = toWhere(limit);
  return orStoreError(file, () => {
    const count = database.prepare(`SELECT count(*) AS count FROM captures WHERE ${where}`);
    return (count.get(...values) as { count: number }).count;
  });
}

/** Removes the captures that at least one of the limits selects, and returns their number. Throws STORE_UNUSABLE. */
export function pruneStore(file: string, database: Database, limit: PruneLimit): number {
  const { where, values } = toWhere(limit);
  return orStoreError(file, () => {
    const remove = database.prepare(
      `DELETE FROM captures WHERE seq IN (SELECT seq FROM captures WHERE ${where} LIMIT ?)`,
    );
    let total = 0;
    for (;;) {
      const removed = remove.run(...values, PRUNE_CHUNK).changes;
      total += removed;
      if (removed === 0) break;
    }
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return total;
  });
}

function toWhere({ before, keep }: PruneLimit): { where: string; values: number[] } {
  const conditions = ['0'];
  const values: number[] = [];
  if (before !== undefined) {
    conditions.push('coalesce(imported_at, received_at) < ?');
    values.push(before);
  }
  if (keep !== undefined) {
    conditions.push('seq <= (SELECT seq FROM captures ORDER BY seq DESC LIMIT 1 OFFSET ?)');
    values.push(keep);
  }
  return { where: conditions.join(' OR '), values };
}
