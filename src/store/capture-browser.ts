import type { Reason } from '../signature/verify.ts';
import { asBuffer, fromNullableBlob, IS_INVALID, toBlob } from './rows.ts';
import { type Database, openDatabase, orStoreError, readPragma } from './schema.ts';

/** Classes of an outcome: the app's last answer to a capture, or the listener's if it was not forwarded. */
export const OUTCOMES = ['2xx', '3xx', '4xx', '5xx', 'none', 'unforwarded'] as const;

/** `none`: forwarded, and no answer came. `unforwarded`: never sent to an app. */
export type OutcomeClass = (typeof OUTCOMES)[number];

/** Selects the captures that meet every condition. */
export interface CaptureQuery {
  readonly event?: string;
  readonly signature?: 'valid' | 'invalid' | Reason;
  readonly outcome?: OutcomeClass;
  readonly isReplayed?: boolean;
  /** Received at or after, and before; ms since 1970. */
  readonly since?: number;
  readonly until?: number;
  /** Each word must occur in the path, headers, payload or an answer. The case of ASCII letters is ignored. */
  readonly words?: readonly string[];
}

/** The parts of a capture that one row of a list shows. Headers, answers and large bodies are left out. */
export interface CaptureHead {
  readonly seq: number;
  readonly id: string;
  readonly receivedAt: number;
  readonly event: string | null;
  /** The body if it is short, for the fields that a row shows; else null. */
  readonly shortBody: Buffer | null;
  readonly bodyBytes: number;
  readonly valid: boolean;
  readonly reason: Reason;
  readonly duplicateOf: string | null;
  readonly answered: number | null;
  readonly attempts: number;
  readonly replays: number;
  readonly lastStatus: number | null;
  readonly lastDurationMs: number | null;
  readonly lastError: string | null;
}

/** The extent of a store: the `seq` of its oldest and newest capture, and the number of captures. */
export interface CaptureSpan {
  readonly first: number;
  readonly last: number;
  readonly count: number;
}

/** The counts of captures in one time interval of a chart. */
export interface ActivityBucket {
  /** ms since 1970. */
  readonly start: number;
  readonly received: number;
  readonly invalid: number;
  /** The captures that were forwarded and whose last answer was not 200. */
  readonly failed: number;
  /** The mean duration of the last forward of each capture; null where there was none. */
  readonly meanMs: number | null;
  readonly maxMs: number | null;
}

/** The largest body that a row of the list reads for its subject, bytes. */
const SHORT_BODY_BYTES = 64 * 1024;
/** Selects the `seq` of a capture's last forward, using an index on `capture_id`. */
const LAST_FORWARD = 'SELECT max(seq) FROM forwards WHERE forwards.capture_id = captures.id';

/** Reads a store for a page that shows many captures: positions, rows and counts, never whole captures. */
export class CaptureBrowser {
  private readonly file: string;
  private readonly database: Database;
  private readonly selectSpan: ReturnType<Database['prepare']>;
  private readonly selectHead: ReturnType<Database['prepare']>;

  constructor(file: string, database: Database) {
    this.file = file;
    this.database = database;
    this.selectSpan = database.prepare(
      `SELECT (SELECT min(seq) FROM captures) AS first, (SELECT max(seq) FROM captures) AS last,
         (SELECT count(*) FROM captures) AS count`,
    );
    this.selectHead = database.prepare(
      `SELECT captures.seq, captures.id, received_at, event, length(body) AS body_bytes,
         CASE WHEN length(body) <= ${SHORT_BODY_BYTES} THEN body END AS short_body,
         valid, reason, duplicate_of, answered,
         (SELECT count(*) FROM forwards WHERE capture_id = captures.id) AS attempts,
         (SELECT count(*) FROM forwards WHERE capture_id = captures.id AND kind = 'replay') AS replays,
         last.status AS last_status, last.duration_ms AS last_duration, last.error AS last_error
       FROM captures LEFT JOIN forwards AS last ON last.seq = (${LAST_FORWARD})
       WHERE captures.seq = ?`,
    );
  }

  /** Changes with every commit of another connection. */
  version(): number {
    return this.guarded(() => readPragma(this.database, 'data_version'));
  }

