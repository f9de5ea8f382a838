import type { Capture, Forward } from '../webhook/capture.ts';
import type { HeaderPair } from '../webhook/request.ts';
import type { Reason } from '../webhook/verification.ts';
import { createEventIndex, toEventKey } from './event-index.ts';
import { type Database, openDatabase, readPragma, runTransaction, storeError } from './database.ts';
import {
  type CaptureRow,
  type ForwardRow,
  type Rows,
  toBlob,
  toCaptureRow,
  toForwardRow,
} from './rows.ts';

export interface CaptureFilter {
  readonly event?: string;
  /** Only those whose signature did not verify. */
  readonly invalid?: boolean;
  /** Only those with a forward that was not answered 200. */
  readonly failed?: boolean;
  /** Received at or after, ms since 1970. */
  readonly since?: number;
}

/** Reading side: works while other processes write. */
export interface CaptureReader {
  get(id: string): Capture | undefined;
  /** Newest first, at most `limit`. */
  list(filter: CaptureFilter, limit: number): Capture[];
  /** The same, read one by one: memory stays flat. */
  newest(filter: CaptureFilter, limit: number): Generator<Capture>;
  /** Ids and times of an event's newest captures, oldest first: one for each attempt that came. */
  ofEvent(eventId: string): Array<Pick<Capture, 'id' | 'receivedAt'>>;
  /** Oldest first, all that match, a few at a time: memory stays flat. */
  each(filter: CaptureFilter): Generator<Capture>;
  close(): void;
}

/** Writing side. */
export interface CaptureStore extends CaptureReader {
  /**
   * Keeps rows in one commit: when it returns they are on disk (fsync'd). For each capture the id
   * of the first one of the same event with the same verdict; null for the first. Throws
   * STORE_UNUSABLE, and then nothing of it was kept.
   */
  write(rows: Partial<Rows>): Array<string | null>;
  /** Keeps captures of elsewhere with their forwards; how many were new. */
  import(captures: Iterable<Capture>): number;
  /** Removes the oldest; how many. */
  prune(limit: { readonly before?: number; readonly keep?: number }): number;
}

/**
 * The default cap: once a store holds this much, its oldest captures make room. Checked every
 * `CAP_CHECK_EVERY` captures.
 */
export const MAX_STORE_BYTES = 2 * 1024 ** 3;
const CAP_CHECK_EVERY = 1000;
/** Above how much of the cap it prunes down to. */
const CAP_TARGET = 0.95;
const PRUNE_CHUNK = 500;
const READ_CHUNK = 100;
/** More attempts of one event than this are told apart by nobody. */
const OF_EVENT_LIMIT = 50;

/** Opens the store for writing, making it where there is none. */
export function openStore(file: string, maxBytes = MAX_STORE_BYTES): CaptureStore {
  const database = openDatabase(file, 'write');
  return orClose(file, database, () => createStore(file, database, maxBytes));
}

/** Opens the store for reading; undefined where there is none yet. */
export function openReader(file: string): CaptureReader | undefined {
  const database = openDatabase(file, 'read');
  if (database === undefined) return undefined;
  return orClose(file, database, () => createReader(file, database));
}

/** A damaged file may only show when the first statement is prepared. */
function orClose<T>(file: string, database: Database, create: () => T): T {
  try {
    return create();
  } catch (error) {
    database.close();
    throw storeError(file, error);
  }
}

const COLUMNS =
  'seq, id, received_at, method, path, http_version, headers, body, event, event_id, valid, reason, duplicate_of, answered';

interface StoredCapture {
  readonly seq: number;
  readonly id: string;
  readonly received_at: number;
  readonly method: string;
  readonly path: Uint8Array;
  readonly http_version: string;
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
  readonly event: Uint8Array | null;
  readonly event_id: Uint8Array;
  readonly valid: number;
  readonly reason: Reason;
  readonly duplicate_of: string | null;
  readonly answered: number | null;
}

interface StoredForward {
  readonly kind: 'forward' | 'replay';
  readonly at: number;
  readonly url: string;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error: Uint8Array | null;
  readonly response_headers: Uint8Array;
  readonly response_body: Uint8Array;
  readonly edited: number;
}

const fromBlob = (blob: Uint8Array): string => asBuffer(blob).toString('utf8');
const asBuffer = (blob: Uint8Array): Buffer =>
  Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength);

