import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { createSeqTable, type SeqTable, SEQ_TABLE_CAPACITY, toRepeatKey } from '../event-index.ts';
import type { CaptureIdentity } from '../rows.ts';
import { ALIGNMENT, type CaptureFields } from './record.ts';
import {
  type LocatedHead,
  RANGE_BYTES,
  readBodyAt,
  readHeadAt,
  readHeads,
} from './segment-reader.ts';
import { listSegments, segmentPath } from './segments.ts';

/** A capture that is pending, and its segment. */
interface PendingIdentity extends CaptureIdentity {
  readonly segment: string;
  readonly at: number;
}

/** Which events the pending captures of one segment are of. */
interface IndexedSegment {
  /** The place of the first capture of an event with a verdict: its offset in units of `ALIGNMENT`, from 1 up. */
  readonly table: SeqTable;
  /** How far the segment was read. */
  seenTo: number;
}

/**
 * Finds the first capture of an event among those in the journal, of all writers: a repeat that
 * reaches another listener a moment later is known as one.
 */
export class PendingEvents {
  private readonly folder: string;
  private readonly segments = new Map<string, IndexedSegment>();
  private others: readonly string[] = [];
  private folderTime = -1;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** The captures of a group that its writer has just written, in their order. */
  read(segment: string, from: number, to: number): PendingIdentity[] {
    this.indexed(segment).seenTo = to;
    return this.withSegment(segment, (descriptor) =>
      readHeads(descriptor, from, to).flatMap((located) => this.toIdentity(segment, located)),
    );
  }

  /** Takes in a capture that was read. */
  add(identity: PendingIdentity): void {
    this.remember(this.indexed(identity.segment), identity);
  }

  /** Takes in what other writers have written since. */
  catchUp(own: string): void {
    for (const name of this.otherSegments(own)) {
      const indexed = this.indexed(name);
      this.withSegment(name, (descriptor) => {
        const { size } = fstatSync(descriptor);
        // A range at a time: a whole segment has more records than the thread's heap holds.
        for (let heads = nextHeads(descriptor, indexed.seenTo, size); heads.length > 0;) {
          for (const located of heads) {
            for (const found of this.toIdentity(name, located)) this.remember(indexed, found);
            indexed.seenTo = located.at + located.head.totalBytes;
          }
          heads = nextHeads(descriptor, indexed.seenTo, size);
        }
        return [];
      });
    }
  }

  /** Id of the first pending capture of the same event with the same verdict; null where there is none. */
  find(wanted: CaptureIdentity): string | null {
    const key = toRepeatKey(wanted);
    for (const [name, { table }] of this.segments) {
      for (const place of table.find(key)) {
        const [found] = this.withSegment(name, (descriptor) => {
          const located = readHeadAt(descriptor, (place - 1) * ALIGNMENT);
          return located === undefined ? [] : this.toIdentity(name, located);
        });
        if (found !== undefined && isRepeat(found, wanted)) return found.id;
      }
    }
    return null;
  }

  /** Forgets a segment: SQLite has its captures. */
  forget(segment: string): void {
    this.segments.delete(segment);
  }

  private remember({ table }: IndexedSegment, identity: PendingIdentity): void {
    if (table.size() < SEQ_TABLE_CAPACITY) {
      table.add(toRepeatKey(identity), identity.at / ALIGNMENT + 1);
    }
  }

  private indexed(segment: string): IndexedSegment {
    const known = this.segments.get(segment);
    if (known !== undefined) return known;
    const made = { table: createSeqTable(), seenTo: 0 };
    this.segments.set(segment, made);
    return made;
  }

  /** Listed again only when a segment was made or removed. */
  private otherSegments(own: string): readonly string[] {
    const time = statSync(this.folder, { throwIfNoEntry: false })?.mtimeMs ?? -1;
    if (time !== this.folderTime) {
      this.folderTime = time;
      const names = listSegments(this.folder).map(({ name }) => name);
      for (const known of this.segments.keys()) if (!names.includes(known)) this.forget(known);
      this.others = names;
    }
    return this.others.filter((name) => name !== own);
  }

  /** Nothing where the segment is gone or being drained: SQLite is asked next. */
  private withSegment<T>(segment: string, read: (descriptor: number) => T[]): T[] {
    let descriptor: number;
    try {
      descriptor = openSync(segmentPath(this.folder, segment), 'r');
    } catch {
      return [];
    }
    try {
      return read(descriptor);
    } finally {
      closeSync(descriptor);
    }
  }

  private toIdentity(segment: string, located: LocatedHead): PendingIdentity[] {
    const { at, head, fields } = located;
    if (head.type !== 'capture') return [];
    const [id, , , , , , declaredEventId, valid] = fields as CaptureFields;
    return [
      {
        segment,
        at,
        id,
        declaredEventId,
        valid: valid ? 1 : 0,
        bodyBytes: head.bodyBytes,
        bodyCrc: head.bodyCrc,
        readBody: () =>
          this.withSegment(segment, (descriptor) => [readBodyAt(descriptor, located)])[0] ??
          Buffer.alloc(0),
      },
    ];
  }
}

/** The heads of the next range; of a larger record its head alone. None at the end. */
function nextHeads(descriptor: number, from: number, size: number): LocatedHead[] {
  const heads = readHeads(descriptor, from, Math.min(size, from + RANGE_BYTES));
  if (heads.length > 0) return heads;
  const next = readHeadAt(descriptor, from);
  return next !== undefined && from + next.head.totalBytes <= size ? [next] : [];
}

/** Whether both are captures of the same event with the same verdict. */
function isRepeat(one: CaptureIdentity, other: CaptureIdentity): boolean {
  if (one.id === other.id || one.valid !== other.valid) return false;
  if (one.declaredEventId !== null || other.declaredEventId !== null) {
    return one.declaredEventId === other.declaredEventId;
  }
  return (
    one.bodyBytes === other.bodyBytes &&
    one.bodyCrc === other.bodyCrc &&
    Buffer.compare(one.readBody(), other.readBody()) === 0
  );
}