  span(): CaptureSpan {
    const { first, last, count } = this.guarded(
      () => this.selectSpan.get() as { first: number | null; last: number | null; count: number },
    );
    return { first: first ?? 0, last: last ?? 0, count };
  }

  /** The `seq` of `limit` captures, newest first, after skipping the newest `offset`. */
  newest(offset: number, limit: number): number[] {
    return this.readSeqs(
      'SELECT seq FROM captures INDEXED BY captures_arrival ORDER BY seq DESC LIMIT ? OFFSET ?',
      limit,
      offset,
    );
  }

  /** The `seq` of every capture from `from` to `to` (inclusive) that matches the query, ascending. */
  find(query: CaptureQuery, from: number, to: number): number[] {
    const { where, values } = toConditions(query);
    // Without a condition, the index is enough. Reading the table would also read the bodies.
    const source = where === '' ? 'captures INDEXED BY captures_arrival' : 'captures';
    return this.readSeqs(
      `SELECT seq FROM ${source} WHERE seq BETWEEN ? AND ? ${where} ORDER BY seq`,
      from,
      to,
      ...values,
    );
  }

  /** Captures below `before` that were forwarded or replayed since the forward numbered `after`. */
  forwardedSince(after: number, before: number): number[] {
    const sql = `SELECT DISTINCT captures.seq FROM forwards JOIN captures ON captures.id = capture_id
      WHERE forwards.seq > ? AND captures.seq < ?`;
    const rows = this.guarded(() => this.database.prepare(sql).all(after, before));
    return (rows as unknown as Array<{ seq: number }>).map(({ seq }) => seq);
  }

  lastForward(): number {
    const row = this.guarded(() =>
      this.database.prepare('SELECT max(seq) AS last FROM forwards').get(),
    );
    return (row as { last: number | null }).last ?? 0;
  }

  /** The rows of these captures, in the given order. Captures that were removed meanwhile are left out. */
  heads(seqs: readonly number[]): CaptureHead[] {
    return this.guarded(() =>
      seqs.flatMap((seq) => {
        const row = this.selectHead.get(seq) as unknown as StoredHead | undefined;
        return row === undefined ? [] : [toHead(row)];
      }),
    );
  }

  /** Counts these captures by intervals of `bucketMs`, oldest interval first. */
  activity(seqs: readonly number[], bucketMs: number): ActivityBucket[] {
    const sql = `SELECT received_at / ? AS bucket, count(*) AS received, sum(${IS_INVALID}) AS invalid,
        sum(last IS NOT NULL AND status IS NOT 200) AS failed,
        avg(duration_ms) AS mean, max(duration_ms) AS max
      FROM (SELECT received_at, valid, reason, (${LAST_FORWARD}) AS last
            FROM json_each(?) JOIN captures ON captures.seq = value)
        LEFT JOIN forwards ON forwards.seq = last
      GROUP BY bucket ORDER BY bucket`;
    const rows = this.guarded(() => this.database.prepare(sql).all(bucketMs, JSON.stringify(seqs)));
    return (rows as unknown as StoredBucket[]).map((row) => ({
      start: row.bucket * bucketMs,
      received: row.received,
      invalid: row.invalid,
      failed: row.failed,
      meanMs: row.mean,
      maxMs: row.max,
    }));
  }

  close(): void {
    this.database.close();
  }

  /** Reads the numbers as one JSON text, which is ten times as fast as one row for each number. */
  private readSeqs(select: string, ...values: readonly SqlValue[]): number[] {
    const sql = `SELECT json_group_array(seq) AS seqs FROM (${select})`;
    return this.guarded(() => {
      const { seqs } = this.database.prepare(sql).get(...values) as { seqs: string };
      return JSON.parse(seqs) as number[];
    });
  }

  private guarded<T>(read: () => T): T {
    return orStoreError(this.file, read);
  }
}

/** Opens the store for a page; undefined where there is none yet. */
export function openBrowser(file: string): CaptureBrowser | undefined {
  const database = openDatabase(file, 'read');
  return database === undefined ? undefined : new CaptureBrowser(file, database);
}