function createReader(file: string, database: Database): CaptureReader {
  const selectForwards = database.prepare(
    'SELECT * FROM forwards WHERE capture_id = ? ORDER BY seq',
  );
  const selectOfEvent = database.prepare(
    'SELECT id, received_at FROM captures WHERE event_id = ? ORDER BY seq DESC LIMIT ?',
  );
  const selectBySeq = database.prepare(`SELECT ${COLUMNS} FROM captures WHERE seq = ?`);
  const selectById = database.prepare(`SELECT ${COLUMNS} FROM captures WHERE id = ?`);

  const toCapture = (row: StoredCapture): Capture => {
    const forwards = (selectForwards.all(row.id) as unknown as StoredForward[]).map(toForward);
    const first = forwards.find(({ kind }) => kind === 'forward');
    return {
      id: row.id,
      receivedAt: row.received_at,
      method: row.method,
      path: fromBlob(row.path),
      httpVersion: row.http_version,
      headers: JSON.parse(fromBlob(row.headers)) as HeaderPair[],
      body: asBuffer(row.body),
      event: row.event === null ? null : fromBlob(row.event),
      eventId: fromBlob(row.event_id),
      verification: { valid: row.valid === 1, reason: row.reason },
      duplicateOf: row.duplicate_of,
      // Without an answer of its own the sender got what the app said.
      answered: row.answered ?? first?.status ?? null,
      forwards,
    };
  };

  const guarded = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      throw storeError(file, error);
    }
  };

  function* newest(filter: CaptureFilter, limit: number): Generator<Capture> {
    const { where, values } = toWhere(filter);
    const sql = `SELECT seq FROM captures WHERE ${where} ORDER BY seq DESC LIMIT ?`;
    const chosen = guarded(
      () => database.prepare(sql).all(...values, limit) as Array<Pick<StoredCapture, 'seq'>>,
    );
    for (const { seq } of chosen) {
      const row = guarded(() => selectBySeq.get(seq) as unknown as StoredCapture | undefined);
      // It may have been pruned meanwhile.
      if (row !== undefined) yield guarded(() => toCapture(row));
    }
  }

  return {
    get: (id) =>
      guarded(() => {
        const row = selectById.get(id) as unknown as StoredCapture | undefined;
        return row === undefined ? undefined : toCapture(row);
      }),
    list: (filter, limit) => [...newest(filter, limit)],
    newest,
    ofEvent: (eventId) =>
      guarded(() => {
        const rows = selectOfEvent.all(toBlob(eventId), OF_EVENT_LIMIT) as unknown as Array<
          Pick<StoredCapture, 'id' | 'received_at'>
        >;
        return rows.map((row) => ({ id: row.id, receivedAt: row.received_at })).reverse();
      }),
    *each(filter) {
      const { where, values } = toWhere(filter);
      const sql = `SELECT ${COLUMNS} FROM captures WHERE ${where} AND seq > ? ORDER BY seq LIMIT ?`;
      const select = guarded(() => database.prepare(sql));
      for (let after = 0; ;) {
        const rows = guarded(
          () => select.all(...values, after, READ_CHUNK) as unknown as StoredCapture[],
        );
        for (const row of rows) yield guarded(() => toCapture(row));
        if (rows.length < READ_CHUNK) return;
        after = rows.at(-1)?.seq ?? after;
      }
    },
    close: () => database.close(),
  };
}

function toForward(row: StoredForward): Forward {
  return {
    kind: row.kind,
    at: row.at,
    url: row.url,
    status: row.status,
    durationMs: row.duration_ms,
    error: row.error === null ? null : fromBlob(row.error),
    responseHeaders: JSON.parse(fromBlob(row.response_headers)) as HeaderPair[],
    responseBody: asBuffer(row.response_body),
    edited: row.edited === 1,
  };
}

function toWhere(filter: CaptureFilter): {
  where: string;
  values: Array<string | number | Buffer>;
} {
  const where = ['1'];
  const values: Array<string | number | Buffer> = [];
  if (filter.event !== undefined) {
    where.push('event = ?');
    values.push(toBlob(filter.event));
  }
  if (filter.since !== undefined) {
    where.push('received_at >= ?');
    values.push(filter.since);
  }
  if (filter.invalid === true) where.push('valid = 0');
  if (filter.failed === true) {
    where.push('id IN (SELECT capture_id FROM forwards WHERE status IS NOT 200)');
  }
  return { where: where.join(' AND '), values };
}

