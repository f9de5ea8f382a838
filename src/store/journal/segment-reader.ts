import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { errorCode } from '../../errors.ts';
import {
  ALIGNMENT,
  HEADER_BYTES,
  type JournalRecord,
  readFields,
  readHead,
  readRecord,
  type RecordHead,
} from './record.ts';

/** A part of a segment, read at once. */
export interface SegmentPart {
  readonly records: readonly JournalRecord[];
  /** Where the next part begins. */
  readonly to: number;
  /** What is damaged in it, in words. */
  readonly damages: readonly string[];
}

/** One read takes about this much; a larger record is read whole. */
const PART_BYTES = 256 * 1024;

/** Reads segments into memory that is used again: bodies are views of it until the next read. */
export class SegmentReader {
  private memory = Buffer.alloc(0);

  /**
   * The records from `from` on; none once only an unfinished one is left. Undefined where the
   * segment has lost its name since it was listed.
   */
  read(path: string, from: number): SegmentPart | undefined {
    const descriptor = openIfThere(path);
    if (descriptor === undefined) return undefined;
    try {
      const { size } = fstatSync(descriptor);
      const bytes = this.fill(descriptor, from, Math.min(PART_BYTES, Math.max(0, size - from)));
      const part = parse(bytes, from, size);
      const isTooSmall = part.to === from && part.wanted > bytes.length;
      if (!isTooSmall) return part;
      return parse(this.fill(descriptor, from, part.wanted), from, size);
    } finally {
      closeSync(descriptor);
    }
  }

  /** Gives memory for large records back. */
  release(): void {
    if (this.memory.length > PART_BYTES) this.memory = Buffer.alloc(0);
  }

  private fill(descriptor: number, from: number, length: number): Buffer {
    if (this.memory.length < length) this.memory = Buffer.alloc(Math.max(length, PART_BYTES));
    return this.memory.subarray(0, readFully(descriptor, this.memory, from, length));
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** How many bytes: fewer where the file ends before. */
function readFully(descriptor: number, into: Buffer, from: number, length: number): number {
  let at = 0;
  for (let count = -1; count !== 0 && at < length; at += Math.max(count, 0)) {
    count = readSync(descriptor, into, at, length - at, from + at);
  }
  return at;
}

interface ParsedPart extends SegmentPart {
  /** What the record at `to` takes, if it is wholly in the file. */
  readonly wanted: number;
}

/** `bytes` are those from `from` on of a file of `fileBytes`. */
function parse(bytes: Buffer, from: number, fileBytes: number): ParsedPart {
  const records: JournalRecord[] = [];
  const damages: string[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length) {
    const head = readHead(bytes, at);
    if (head === undefined) {
      const next = findHead(bytes, at);
      damages.push(`${next - at} bytes at ${from + at}`);
      at = next;
      continue;
    }
    const end = at + head.totalBytes;
    if (end > bytes.length) {
      // An unfinished record was never acknowledged.
      const isWhole = from + end <= fileBytes;
      return { records, damages, to: from + at, wanted: isWhole ? head.totalBytes : 0 };
    }
    const record = readRecord(bytes, at, head);
    if (typeof record === 'string') damages.push(record);
    else records.push(record);
    at = end;
  }
  return { records, damages, to: from + at, wanted: 0 };
}

/** Where the next record begins after a damaged stretch, or where the bytes end. */
function findHead(bytes: Buffer, damagedAt: number): number {
  let at = damagedAt + ALIGNMENT;
  while (at + HEADER_BYTES <= bytes.length && readHead(bytes, at) === undefined) at += ALIGNMENT;
  return at;
}

/** The fields of a record without its body, and its place in the file. */
export interface LocatedHead {
  readonly at: number;
  readonly head: RecordHead;
  readonly fields: readonly unknown[];
}

/** Up to here a range is read at once; of a larger one the bodies are left out. */
export const RANGE_BYTES = 1024 * 1024;

type ReadAt = (at: number, length: number) => Buffer;

/**
 * The heads and fields of the whole records between `from` and `to`, up to the first damaged one,
 * which the drain reports. Bodies are not read one by one.
 */
export function readHeads(descriptor: number, from: number, to: number): LocatedHead[] {
  const readAt = to - from <= RANGE_BYTES ? inMemory(descriptor, from, to) : onDisk(descriptor);
  const heads: LocatedHead[] = [];
  for (let at = from; at + HEADER_BYTES <= to;) {
    const located = locate(readAt, at);
    if (located === undefined || at + located.head.totalBytes > to) break;
    heads.push(located);
    at += located.head.totalBytes;
  }
  return heads;
}

/** The head and fields of the record at `at`; undefined where there is none. */
export function readHeadAt(descriptor: number, at: number): LocatedHead | undefined {
  return locate(onDisk(descriptor), at);
}

/** The body of a record whose head was read. */
export function readBodyAt(descriptor: number, { at, head }: LocatedHead): Buffer {
  return onDisk(descriptor)(at + HEADER_BYTES + head.metaBytes, head.bodyBytes);
}

function locate(readAt: ReadAt, at: number): LocatedHead | undefined {
  const header = readAt(at, HEADER_BYTES);
  const head = header.length < HEADER_BYTES ? undefined : readHead(header, 0);
  if (head === undefined) return undefined;
  const meta = readAt(at + HEADER_BYTES, head.metaBytes);
  return crc32(meta) === head.metaCrc ? { at, head, fields: readFields(meta) } : undefined;
}

function onDisk(descriptor: number): ReadAt {
  return (at, length) => {
    const bytes = Buffer.alloc(length);
    return bytes.subarray(0, readFully(descriptor, bytes, at, length));
  };
}

function inMemory(descriptor: number, from: number, to: number): ReadAt {
  const range = onDisk(descriptor)(from, to - from);
  return (at, length) => range.subarray(at - from, at - from + length);
}
