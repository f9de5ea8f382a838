import type { Capture, Forward } from '../request/capture.ts';
import type { HeaderPair } from '../request/request.ts';
import type { Reason } from '../signature/verify.ts';
import { crc32 } from 'node:zlib';
import { RelyableError } from '../errors.ts';
import {
  CHECKSUM_VERSION,
  type Database,
  ORIGIN_VERSION,
  orStoreError,
  readPragma,
} from './schema.ts';
import { asBuffer, fromBlob, fromNullableBlob, IS_INVALID, toBlob } from './rows.ts';

export interface CaptureFilter {
  /** Only these event types. */
  readonly events?: readonly string[];
  /** Only captures whose signature did not verify. */
  readonly invalid?: boolean;
  /** Only captures whose newest forward or replay was not answered 200. */
  readonly failed?: boolean;
  /** Received at or after, ms since 1970. */
  readonly since?: number;
}

/** The fields that distinguish the captures of one event. */
export type EventCapture = Pick<Capture, 'id' | 'receivedAt' | 'source'>;

/**
 * The event of a capture, and whether it was handled. A received request is handled once it was answered or
 * forwarded. One from the delivery log is handled only once the app has answered, because no sender retries it.
 */
export interface StoredEvent {
  readonly seq: number;
  readonly eventId: string;
  readonly isHandled: boolean;
}

export interface ReaderOptions {
  /** Called with the id of each damaged capture. If it is given, damaged captures are returned, too. */
  readonly onDamaged?: (id: string) => void;
}

/** Reads captures, also while other processes write. */
export interface CaptureReader {
  get(id: string): Capture | undefined;
  /** Newest first, at most `limit`. */
  list(filter: CaptureFilter, limit: number): Capture[];
  /** The same captures, read one by one in constant memory. */
  newest(filter: CaptureFilter, limit: number): Generator<Capture>;
  /** An event's newest captures, oldest first: one for each attempt that was received or read from the log. */
  ofEvent(eventId: string): EventCapture[];
  /**
   * The events of captures with a number above `seq` that were received, or imported, at `since` or later
   * (ms since 1970), oldest first.
   */
  eventsAfter(seq: number, since: number): StoredEvent[];
  /** All captures that match, oldest first, read a few at a time in constant memory. */
  each(filter: CaptureFilter): Generator<Capture>;
  close(): void;
}

const READ_CHUNK = 100;
/** The limit on the captures of one event that are returned. */
const OF_EVENT_LIMIT = 50;

/** A column as SQL, or NULL if the store's schema is older than the column: a reader does not migrate it. */
function columnSince(database: Database, first: number, column: string): string {
  return readPragma(database, 'user_version') < first ? `NULL AS ${column}` : column;
}

function columnsOf(database: Database): string {
  const crc = columnSince(database, CHECKSUM_VERSION, 'body_crc');
  return `seq, id, received_at, method, path, http_version, headers, body, ${crc}, event, event_id, valid, reason, duplicate_of, answered, ${originColumns(database)}`;
}

function originColumns(database: Database): string {
  return ['source', 'imported_at']
    .map((column) => columnSince(database, ORIGIN_VERSION, column))
    .join();
}

interface StoredCapture {
  readonly seq: number;
  readonly id: string;
  readonly received_at: number;
  readonly method: string;
  readonly path: Uint8Array;
  readonly http_version: string;
  readonly headers: Uint8Array;
  readonly body: Uint8Array;
  /** CRC-32 of the body; null in a capture that an older version stored. */
  readonly body_crc: number | null;
  readonly event: Uint8Array | null;
  readonly event_id: Uint8Array;
  readonly valid: number;
  readonly reason: Reason;
  readonly duplicate_of: string | null;
  readonly answered: number | null;
  readonly source: string | null;
  readonly imported_at: number | null;
}

/** The captures that are to be read. */
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
  /** 1: edited; 2: resigned; 3: both. */
  readonly edited: number;
}

