import { crc32 } from 'node:zlib';
import { type Forward, KEPT_RESPONSE_BYTES, type NewCapture } from '../../request/capture.ts';
import type { HeaderPair } from '../../request/request.ts';
import type { Reason } from '../../signature/verify.ts';

/**
 * One record of a segment file, all numbers little-endian:
 *
 *     0  magic `RLJ1`       16  CRC-32 of the meta
 *     4  type (1 byte)      20  CRC-32 of the body
 *     8  length of the meta 24  CRC-32 of bytes 0 to 23
 *    12  length of the body 28  zeros
 *    32  meta, body, zeros up to a multiple of 8
 *
 * The meta is a JSON array; where the record has headers, a line feed and the headers as JSON
 * follow. The body is raw. Each part has a checksum of its own, so that a record whose body is
 * damaged still has its id, and one whose meta is damaged still shows where the next begins.
 */
const MAGIC = 0x31_4a_4c_52;
export const HEADER_BYTES = 32;
/** Records begin at multiples of this many bytes. */
export const ALIGNMENT = 8;

const TYPES = ['capture', 'forward', 'answered', 'reason'] as const;
export type RecordType = (typeof TYPES)[number];

const EMPTY = Buffer.alloc(0);

/** A record as it was read: its meta's two lines and its body, which is a view of what was read. */
export interface JournalRecord {
  readonly type: RecordType;
  readonly fields: readonly unknown[];
  /** JSON; empty where the record has none. */
  readonly headers: Buffer;
  readonly body: Buffer;
  readonly bodyCrc: number;
}

/** The fields of a capture's record. */
export type CaptureFields = readonly [
  id: string,
  receivedAt: number,
  method: string,
  path: string,
  httpVersion: string,
  event: string | null,
  declaredEventId: string | null,
  valid: boolean,
  reason: string,
  answered: number | null,
];

/** The fields of a forward's record. */
export type ForwardFields = readonly [
  captureId: string,
  kind: string,
  at: number,
  url: string,
  status: number | null,
  durationMs: number,
  error: string | null,
  edited: boolean,
];

/** The record of a new capture, as pieces to write one after another. */
export function captureRecord(capture: NewCapture): readonly Uint8Array[] {
  const { id, receivedAt, method, path, httpVersion, event, declaredEventId, verification } =
    capture;
  const { valid, reason } = verification;
  const fields: CaptureFields = [
    id,
    receivedAt,
    method,
    path,
    httpVersion,
    event,
    declaredEventId,
    valid,
    reason,
    capture.answered,
  ];
  return encode('capture', fields, capture.headers, capture.body);
}

/** The record of a forward; of the answer's body the first `KEPT_RESPONSE_BYTES`. */
export function forwardRecord(captureId: string, forward: Forward): readonly Uint8Array[] {
  const { kind, at, url, status, durationMs, error, edited } = forward;
  const fields: ForwardFields = [captureId, kind, at, url, status, durationMs, error, edited];
  return encode(
    'forward',
    fields,
    forward.responseHeaders,
    forward.responseBody.subarray(0, KEPT_RESPONSE_BYTES),
  );
}

/** The record of the status that a sender got. */
export function answeredRecord(captureId: string, status: number): readonly Uint8Array[] {
  return encode('answered', [captureId, status], null, EMPTY);
}

/** The record of a reason that was found after its capture was stored. */
export function reasonRecord(captureId: string, reason: Reason): readonly Uint8Array[] {
  return encode('reason', [captureId, reason], null, EMPTY);
}

function encode(
  type: RecordType,
  fields: readonly unknown[],
  headers: readonly HeaderPair[] | null,
  body: Uint8Array,
): readonly Uint8Array[] {
  const line = JSON.stringify(fields);
  const meta = Buffer.from(headers === null ? line : `${line}\n${JSON.stringify(headers)}`, 'utf8');
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt32LE(MAGIC, 0);
  head.writeUInt8(TYPES.indexOf(type), 4);
  head.writeUInt32LE(meta.length, 8);
  head.writeUInt32LE(body.length, 12);
  head.writeUInt32LE(crc32(meta), 16);
  head.writeUInt32LE(crc32(body), 20);
  head.writeUInt32LE(crc32(head.subarray(0, 24)), 24);
  const padding = paddingOf(meta.length + body.length);
  return [head, meta, ...(body.length > 0 ? [body] : []), ...(padding > 0 ? [zeros(padding)] : [])];
}

const ZEROS = Buffer.alloc(ALIGNMENT);
const zeros = (size: number): Buffer => ZEROS.subarray(0, size);
const paddingOf = (size: number): number => (ALIGNMENT - (size % ALIGNMENT)) % ALIGNMENT;

/** What the first bytes of a record say. */
export interface RecordHead {
  readonly type: RecordType;
  readonly metaBytes: number;
  readonly bodyBytes: number;
  readonly metaCrc: number;
  readonly bodyCrc: number;
  /** With header and padding: the distance to the next record. */
  readonly totalBytes: number;
}

/** The head of the record that begins at `at`; undefined where none does. Needs `HEADER_BYTES`. */
export function readHead(bytes: Buffer, at: number): RecordHead | undefined {
  if (bytes.readUInt32LE(at) !== MAGIC) return undefined;
  const type = TYPES[bytes.readUInt8(at + 4)];
  const isWhole = bytes.readUInt32LE(at + 24) === crc32(bytes.subarray(at, at + 24));
  if (type === undefined || !isWhole) return undefined;
  const metaBytes = bytes.readUInt32LE(at + 8);
  const bodyBytes = bytes.readUInt32LE(at + 12);
  const size = metaBytes + bodyBytes;
  return {
    type,
    metaBytes,
    bodyBytes,
    metaCrc: bytes.readUInt32LE(at + 16),
    bodyCrc: bytes.readUInt32LE(at + 20),
    totalBytes: HEADER_BYTES + size + paddingOf(size),
  };
}

/** The record whose head was read at `at`; what is damaged of it otherwise. */
export function readRecord(bytes: Buffer, at: number, head: RecordHead): JournalRecord | string {
  const metaAt = at + HEADER_BYTES;
  const bodyAt = metaAt + head.metaBytes;
  const meta = bytes.subarray(metaAt, bodyAt);
  if (crc32(meta) !== head.metaCrc) return `a record (${head.type})`;
  const fields = readFields(meta);
  const body = bytes.subarray(bodyAt, bodyAt + head.bodyBytes);
  if (crc32(body) !== head.bodyCrc) {
    return head.type === 'capture' ? `the body of ${String(fields[0])}` : `a record (${head.type})`;
  }
  const lineEnd = meta.indexOf(LINE_FEED);
  const headers = lineEnd === -1 ? EMPTY : meta.subarray(lineEnd + 1);
  return { type: head.type, fields, headers, body, bodyCrc: head.bodyCrc };
}

const LINE_FEED = 0x0a;

/** The first line of a meta whose checksum is right. */
export function readFields(meta: Buffer): readonly unknown[] {
  const lineEnd = meta.indexOf(LINE_FEED);
  const line = lineEnd === -1 ? meta : meta.subarray(0, lineEnd);
  return JSON.parse(line.toString('utf8')) as readonly unknown[];
}
