import { createEventIndex, type EventIndex, toEventId, toEventKey } from './event-index.ts';
import { type CaptureRow, FORWARD_COLUMNS, type ForwardRow, forwardValues } from './rows.ts';
import type { Database } from './schema.ts';

type Statement = ReturnType<Database['prepare']>;

/** Writes rows. Each call must be within a transaction. Existing rows are not changed. */
export class RowWriter {
  readonly events: EventIndex;
  private readonly insertCapture: Statement;
  private readonly insertForward: Statement;
  private readonly updateAnswered: Statement;
  private readonly updateReason: Statement;

  constructor(database: Database) {
    this.events = createEventIndex(database);
    this.insertCapture = database.prepare(
      `INSERT INTO captures (id, received_at, method, path, http_version, headers, body, body_crc, event, event_id, event_key, valid, reason, duplicate_of, answered, source, imported_at)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`,
    );
    this.insertForward = database.prepare(
      `INSERT INTO forwards (${FORWARD_COLUMNS})
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10
        WHERE EXISTS (SELECT 1 FROM captures WHERE id = ?1)
          AND NOT EXISTS (SELECT 1 FROM forwards
            WHERE capture_id = ?1 AND kind = ?2 AND at = ?3 AND url = ?4 AND duration_ms = ?6)`,
    );
    this.updateAnswered = database.prepare('UPDATE captures SET answered = ? WHERE id = ?');
    this.updateReason = database.prepare('UPDATE captures SET reason = ? WHERE id = ?');
  }

  /** Id of the first capture of the same event with the same verdict; null for the first. */
  capture(row: CaptureRow): string | null {
    const duplicateOf = this.events.find(row);
    const { changes, lastInsertRowid } = this.insertCapture.run(
      row.id,
      row.receivedAt,
      row.method,
      row.path,
      row.httpVersion,
      row.headers,
      row.body,
      row.bodyCrc,
      row.event,
      toEventId(row),
      toEventKey(row),
      row.valid,
      row.reason,
      duplicateOf,
      row.answered,
      row.source,
      row.importedAt,
    );
    if (changes > 0 && duplicateOf === null) this.events.add(row, Number(lastInsertRowid));
    return duplicateOf;
  }

  forward(row: ForwardRow): void {
    this.insertForward.run(...forwardValues(row));
  }

  answered(captureId: string, status: number): void {
    this.updateAnswered.run(status, captureId);
  }

  reason(captureId: string, reason: string): void {
    this.updateReason.run(reason, captureId);
  }
}