/** Reads captures. Damaged ones are left out, and reported at the end with CAPTURE_DAMAGED. */
export function createReader(
  file: string,
  database: Database,
  { onDamaged }: ReaderOptions = {},
): CaptureReader {
  const statements = prepareStatements(database);

  const guarded = <T>(read: () => T): T => orStoreError(file, read);

  const toCapture = (row: StoredCapture): Capture => {
    const stored = statements.forwards.all(row.id) as unknown as StoredForward[];
    return rowToCapture(row, stored.map(toForward));
  };

  /** Whether a capture may be returned: it is undamaged, or the caller asked for damaged captures, too. */
  const isReadable = (row: StoredCapture): boolean => {
    if (!isDamaged(row)) return true;
    onDamaged?.(row.id);
    return onDamaged !== undefined;
  };

  /** Reads one by one, because a hundred large bodies are a gigabyte. Damaged captures are reported at the end. */
  function* captures(chosen: Chosen, damaged: string[]): Generator<Capture> {
    for (const { seq } of chosen) {
      const row = guarded(() => statements.bySeq.get(seq) as unknown as StoredCapture | undefined);
      if (row === undefined) {
        // The capture was pruned meanwhile, or its row is damaged if the index still has it.
        if (guarded(() => statements.isIndexed.get(seq)) !== undefined) {
          damaged.push(`the row of capture number ${seq} is missing`);
        }
      } else if (isReadable(row)) yield guarded(() => toCapture(row));
      else damaged.push(changedBody(row));
    }
  }

  function* newest(filter: CaptureFilter, limit: number): Generator<Capture> {
    const { where, values } = toWhere(filter);
    const sql = `SELECT seq FROM ${toTable(filter)} WHERE ${where} ORDER BY seq DESC LIMIT ?`;
    const chosen = guarded(() => database.prepare(sql).all(...values, limit) as unknown as Chosen);
    const damaged: string[] = [];
    yield* captures(chosen, damaged);
    if (damaged.length > 0) throw damagedCaptures(file, damaged);
  }

  function* each(filter: CaptureFilter): Generator<Capture> {
    const { where, values } = toWhere(filter);
    const sql = `SELECT seq FROM ${toTable(filter)} WHERE ${where} AND seq > ? ORDER BY seq LIMIT ?`;
    const select = guarded(() => database.prepare(sql));
    const damaged: string[] = [];
    for (let after = 0; ;) {
      const chosen = guarded(() => select.all(...values, after, READ_CHUNK) as unknown as Chosen);
      yield* captures(chosen, damaged);
      if (chosen.length < READ_CHUNK) break;
      after = chosen.at(-1)?.seq ?? after;
    }
    if (damaged.length > 0) throw damagedCaptures(file, damaged);
  }

  return {
    get: (id) =>
      guarded(() => {
        const row = statements.byId.get(id) as unknown as StoredCapture | undefined;
        if (row === undefined) return undefined;
        if (!isReadable(row)) throw damagedCaptures(file, [changedBody(row)]);
        return toCapture(row);
      }),
    list: (filter, limit) => [...newest(filter, limit)],
    newest,
    ofEvent: (eventId) =>
      guarded(() => {
        const rows = statements.ofEvent.all(toBlob(eventId), OF_EVENT_LIMIT) as unknown as Array<
          Pick<StoredCapture, 'id' | 'received_at' | 'source'>
        >;
        return rows.map(toEventCapture).reverse();
      }),
    eventsAfter: (seq, since) =>
      guarded(() => {
        const rows = statements.eventsAfter.all(seq, since) as unknown as StoredEventRow[];
        return rows.map((row) => ({
          seq: row.seq,
          eventId: fromBlob(row.event_id),
          isHandled: row.handled === 1,
        }));
      }),
    each,
    close: () => database.close(),
  };
}

type StoredEventRow = Pick<StoredCapture, 'seq' | 'event_id'> & { readonly handled: number };

interface Statements {
  readonly forwards: ReturnType<Database['prepare']>;
  readonly ofEvent: ReturnType<Database['prepare']>;
  readonly eventsAfter: ReturnType<Database['prepare']>;
  readonly bySeq: ReturnType<Database['prepare']>;
  readonly isIndexed: ReturnType<Database['prepare']>;
  readonly byId: ReturnType<Database['prepare']>;
}