interface StoredHead {
  readonly seq: number;
  readonly id: string;
  readonly received_at: number;
  readonly event: Uint8Array | null;
  readonly body_bytes: number;
  readonly short_body: Uint8Array | null;
  readonly valid: number;
  readonly reason: Reason;
  readonly duplicate_of: string | null;
  readonly answered: number | null;
  readonly attempts: number;
  readonly replays: number;
  readonly last_status: number | null;
  readonly last_duration: number | null;
  readonly last_error: Uint8Array | null;
}

interface StoredBucket {
  readonly bucket: number;
  readonly received: number;
  readonly invalid: number;
  readonly failed: number;
  readonly mean: number | null;
  readonly max: number | null;
}

function toHead(row: StoredHead): CaptureHead {
  return {
    seq: row.seq,
    id: row.id,
    receivedAt: row.received_at,
    event: fromNullableBlob(row.event),
    shortBody: row.short_body === null ? null : asBuffer(row.short_body),
    bodyBytes: row.body_bytes,
    valid: row.valid === 1,
    reason: row.reason,
    duplicateOf: row.duplicate_of,
    answered: row.answered,
    attempts: row.attempts,
    replays: row.replays,
    lastStatus: row.last_status,
    lastDurationMs: row.last_duration,
    lastError: fromNullableBlob(row.last_error),
  };
}

type SqlValue = string | number | Buffer;

/** The conditions as SQL, each with ` AND` before it. */
function toConditions(query: CaptureQuery): { where: string; values: SqlValue[] } {
  const { event, signature, outcome, isReplayed, since, until, words = [] } = query;
  const conditions: string[] = [];
  const values: SqlValue[] = [];
  const add = (condition: string, ...given: readonly SqlValue[]): void => {
    conditions.push(` AND ${condition}`);
    values.push(...given);
  };
  if (event !== undefined) add('event = ?', toBlob(event));
  if (signature === 'valid') add('valid = 1');
  else if (signature === 'invalid') add(IS_INVALID);
  else if (signature !== undefined) add('reason = ?', signature);
  if (outcome !== undefined) add(OUTCOME_CONDITIONS[outcome]);
  if (isReplayed !== undefined) add(`${isReplayed ? '' : 'NOT '}${REPLAYED}`);
  if (since !== undefined) add('received_at >= ?', since);
  if (until !== undefined) add('received_at < ?', until);
  for (const word of words) {
    const pattern = `%${word.replace(/[\\%_]/g, '\\$&')}%`;
    add(CONTAINS, pattern, pattern, pattern, pattern, pattern, pattern);
  }
  return { where: conditions.join(''), values };
}

const REPLAYED =
  "EXISTS (SELECT 1 FROM forwards WHERE capture_id = captures.id AND kind = 'replay')";

const LAST_STATUS = `(SELECT status FROM forwards WHERE seq = (${LAST_FORWARD}))`;
const IS_FORWARDED = 'EXISTS (SELECT 1 FROM forwards WHERE capture_id = captures.id)';
const statusBetween = (from: number): string =>
  `CASE WHEN ${IS_FORWARDED} THEN ${LAST_STATUS} ELSE answered END BETWEEN ${from} AND ${from + 99}`;

const OUTCOME_CONDITIONS: Readonly<Record<OutcomeClass, string>> = {
  '2xx': statusBetween(200),
  '3xx': statusBetween(300),
  '4xx': statusBetween(400),
  '5xx': statusBetween(500),
  none: `${IS_FORWARDED} AND ${LAST_STATUS} IS NULL`,
  unforwarded: `NOT ${IS_FORWARDED}`,
};

/** LIKE ignores the case of ASCII letters and reads a text up to a NUL. It needs text, so BLOBs are cast. */
const like = (column: string): string => `CAST(${column} AS TEXT) LIKE ? ESCAPE '\\'`;

const CONTAINS = `(${['body', 'headers', 'path'].map(like).join(' OR ')}
  OR EXISTS (SELECT 1 FROM forwards WHERE capture_id = captures.id
    AND (${['response_body', 'response_headers', 'error'].map(like).join(' OR ')})))`;
