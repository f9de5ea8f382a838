import type { Capture, Forward } from '../request/capture.ts';
import type { HeaderPair } from '../request/request.ts';
import type { Reason } from '../signature/verify.ts';
import { type Database, storeError } from './database.ts';
import { asBuffer, toBlob } from './rows.ts';

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

const READ_CHUNK = 100;
/** More attempts of one event than this are told apart by nobody. */
const OF_EVENT_LIMIT = 50;

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

/** The captures that a read is about. */
type Chosen = ReadonlyArray<Pick<StoredCapture, 'seq'>>;

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

/** `settle` is called before each read: it moves what waits to where it is read. */
export function createReader(file: string, database: Database, settle: () => void): CaptureReader {
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

  /** The beginning of each read. */
  const settled = <T>(read: () => T): T =>
    guarded(() => {
      settle();
      return read();
    });

  /** One by one: a hundred large bodies are a gigabyte. */
  function* captures(chosen: Chosen): Generator<Capture> {
    for (const { seq } of chosen) {
      const row = guarded(() => selectBySeq.get(seq) as unknown as StoredCapture | undefined);
      // It may have been pruned meanwhile.
      if (row !== undefined) yield guarded(() => toCapture(row));
    }
  }

  function* newest(filter: CaptureFilter, limit: number): Generator<Capture> {
    const { where, values } = toWhere(filter);
    const sql = `SELECT seq FROM captures WHERE ${where} ORDER BY seq DESC LIMIT ?`;
    yield* captures(
      settled(() => database.prepare(sql).all(...values, limit) as unknown as Chosen),
    );
  }

  return {
    get: (id) =>
      settled(() => {
        const row = selectById.get(id) as unknown as StoredCapture | undefined;
        return row === undefined ? undefined : toCapture(row);
      }),
    list: (filter, limit) => [...newest(filter, limit)],
    newest,
    ofEvent: (eventId) =>
      settled(() => {
        const rows = selectOfEvent.all(toBlob(eventId), OF_EVENT_LIMIT) as unknown as Array<
          Pick<StoredCapture, 'id' | 'received_at'>
        >;
        return rows.map((row) => ({ id: row.id, receivedAt: row.received_at })).reverse();
      }),
    *each(filter) {
      const { where, values } = toWhere(filter);
      const sql = `SELECT seq FROM captures WHERE ${where} AND seq > ? ORDER BY seq LIMIT ?`;
      const select = settled(() => database.prepare(sql));
      for (let after = 0; ;) {
        const chosen = guarded(() => select.all(...values, after, READ_CHUNK) as unknown as Chosen);
        yield* captures(chosen);
        if (chosen.length < READ_CHUNK) return;
        after = chosen.at(-1)?.seq ?? after;
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
