import { RelyableError } from '../../errors.ts';
import {
  recordToCaptureRow,
  recordToForwardRow,
  type CaptureRow,
  type ForwardRow,
} from '../rows.ts';
import type { Database } from '../schema.ts';
import type { JournalRecord } from './record.ts';
import { SegmentReader } from './segment-reader.ts';
import {
  beginClosing,
  isFull,
  listSegments,
  quarantine,
  quarantinedPath,
  removeFolder,
  removeSegment,
  type Segment,
} from './segments.ts';

/** Where drained records go. Each call is made within a transaction and may be repeated. */
export interface RecordSink {
  capture(row: CaptureRow): void;
  forward(row: ForwardRow): void;
  answered(captureId: string, status: number): void;
  reason(captureId: string, reason: string): void;
}

/** Hands a record to a sink. */
export function applyRecord(record: JournalRecord, sink: RecordSink): void {
  const [id, value] = record.fields;
  switch (record.type) {
    case 'capture':
      sink.capture(recordToCaptureRow(record));
      break;
    case 'forward':
      sink.forward(recordToForwardRow(record));
      break;
    case 'answered':
      sink.answered(String(id), Number(value));
      break;
    case 'reason':
      sink.reason(String(id), String(value));
      break;
  }
}

export interface DrainOptions {
  readonly storeFile: string;
  readonly folder: string;
  readonly database: Database;
  readonly sink: RecordSink;
  /** Runs the work in one commit. */
  readonly transaction: (work: () => void) => void;
}

/** The position of a segment that is drained and not removed yet. */
const FINISHED = -1;

/**
 * Moves records from the journal into SQLite, in parts of one commit each. How far a segment is
 * drained is written in the same commit as its records, so that a part is moved once, whichever
 * process drains it and whenever that is killed.
 */
export class Drain {
  private readonly options: DrainOptions;
  private readonly reader = new SegmentReader();
  private damages: RelyableError[] = [];
  /** Prepared once: every part of a long drain needs both. */
  private readonly selectPosition: ReturnType<Database['prepare']>;
  private readonly updatePosition: ReturnType<Database['prepare']>;

  constructor(options: DrainOptions) {
    this.options = options;
    const { database } = options;
    this.selectPosition = database.prepare(
      'SELECT drained_to FROM journal_segments WHERE name = ?',
    );
    this.updatePosition = database.prepare(
      `INSERT INTO journal_segments (name, drained_to, damaged) VALUES (?1, ?2, ?3)
         ON CONFLICT (name) DO UPDATE SET drained_to = ?2, damaged = damaged OR ?3`,
    );
  }

  /** Notes a new segment, so that one which is lost is missed. */
  register(name: string): void {
    const { database, folder, transaction } = this.options;
    transaction(() => {
      database
        .prepare('INSERT OR IGNORE INTO journal_segments (name, drained_to) VALUES (?, 0)')
        .run(name);
    });
    // A reader may have drained and removed it before it was noted.
    if (!listSegments(folder).some((segment) => segment.name === name)) this.forget(name);
  }

  /**
   * Moves a part of the oldest segment that has something to move; how many bytes, 0 if none has.
   * Full segments without anything to move are removed: a writer may never be idle.
   */
  part(): number {
    for (const segment of listSegments(this.options.folder)) {
      const moved = this.partOf(segment);
      if (moved > 0) return moved;
      if (isFull(segment)) this.finish(segment);
    }
    return 0;
  }

  /**
   * Moves everything that is in the journal now, and removes its segments: a writer that still
   * uses one begins another. Afterwards the store is one file.
   */
  all(): void {
    for (const segment of listSegments(this.options.folder)) this.finish(segment);
    this.missed();
    this.reader.release();
    removeFolder(this.options.folder);
  }

  /** The damages found since the last call, to be reported once; `listQuarantined` has earlier ones. */
  takeDamages(): RelyableError[] {
    const { damages } = this;
    this.damages = [];
    return damages;
  }

  private partOf(segment: Segment): number {
    const { transaction } = this.options;
    let moved = 0;
    transaction(() => {
      const from = this.position(segment.name) ?? 0;
      if (from === FINISHED) return;
      const part = this.reader.read(segment.path, from);
      // Without one, another process has taken the segment.
      if (part === undefined || part.to === from) return;
      const { records, to, damages } = part;
      for (const record of records) applyRecord(record, this.options.sink);
      this.updatePosition.run(segment.name, to, damages.length > 0 ? 1 : 0);
      if (damages.length > 0) this.damages.push(this.damaged(segment, damages));
      moved = to - from;
    });
    return moved;
  }

  private finish(segment: Segment): void {
    const closing = beginClosing(segment);
    while (this.partOf(closing) > 0);
    this.removeDrained(closing);
  }

  private removeDrained(closing: Segment): void {
    const { database } = this.options;
    const row = database
      .prepare('SELECT damaged FROM journal_segments WHERE name = ?')
      .get(closing.name);
    const isDamaged = (row as { damaged: number } | undefined)?.damaged === 1;
    database
      .prepare('UPDATE journal_segments SET drained_to = ? WHERE name = ?')
      .run(FINISHED, closing.name);
    if (isDamaged) quarantine(closing);
    else removeSegment(closing);
    this.forget(closing.name);
  }

  /** Segments that the store knows and that are not there. */
  private missed(): void {
    const { database, folder } = this.options;
    // In this order: a segment is made before it is noted.
    const known = database.prepare('SELECT name FROM journal_segments').all() as unknown as Array<{
      name: string;
    }>;
    const present = new Set(listSegments(folder).map(({ name }) => name));
    for (const { name } of known) {
      if (present.has(name)) continue;
      // Asked again: another process may have drained it since, and removed it.
      const position = this.position(name);
      this.forget(name);
      if (position !== undefined && position !== FINISHED) {
        this.damages.push(this.damageError(`${folder}/${name}.journal is missing`));
      }
    }
  }

  private forget(name: string): void {
    this.options.database.prepare('DELETE FROM journal_segments WHERE name = ?').run(name);
  }

  /** How far a segment is drained; undefined where it was not noted. */
  private position(name: string): number | undefined {
    const row = this.selectPosition.get(name);
    return (row as { drained_to: number } | undefined)?.drained_to;
  }

  private damaged(segment: Segment, damages: readonly string[]): RelyableError {
    return this.damageError(`${damages.join(', ')} of ${quarantinedPath(segment)} cannot be read`);
  }

  private damageError(what: string): RelyableError {
    return new RelyableError(
      'STORE_UNUSABLE',
      `the store ${this.options.storeFile} is damaged: ${what}`,
      {
        hint: 'everything else in it can be read: try again. The damaged file is quarantined: it is not read again, and not removed',
      },
    );
  }
}
