import {
  closeSync,
  fsyncSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode } from '../../errors.ts';

/**
 * The segment files of a store, in a folder next to it. Their names begin with the time at which
 * they were made, so that they sort by age. A segment is `.journal` while its writer appends to
 * it, `.closing` while a drain takes what is left of it, and `.quarantined` if a part of it is
 * damaged.
 */
export interface Segment {
  /** Without its ending. */
  readonly name: string;
  readonly path: string;
  readonly isClosing: boolean;
}

const SEGMENT = /^([0-9a-z]{9}-[0-9a-f]{8})\.(journal|closing)$/;
const QUARANTINED = /^[0-9a-z]{9}-[0-9a-f]{8}\.quarantined$/;

/**
 * Beside the file itself, as SQLite's own files are, also where a link leads to it. `-journal` is
 * the name of one of those.
 */
export function journalFolder(storeFile: string): string {
  return `${realpathSync(storeFile)}-segments`;
}

/** `createdAt` in ms since 1970; `random` makes names of the same time differ. */
export function segmentName(createdAt: number, random: Uint8Array): string {
  const time = Math.floor(createdAt).toString(36).padStart(9, '0');
  return `${time}-${Buffer.from(random).toString('hex')}`;
}

export function segmentPath(folder: string, name: string): string {
  return join(folder, `${name}.journal`);
}

/** A new segment is started once one has this many bytes: a drain removes whole segments. */
export const SEGMENT_BYTES = 128 * 1024 * 1024;

/** Whether its writer has started another, or does so with the next group. */
export function isFull({ path }: Segment): boolean {
  return (statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= SEGMENT_BYTES;
}

/** The segments of a folder, oldest first; none where there is no folder. */
export function listSegments(folder: string): Segment[] {
  const segments = namesIn(folder).flatMap((entry) => {
    const match = SEGMENT.exec(entry);
    if (match === null) return [];
    return [{ name: match[1] ?? '', path: join(folder, entry), isClosing: match[2] === 'closing' }];
  });
  return segments.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Paths of the segments that a part of is damaged. */
export function listQuarantined(folder: string): string[] {
  return namesIn(folder)
    .filter((entry) => QUARANTINED.test(entry))
    .map((entry) => join(folder, entry));
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Takes a segment away from its writer, which sees that the name is gone before it answers
 * and writes its last group again elsewhere. What is in the file then is all there will be.
 */
export function beginClosing(segment: Segment): Segment {
  if (segment.isClosing) return segment;
  const path = segment.path.replace(/\.journal$/, '.closing');
  renameIfThere(segment.path, path);
  return { ...segment, path, isClosing: true };
}

/** Several processes may drain a segment: the first one that gets here renames it. */
function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}

/** Renames a segment with a damaged part, so that no drain reads it again. */
export function quarantine(segment: Segment): void {
  renameIfThere(segment.path, quarantinedPath(segment));
}

/** Where a segment is once it is quarantined. */
export function quarantinedPath({ path }: Segment): string {
  return path.replace(/\.(journal|closing)$/, '.quarantined');
}

export function removeSegment(segment: Segment): void {
  rmSync(segment.path, { force: true });
}

/** Removes the folder if nothing is in it. */
export function removeFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // It is gone already, or something is left in it: quarantined segments, other people's files.
  }
}

/** Identifies a file, as opposed to a later one of the same name; undefined where there is none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

/**
 * The names in a folder are on disk once the folder is synced. Windows and some network file
 * systems cannot do that; SQLite goes on there as well.
 */
export function syncFolder(folder: string): void {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(folder, 'r');
    fsyncSync(descriptor);
  } catch {
    // See above.
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}
