import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { makePrivateFolder } from '../../../system/private-folder.ts';
import type { Delivery } from '../../../relyable/delivery.ts';
import {
  type AttemptKey,
  compareKeys,
  entriesOf,
  keyOfEntry,
  type LogEntry,
} from '../../../relyable/log-entries.ts';

/**
 * News that was found and waits to be shown in order. Beyond a few deliveries it lives in a file
 * of its own, so that catching up on a long absence takes little memory.
 */
export interface Backlog {
  readonly size: number;
  has(id: string): boolean;
  /** Keeps a delivery with those of its attempts that are news; a later version replaces it. */
  add(delivery: Delivery, fresh: readonly LogEntry[]): void;
  /** Everything, oldest first; empty afterwards. */
  drain(): Generator<LogEntry>;
  close(): void;
}

/** So many deliveries are kept in memory. */
const IN_MEMORY = 2000;

/** A delivery in the file, or itself. */
type Place = { readonly offset: number; readonly length: number } | { readonly delivery: Delivery };

export function createBacklog(file: string, inMemory = IN_MEMORY): Backlog {
  const places = new Map<string, { place: Place; items: AttemptKey[] }>();
  let handle: number | undefined;
  let end = 0;

  const store = (delivery: Delivery): Place => {
    if (places.size < inMemory) return { delivery };
    if (handle === undefined) {
      makePrivateFolder(dirname(file));
      handle = openSync(file, 'w+', 0o600);
    }
    const bytes = Buffer.from(JSON.stringify(delivery), 'utf8');
    writeSync(handle, bytes, 0, bytes.length, end);
    const place = { offset: end, length: bytes.length };
    end += bytes.length;
    return place;
  };

  const load = (place: Place): Delivery => {
    if ('delivery' in place || handle === undefined)
      return (place as { delivery: Delivery }).delivery;
    const bytes = Buffer.alloc(place.length);
    readSync(handle, bytes, 0, place.length, place.offset);
    return JSON.parse(bytes.toString('utf8')) as Delivery;
  };

  const clear = (): void => {
    places.clear();
    end = 0;
    if (handle === undefined) return;
    closeSync(handle);
    handle = undefined;
    rmSync(file, { force: true });
  };

  return {
    get size() {
      return places.size;
    },
    has: (id) => places.has(id),
    add: (delivery, fresh) => {
      places.set(delivery.id, { place: store(delivery), items: fresh.map(keyOfEntry) });
    },
    *drain() {
      const items = [...places.values()].flatMap((kept) => kept.items).sort(compareKeys);
      try {
        for (const { id, at, attempt } of items) {
          const kept = places.get(id);
          if (kept === undefined) continue;
          const entry = entriesOf(load(kept.place)).find(
            (candidate) => candidate.attempt.attempt === attempt && candidate.attempt.at === at,
          );
          if (entry !== undefined) yield entry;
        }
      } finally {
        clear();
      }
    },
    close: clear,
  };
}