function prepareStatements(database: Database): Statements {
  const columns = columnsOf(database);
  const origin = originColumns(database);
  return {
    forwards: database.prepare('SELECT * FROM forwards WHERE capture_id = ? ORDER BY seq'),
    ofEvent: database.prepare(
      `SELECT id, received_at, ${columnSince(database, ORIGIN_VERSION, 'source')} FROM captures WHERE event_id = ? ORDER BY seq DESC LIMIT ?`,
    ),
    eventsAfter: database.prepare(
      `SELECT seq, event_id,
         answered IS NOT NULL OR EXISTS (SELECT 1 FROM forwards
           WHERE capture_id = id AND (source IS NULL OR status IS NOT NULL)) AS handled
       FROM (SELECT seq, id, event_id, answered, received_at, ${origin} FROM captures)
       WHERE seq > ?1 AND (received_at >= ?2 OR imported_at >= ?2) ORDER BY seq`,
    ),
    bySeq: database.prepare(`SELECT ${columns} FROM captures WHERE seq = ?`),
    isIndexed: database.prepare('SELECT 1 FROM captures INDEXED BY captures_arrival WHERE seq = ?'),
    byId: database.prepare(`SELECT ${columns} FROM captures WHERE id = ?`),
  };
}

function isDamaged({ body, body_crc }: StoredCapture): boolean {
  return body_crc !== null && body_crc !== crc32(body);
}

function changedBody({ id }: StoredCapture): string {
  return `the body of ${id} is not as it was received`;
}

function damagedCaptures(file: string, damages: readonly string[]): RelyableError {
  const [first = '', ...others] = damages;
  const more = others.length === 0 ? '' : `, and ${others.length} more like it`;
  return new RelyableError('CAPTURE_DAMAGED', `the store ${file} is damaged: ${first}${more}`, {
    hint: 'every other capture was read; relyable webhooks captures export --damaged writes these too',
  });
}

function rowToCapture(row: StoredCapture, forwards: readonly Forward[]): Capture {
  const first = forwards.find(({ kind }) => kind === 'forward');
  return {
    id: row.id,
    receivedAt: row.received_at,
    method: row.method,
    path: fromBlob(row.path),
    httpVersion: row.http_version,
    headers: JSON.parse(fromBlob(row.headers)) as HeaderPair[],
    body: asBuffer(row.body),
    event: fromNullableBlob(row.event),
    eventId: fromBlob(row.event_id),
    verification: { valid: row.valid === 1, reason: row.reason },
    duplicateOf: row.duplicate_of,
    // If no answer of our own is stored, the sender got the app's answer.
    answered: row.answered ?? first?.status ?? null,
    forwards,
    ...toSource(row),
    ...(row.imported_at === null ? {} : { importedAt: row.imported_at }),
  };
}

function toSource({ source }: Pick<StoredCapture, 'source'>): Pick<Capture, 'source'> {
  return source === 'log' ? { source } : {};
}

function toEventCapture(row: Pick<StoredCapture, 'id' | 'received_at' | 'source'>): EventCapture {
  return { id: row.id, receivedAt: row.received_at, ...toSource(row) };
}

function toForward(row: StoredForward): Forward {
  return {
    kind: row.kind,
    at: row.at,
    url: row.url,
    status: row.status,
    durationMs: row.duration_ms,
    error: fromNullableBlob(row.error),
    responseHeaders: JSON.parse(fromBlob(row.response_headers)) as HeaderPair[],
    responseBody: asBuffer(row.response_body),
    edited: (row.edited & 1) === 1,
    ...((row.edited & 2) === 2 ? { resigned: true } : {}),
  };
}

/** The source of the numbers. Without a filter it is an index, so that a lost row of the table is noticed. */
function toTable(filter: CaptureFilter): string {
  return Object.keys(filter).length === 0 ? 'captures INDEXED BY captures_arrival' : 'captures';
}

function toWhere(filter: CaptureFilter): {
  where: string;
  values: Array<string | number | Buffer>;
} {
  const where = ['1'];
  const values: Array<string | number | Buffer> = [];
  if (filter.events !== undefined) {
    where.push(`event IN (${filter.events.map(() => '?').join()})`);
    values.push(...filter.events.map(toBlob));
  }
  if (filter.since !== undefined) {
    where.push('received_at >= ?');
    values.push(filter.since);
  }
  if (filter.invalid === true) where.push(IS_INVALID);
  if (filter.failed === true) {
    where.push(
      'id IN (SELECT capture_id FROM forwards WHERE seq IN (SELECT max(seq) FROM forwards GROUP BY capture_id) AND status IS NOT 200)',
    );
  }
  return { where: where.join(' AND '), values };
}
