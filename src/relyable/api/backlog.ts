import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder } from '../../system/private-folder.ts';
import type { Delivery } from '../delivery.ts';
import {
  type AttemptKey,
  compareKeys,
  entriesOf,
  keyOfEntry,
  type LogEntry,
} from '../log-entries.ts';

/** Deliveries beyond this number are written to the file. */
const IN_MEMORY = 2000;

/** Where a delivery is: in the file, or in memory. */
type Place = { readonly offset: number; readonly length: number } | { readonly delivery: Delivery };

/**
 * Attempts that were found and wait to be shown in order. Beyond a few deliveries they are in a
 * file, so that catching up after a long absence takes little memory.
 */
export class Backlog {
  private readonly file: string;
  private readonly inMemory: number;
  private readonly places = new Map<string, { place: Place; items: AttemptKey[] }>();
  private handle: number | undefined;
  /** Where the next delivery goes in the file, bytes. */
  private end = 0;

  constructor(file: string, inMemory = IN_MEMORY) {
    this.file = file;
    this.inMemory = inMemory;
  }

  /** The number of deliveries. */
  get size(): number {
    return this.places.size;
  }

  has(id: string): boolean {
    return this.places.has(id);
  }

  /** Adds a delivery with those of its attempts that are to be shown; a later version replaces it. */
  add(delivery: Delivery, fresh: readonly LogEntry[]): void {
    const place = this.write(delivery);
    this.places.set(delivery.id, { place, items: fresh.map(keyOfEntry) });
  }

  /** Everything, oldest first; empty afterwards. */
  *drain(): Generator<LogEntry> {
    const items = [...this.places.values()].flatMap((added) => added.items).sort(compareKeys);
    try {
      for (const { id, at, attempt } of items) {
        const added = this.places.get(id);
        if (added === undefined) continue;
        const entry = entriesOf(this.read(added.place)).find(
          (candidate) => candidate.attempt.attempt === attempt && candidate.attempt.at === at,
        );
        if (entry !== undefined) yield entry;
      }
    } finally {
      this.close();
    }
  }

  /** Removes everything, and the file. */
  close(): void {
    this.places.clear();
    this.end = 0;
    if (this.handle === undefined) return;
    closeSync(this.handle);
    this.handle = undefined;
    rmSync(this.file, { force: true });
  }

  private write(delivery: Delivery): Place {
    if (this.places.size < this.inMemory) return { delivery };
    if (this.handle === undefined) {
      makePrivateFolder(dirname(this.file));
      this.handle = openSync(this.file, 'w+', 0o600);
    }
    const bytes = Buffer.from(JSON.stringify(delivery), 'utf8');
    const place = { offset: this.end, length: bytes.length };
    writeSync(this.handle, bytes, 0, bytes.length, place.offset);
    this.end += bytes.length;
    return place;
  }

  private read(place: Place): Delivery {
    if ('delivery' in place) return place.delivery;
    if (this.handle === undefined) throw new Error('the backlog is closed');
    const bytes = Buffer.alloc(place.length);
    readSync(this.handle, bytes, 0, place.length, place.offset);
    return JSON.parse(bytes.toString('utf8')) as Delivery;
  }
}
