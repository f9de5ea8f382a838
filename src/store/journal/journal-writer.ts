import { randomBytes } from 'node:crypto';
import { close, ftruncate, openSync, rmSync, write, writev, writevSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { makePrivateFolder } from '../../system/private-folder.ts';
import {
  inodeOf,
  journalFolder,
  SEGMENT_BYTES,
  segmentName,
  segmentPath,
  syncFolder,
} from './segments.ts';

const writevAsync = promisify(writev);
const writeAsync = promisify(write);
const truncateAsync = promisify(ftruncate);
const closeAsync = promisify(close);

/** Limit on a group that is written at once: copying more takes longer than asking another thread. */
const DIRECT_BYTES = 128 * 1024;
/** What one writev takes on every platform. */
const PIECES = 1000;

/** Where a group of records was written. */
export interface Place {
  /** The segment's name. */
  readonly segment: string;
  /** The first byte of the group, and the one after its last. */
  readonly from: number;
  readonly to: number;
  /** The open file, for the thread that syncs it: the threads of a process share descriptors. */
  readonly descriptor: number;
}

interface OpenSegment {
  readonly name: string;
  readonly path: string;
  readonly descriptor: number;
  readonly inode: number | undefined;
  size: number;
  /** Whether the store knows of it. */
  isRegistered: boolean;
}

/**
 * Appends groups of records to a segment file of its own. A group is written with `write` and
 * durable once its `Place` is synced; then `confirm` must hold, else the group is written again.
 * One group at a time.
 */
export class JournalWriter {
  private readonly folder: string;
  private readonly register: (name: string) => Promise<void>;
  private segment: OpenSegment | null = null;

  /** `register` notes a new segment in the store, so that one which is lost is missed. */
  constructor(storeFile: string, register: (name: string) => Promise<void>) {
    this.folder = journalFolder(storeFile);
    this.register = register;
  }

  /** Writes a group; `now` (ms since 1970) names a new segment. Throws what the file system says. */
  async write(pieces: readonly Uint8Array[], now: number): Promise<Place> {
    const segment = this.segment ?? this.begin(now);
    const from = segment.size;
    for (let at = 0; at < pieces.length; at += PIECES) {
      const part = pieces.slice(at, at + PIECES);
      segment.size += await writeAll(segment.descriptor, part, segment.size);
    }
    const { name, size, descriptor } = segment;
    return { segment: name, from, to: size, descriptor };
  }

  /** Whether the segment still has its name: a drain renames it before it takes the rest. */
  async confirm(): Promise<boolean> {
    const { segment } = this;
    if (segment === null) return false;
    // Not before it has a group, so that one whose first group is refused can be removed.
    if (!segment.isRegistered) await this.register(segment.name);
    segment.isRegistered = true;
    return inodeOf(segment.path) === segment.inode;
  }

  /** Whether the segment is full: the next group belongs into another. */
  isFull(): boolean {
    return this.segment !== null && this.segment.size >= SEGMENT_BYTES;
  }

  /**
   * Takes back a group that could not be made durable. The segment is not used again: a drain may
   * have read beyond `from` already.
   */
  async takeBack(from: number): Promise<void> {
    const { segment } = this;
    if (segment === null) return;
    try {
      await truncateAsync(segment.descriptor, from);
      // On a full disk there would soon be thousands.
      if (!segment.isRegistered) rmSync(segment.path, { force: true });
    } catch {
      // The drain stores what is left; the sender was answered to send it again, and that is a repeat.
    }
    await this.end();
  }

  /** The bytes written so far to the current segment; the next group begins there. */
  get position(): number {
    return this.segment?.size ?? 0;
  }

  /** Closes the segment; the next group begins another. */
  async end(): Promise<void> {
    const { segment } = this;
    this.segment = null;
    if (segment === null) return;
    try {
      await closeAsync(segment.descriptor);
    } catch {
      // What was to be durable has been synced, or was refused.
    }
  }

  private begin(now: number): OpenSegment {
    const { folder } = this;
    makePrivateFolder(folder);
    const name = segmentName(now, randomBytes(4));
    const path = segmentPath(folder, name);
    const descriptor = openSync(path, 'wx', 0o600);
    this.segment = { name, path, descriptor, inode: inodeOf(path), size: 0, isRegistered: false };
    syncFolder(folder);
    syncFolder(dirname(folder));
    return this.segment;
  }
}

/** Writes pieces one after another from `position` on; how many bytes they were. */
async function writeAll(
  descriptor: number,
  pieces: readonly Uint8Array[],
  position: number,
): Promise<number> {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  let written =
    size <= DIRECT_BYTES
      ? writevSync(descriptor, pieces, position)
      : (await writevAsync(descriptor, pieces, position)).bytesWritten;
  if (written === size) return size;
  // A signal or a nearly full disk cut it short; writing the rest shows which.
  const whole = Buffer.concat(pieces);
  while (written < size) {
    const rest = await writeAsync(descriptor, whole, written, size - written, position + written);
    written += rest.bytesWritten;
  }
  return size;
}
