import { RelyableError } from '../../errors.ts';
import { toEventId } from '../event-index.ts';
import { type CaptureRow, FORWARD_COLUMNS, type ForwardRow, forwardValues } from '../rows.ts';
import type { Database } from '../schema.ts';
import { applyRecord, type RecordSink } from './drain.ts';
import { SegmentReader } from './segment-reader.ts';
import { listSegments, type Segment } from './segments.ts';

/**
 * Lets a connection that cannot drain the journal read what is pending: the records go into
 * temporary tables, and views of the tables' own names show both. Only the connection sees them.
 * They replace those of an earlier call. A repeat among the pending captures is not marked as one.
 * Throws STORE_UNUSABLE for what is damaged.
 */
export function overlayPending(folder: string, database: Database): void {
  for (let tries = TRIES; tries > 0; tries--) {
    database.exec(OVERLAY);
    const sink = new PendingSink(database);
    if (listSegments(folder).every((segment) => readSegment(segment, database, sink))) return;
  }
  throw new RelyableError('STORE_UNUSABLE', `${folder} changes faster than it can be read`);
}

/** Another process that drains the journal takes segments away while they are read. */
const TRIES = 10;

/** Puts a segment's pending records into the sink; false where another process has taken it. */
function readSegment({ name, path }: Segment, database: Database, sink: RecordSink): boolean {
  const reader = new SegmentReader();
  for (let from = positionOf(database, name); ;) {
    const part = reader.read(path, from);
    if (part === undefined) return false;
    if (part.damages.length > 0) {
      const damages = part.damages.join(', ');
      throw new RelyableError('STORE_UNUSABLE', `${path}: ${damages} cannot be read`);
    }
    if (part.to === from) return true;
    for (const record of part.records) applyRecord(record, sink);
    from = part.to;
  }
}

const COLUMNS =
  'id, received_at, method, path, http_version, headers, body, body_crc, event, event_id, event_key, valid, duplicate_of';

const OVERLAY = `
  PRAGMA temp_store = MEMORY;
  DROP VIEW IF EXISTS temp.captures;
  DROP VIEW IF EXISTS temp.forwards;
  DROP TABLE IF EXISTS temp.pending_captures;
  DROP TABLE IF EXISTS temp.pending_forwards;
  DROP TABLE IF EXISTS temp.pending_changes;
  CREATE TEMP TABLE pending_captures (seq INTEGER PRIMARY KEY, id UNIQUE, received_at, method, path,
    http_version, headers, body, body_crc, event, event_id, event_key, valid, duplicate_of, reason, answered);
  CREATE TEMP TABLE pending_forwards (seq INTEGER PRIMARY KEY, ${FORWARD_COLUMNS});
  CREATE TEMP TABLE pending_changes (id PRIMARY KEY, reason, answered);
  CREATE TEMP VIEW captures AS
    SELECT seq, ${COLUMNS.replace(/\bid\b/, 'c.id')},
           coalesce(h.reason, c.reason) AS reason, coalesce(h.answered, c.answered) AS answered
      FROM main.captures AS c LEFT JOIN pending_changes AS h ON h.id = c.id
    UNION ALL
    SELECT seq + (SELECT coalesce(max(seq), 0) FROM main.captures),
           ${COLUMNS.replace(/\bid\b/, 'p.id')},
           coalesce(h.reason, p.reason), coalesce(h.answered, p.answered)
      FROM pending_captures AS p LEFT JOIN pending_changes AS h ON h.id = p.id
     WHERE p.id NOT IN (SELECT id FROM main.captures);
  CREATE TEMP VIEW forwards AS
    SELECT seq, ${FORWARD_COLUMNS} FROM main.forwards
    UNION ALL
    SELECT seq + (SELECT coalesce(max(seq), 0) FROM main.forwards), ${FORWARD_COLUMNS}
      FROM pending_forwards AS p
     WHERE NOT EXISTS (SELECT 1 FROM main.forwards AS f
       WHERE f.capture_id = p.capture_id AND f.kind = p.kind AND f.at = p.at AND f.url = p.url
         AND f.duration_ms = p.duration_ms);`;

function positionOf(database: Database, name: string): number {
  const row = database.prepare('SELECT drained_to FROM journal_segments WHERE name = ?').get(name);
  const position = (row as { drained_to: number } | undefined)?.drained_to ?? 0;
  // Drained and about to be removed.
  return position < 0 ? Number.MAX_SAFE_INTEGER : position;
}

type Statement = ReturnType<Database['prepare']>;

/** Writes to the temporary tables, which exist when it is created. */
class PendingSink implements RecordSink {
  private readonly insertCapture: Statement;
  private readonly insertForward: Statement;
  private readonly changeAnswered: Statement;
  private readonly changeReason: Statement;

  constructor(database: Database) {
    this.insertCapture = database.prepare(
      `INSERT OR IGNORE INTO pending_captures (${COLUMNS}, reason, answered)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, NULL, ?, ?)`,
    );
    this.insertForward = database.prepare(
      `INSERT INTO pending_forwards (${FORWARD_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const change = (column: 'answered' | 'reason'): Statement =>
      database.prepare(
        `INSERT INTO pending_changes (id, ${column}) VALUES (?1, ?2)
           ON CONFLICT (id) DO UPDATE SET ${column} = ?2`,
      );
    this.changeAnswered = change('answered');
    this.changeReason = change('reason');
  }

  capture(row: CaptureRow): void {
    this.insertCapture.run(
      row.id,
      row.receivedAt,
      row.method,
      row.path,
      row.httpVersion,
      row.headers,
      row.readBody(),
      row.bodyCrc,
      row.event,
      toEventId(row),
      row.valid,
      row.reason,
      row.answered,
    );
  }

  forward(row: ForwardRow): void {
    this.insertForward.run(...forwardValues(row));
  }

  answered(captureId: string, status: number): void {
    this.changeAnswered.run(captureId, status);
  }

  reason(captureId: string, reason: string): void {
    this.changeReason.run(captureId, reason);
  }
}
