import { lstatSync, readFileSync, realpathSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { RowWriter } from './row-writer.ts';
import type { CaptureIdentity, CaptureRow, ForwardRow } from './rows.ts';
import { type Database, readPragma } from './schema.ts';

/** The schema version in which the table `arrivals` has the columns that are read here. */
const ARRIVALS_VERSION = 4;

/** The writer of the rows of a batch. */
type RowSink = Pick<RowWriter, 'capture' | 'forward' | 'answered' | 'reason'>;

/** A batch of captures that an older version stored here, and did not move to the final tables. */
interface Arrival {
  readonly seq: number;
  /** The whole batch, or the part before the content of `file`. */
  readonly batch: Uint8Array;
  /** The name of a file in the folder `<store>-batches`. */
  readonly file: string | null;
  readonly file_bytes: number | null;
}

/** Whether an older version has left batches in the store. */
export function hasArrivals(database: Database): boolean {
  if (readPragma(database, 'user_version') < ARRIVALS_VERSION) return false;
  const table = database
    .prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'arrivals'")
    .get();
  return table !== undefined && database.prepare('SELECT 1 FROM arrivals').get() !== undefined;
}

/**
 * Moves the batches of an older version to the final tables, oldest first, in one commit each. If the
 * file of a batch is missing or damaged, the batch and the table are kept, and the next opening tries again.
 */
export function migrateArrivals(
  file: string,
  database: Database,
  sink: RowSink,
  transaction: (work: () => void) => void,
): void {
  if (!hasArrivals(database)) return;
  const folder = `${realpathSync(file)}-batches`;
  const remove = database.prepare('DELETE FROM arrivals WHERE seq = ?');
  const seqs = database.prepare('SELECT seq FROM arrivals ORDER BY seq').all() as unknown as Array<
    Pick<Arrival, 'seq'>
  >;
  for (const { seq } of seqs) {
    let path: string | null = null;
    transaction(() => {
      const row = database.prepare('SELECT * FROM arrivals WHERE seq = ?').get(seq);
      const batch = row === undefined ? null : readBatch(row as Arrival, folder);
      // Another process has moved the batch, or its file cannot be read.
      if (batch === null) return;
      writeBatch(batch.bytes, sink);
      remove.run(seq);
      ({ path } = batch);
    });
    if (path !== null) rmSync(path, { force: true });
  }
  try {
    rmdirSync(folder);
  } catch {
    // The folder does not exist, or is not empty.
  }
}

/** The names of files that older versions wrote. */
const FILE_NAME = /^[0-9a-f]{24}$/;

function readBatch(
  { batch, file, file_bytes }: Arrival,
  folder: string,
): { bytes: Buffer; path: string | null } | null {
  if (file === null) return { bytes: Buffer.from(batch), path: null };
  if (!FILE_NAME.test(file)) return null;
  const path = join(folder, file);
  // Reading another kind of file, e.g. a pipe, might never end.
  if (lstatSync(path, { throwIfNoEntry: false })?.isFile() !== true) return null;
  const rest = readFileSync(path).subarray(0, file_bytes ?? 0);
  const bytes = Buffer.concat([batch, rest]);
  const isWhole = rest.length === file_bytes && parsesWhole(bytes);
  return isWhole ? { bytes, path } : null;
}

function parsesWhole(bytes: Buffer): boolean {
  const nothing = (): null => null;
  try {
    writeBatch(bytes, { capture: nothing, forward: nothing, answered: nothing, reason: nothing });
    return true;
  } catch {
    return false;
  }
}

/**
 * Writes the rows of a batch. Its format: the identities of the captures, their bodies, their other fields;
 * then forwards, answered statuses and reasons, each list after its length. Numbers are doubles, -1 is null,
 * and texts and bytes follow their length. Throws RangeError if bytes are missing.
 */
function writeBatch(bytes: Buffer, sink: RowSink): void {
  const from = new Unpacker(bytes);
  const heads = from.each(() => ({
    id: from.text(),
    declaredEventId: from.textOrNull(),
    valid: from.number() ?? 0,
    bodyBytes: from.number() ?? 0,
  }));
  const bodies = heads.map(({ bodyBytes }) => from.bytes(bodyBytes));
  for (const [index, { id, declaredEventId, valid }] of heads.entries()) {
    const body = bodies[index] ?? Buffer.alloc(0);
    const identity = { id, declaredEventId, valid, body, bodyCrc: crc32(body) };
    sink.capture({ ...identity, ...unpackCapture(from) });
  }
  for (const row of from.each(() => unpackForward(from))) sink.forward(row);
  from.each(() => sink.answered(from.text(), from.number() ?? 0));
  from.each(() => sink.reason(from.text(), from.text()));
}

function unpackCapture(from: Unpacker): Omit<CaptureRow, keyof CaptureIdentity> {
  return {
    receivedAt: from.number() ?? 0,
    method: from.text(),
    path: from.sizedBytes(),
    httpVersion: from.text(),
    headers: from.list(),
    event: from.bytesOrNull(),
    reason: from.text(),
    answered: from.number(),
    source: null,
    importedAt: null,
  };
}

function unpackForward(from: Unpacker): ForwardRow {
  return {
    captureId: from.text(),
    kind: from.text(),
    at: from.number() ?? 0,
    url: from.text(),
    status: from.number(),
    durationMs: from.number() ?? 0,
    error: from.bytesOrNull(),
    responseHeaders: from.list(),
    edited: from.number() ?? 0,
    responseBody: from.sizedBytes(),
  };
}

const OPEN_LIST = 0x5b;

/** Reads values one after another. */
class Unpacker {
  private readonly buffer: Buffer;
  private at = 0;

  constructor(buffer: Buffer) {
    this.buffer = buffer;
  }

  number(): number | null {
    const value = this.buffer.readDoubleLE(this.at);
    this.at += 8;
    return value === -1 ? null : value;
  }

  bytes(size: number): Buffer {
    if (this.at + size > this.buffer.length) throw new RangeError('expected more bytes');
    this.at += size;
    return this.buffer.subarray(this.at - size, this.at);
  }

  bytesOrNull(): Buffer | null {
    const size = this.number();
    return size === null ? null : this.bytes(size);
  }

  sizedBytes(): Buffer {
    return this.bytesOrNull() ?? Buffer.alloc(0);
  }

  text(): string {
    return this.sizedBytes().toString('utf8');
  }

  textOrNull(): string | null {
    return this.bytesOrNull()?.toString('utf8') ?? null;
  }

  /** A list as JSON. */
  list(): Buffer {
    const bytes = this.sizedBytes();
    if (bytes[0] !== OPEN_LIST) throw new RangeError('expected a list');
    return bytes;
  }

  each<T>(read: () => T): T[] {
    return Array.from({ length: this.number() ?? 0 }, read);
  }
}
