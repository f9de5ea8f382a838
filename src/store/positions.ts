import { type Database, openDatabase, orStoreError } from './schema.ts';

/** A reader and its stream. A stream that was deleted and created again counts as another stream. */
export interface ReaderKey {
  readonly reader: string;
  readonly stream: string;
  /** When the stream was created, according to its server. */
  readonly created: string;
}

/**
 * The position of a reader in a stream. It is written in the same transaction as the capture of the message
 * there, so that after a kill either both are stored or neither is.
 */
export interface StreamPosition {
  readonly key: ReaderKey;
  /** The previous position; null for none. If the store has another position, the group is refused. */
  readonly after: number | null;
  readonly seq: number;
  /** The id of the capture if it is about to be forwarded; else null. */
  readonly unforwarded: string | null;
}

/** What the store knows about a reader. */
export interface ReaderState {
  /** The reader's position; null if it has not read this stream. */
  readonly seq: number | null;
  /** Whether it has read a stream of this name that was created at another time. */
  readonly hasReadOlder: boolean;
  /** Captures whose forward was not stored, although it may have been made; oldest first. */
  readonly unforwarded: readonly string[];
}

type Statement = ReturnType<Database['prepare']>;

/** Writes positions; each call is made within a transaction. */
export class PositionWriter {
  private readonly select: Statement;
  private readonly upsert: Statement;
  private readonly insertUnforwarded: Statement;
  private readonly deleteUnforwarded: Statement;

  constructor(database: Database) {
    this.select = database.prepare(
      'SELECT seq FROM stream_positions WHERE reader = ? AND stream = ? AND created = ?',
    );
    this.upsert = database.prepare(
      `INSERT INTO stream_positions (reader, stream, created, seq) VALUES (?, ?, ?, ?)
       ON CONFLICT (reader, stream, created) DO UPDATE SET seq = excluded.seq`,
    );
    this.insertUnforwarded = database.prepare(
      'INSERT INTO stream_unforwarded (capture_id, reader, stream) VALUES (?, ?, ?)',
    );
    this.deleteUnforwarded = database.prepare(
      'DELETE FROM stream_unforwarded WHERE capture_id = ?',
    );
  }

  /**
   * Checks the positions of a group in order, and writes the last one of each run with the same key. Throws if
   * the `after` of a position is not the previous position: a group was not stored, or another process reads.
   */
  advance(positions: readonly StreamPosition[]): void {
    let last: StreamPosition | null = null;
    for (const position of positions) {
      const { key, after, unforwarded } = position;
      if (last !== null && last.key !== key) this.write(last);
      const before = last?.key === key ? last.seq : this.read(key);
      if (before !== after) {
        throw new Error(
          `the position of reader ${key.reader} in ${key.stream} is ${before ?? 'not set'}, expected ${after ?? 'none'}: another listener may be reading with the same --as and store`,
        );
      }
      if (unforwarded !== null) this.insertUnforwarded.run(unforwarded, key.reader, key.stream);
      last = position;
    }
    if (last !== null) this.write(last);
  }

  private read({ reader, stream, created }: ReaderKey): number | null {
    const row = this.select.get(reader, stream, created) as { seq: number } | undefined;
    return row?.seq ?? null;
  }

  private write({ key: { reader, stream, created }, seq }: StreamPosition): void {
    this.upsert.run(reader, stream, created, seq);
  }

  /** Records that the forward of this capture was stored. */
  forwarded(captureId: string): void {
    this.deleteUnforwarded.run(captureId);
  }
}

/** Reads what the store knows of a reader; the file has the current schema. */
export function readReaderState(file: string, { reader, stream, created }: ReaderKey): ReaderState {
  return orStoreError(file, () => {
    const database = openDatabase(file, 'read');
    if (database === undefined) return { seq: null, hasReadOlder: false, unforwarded: [] };
    try {
      const rows = database
        .prepare('SELECT created, seq FROM stream_positions WHERE reader = ? AND stream = ?')
        .all(reader, stream) as Array<{ created: string; seq: number }>;
      const unforwarded = database
        .prepare(
          `SELECT capture_id FROM stream_unforwarded JOIN captures ON id = capture_id
           WHERE reader = ? AND stream = ? ORDER BY captures.seq`,
        )
        .all(reader, stream) as Array<{ capture_id: string }>;
      return {
        seq: rows.find((row) => row.created === created)?.seq ?? null,
        hasReadOlder: rows.some((row) => row.created !== created),
        unforwarded: unforwarded.map(({ capture_id }) => capture_id),
      };
    } finally {
      database.close();
    }
  });
}