function createStore(file: string, database: Database, maxBytes: number): CaptureStore {
  const reader = createReader(file, database);
  const insertCapture = database.prepare(
    `INSERT INTO captures (id, received_at, method, path, http_version, headers, body, event, event_id, event_key, valid, reason, duplicate_of, answered)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const insertForward = database.prepare(
    `INSERT INTO forwards (capture_id, kind, at, url, status, duration_ms, error, response_headers, response_body, edited)
     SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM captures WHERE id = ?)`,
  );
  const updateAnswered = database.prepare('UPDATE captures SET answered = ? WHERE id = ?');
  const updateReason = database.prepare('UPDATE captures SET reason = ? WHERE id = ?');
  const events = createEventIndex(database);
  const deleteOldest = database.prepare(
    `DELETE FROM captures WHERE seq IN (SELECT seq FROM captures ORDER BY seq LIMIT ?)
       AND seq < (SELECT max(seq) FROM captures)`,
  );
  const selectSpan = database.prepare(
    'SELECT (SELECT max(seq) FROM captures) - (SELECT min(seq) FROM captures) + 1 AS span',
  );

  let sinceCapCheck = CAP_CHECK_EVERY;

  const transaction = (work: () => void): void => {
    try {
      runTransaction(database, () => {
        events.catchUp();
        work();
      });
    } catch (error) {
      throw storeError(file, error);
    }
  };

  const writeCapture = (row: CaptureRow): string | null => {
    const eventKey = toEventKey(row.eventId);
    const duplicateOf = events.find(eventKey, row.eventId, row.valid);
    const { lastInsertRowid } = insertCapture.run(
      row.id,
      row.receivedAt,
      row.method,
      row.path,
      row.httpVersion,
      row.headers,
      row.body,
      row.event,
      row.eventId,
      eventKey,
      row.valid,
      row.reason,
      duplicateOf,
      row.answered,
    );
    events.add(eventKey, Number(lastInsertRowid));
    return duplicateOf;
  };

  const writeForward = (row: ForwardRow): void => {
    insertForward.run(
      row.captureId,
      row.kind,
      row.at,
      row.url,
      row.status,
      row.durationMs,
      row.error,
      row.responseHeaders,
      row.responseBody,
      row.edited,
      row.captureId,
    );
  };

  const usedBytes = (): number =>
    (readPragma(database, 'page_count') - readPragma(database, 'freelist_count')) *
    readPragma(database, 'page_size');

  let isOpen = true;
  let isMakingRoom = false;
  /** Deletes a part at a time between other work until the store is below its cap. */
  const makeRoom = (): void => {
    if (!isOpen) return;
    try {
      const used = usedBytes();
      const target = maxBytes * CAP_TARGET;
      isMakingRoom =
        used > (isMakingRoom ? target : maxBytes) && deleteShare(1 - target / used) > 0;
    } catch {
      // Room is made at the next check; the captures themselves are safe.
      isMakingRoom = false;
    }
    if (isMakingRoom) setImmediate(makeRoom);
  };

  /** Half of what is too much, so that large captures among the newest are not swept along. */
  const deleteShare = (share: number): number => {
    const span = (selectSpan.get() as { span: number | null }).span ?? 0;
    const count = Math.min(PRUNE_CHUNK, Math.max(1, Math.floor((span * share) / 2)));
    return deleteOldest.run(count).changes;
  };

  return {
    ...reader,
    write: ({ captures = [], forwards = [], answered = [], reasons = [] }) => {
      let firsts: Array<string | null> = [];
      transaction(() => {
        firsts = captures.map(writeCapture);
        for (const forward of forwards) writeForward(forward);
        for (const [id, status] of answered) updateAnswered.run(status, id);
        for (const [id, reason] of reasons) updateReason.run(reason, id);
      });
      sinceCapCheck += captures.length;
      if (sinceCapCheck >= CAP_CHECK_EVERY) {
        sinceCapCheck = 0;
        if (!isMakingRoom) setImmediate(makeRoom);
      }
      return firsts;
    },
    import: (captures) => {
      let count = 0;
      transaction(() => {
        for (const capture of captures) {
          if (reader.get(capture.id) !== undefined) continue;
          writeCapture(toCaptureRow(capture));
          for (const forward of capture.forwards) writeForward(toForwardRow(capture.id, forward));
          count += 1;
        }
      });
      return count;
    },
    prune: (limit) => pruneStore(file, database, limit),
    close: () => {
      isOpen = false;
      try {
        // The file alone is then the whole store, for whoever copies it.
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } catch {
        // Another process is using it: nothing is lost, the log stays beside it.
      }
      reader.close();
    },
  };
}

function pruneStore(
  file: string,
  database: Database,
  { before, keep }: { readonly before?: number; readonly keep?: number },
): number {
  const conditions = ['0'];
  const values: number[] = [];
  if (before !== undefined) {
    conditions.push('received_at < ?');
    values.push(before);
  }
  if (keep !== undefined) {
    conditions.push('seq <= (SELECT seq FROM captures ORDER BY seq DESC LIMIT 1 OFFSET ?)');
    values.push(keep);
  }
  try {
    const remove = database.prepare(
      `DELETE FROM captures WHERE seq IN (SELECT seq FROM captures WHERE ${conditions.join(' OR ')} LIMIT ?)`,
    );
    let total = 0;
    for (;;) {
      // In chunks, so that a listener that shares the store is never kept waiting for long.
      const removed = remove.run(...values, PRUNE_CHUNK).changes;
      total += removed;
      if (removed === 0) break;
    }
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    return total;
  } catch (error) {
    throw storeError(file, error);
  }
}
