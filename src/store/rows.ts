import {
  type Capture,
  type Forward,
  KEPT_RESPONSE_BYTES,
  type NewCapture,
} from '../request/capture.ts';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import type { Reason } from '../signature/verify.ts';
import { type Packed, Packer, Unpacker } from './packing.ts';

/** Rows to be gone through once, field by field. */
export type RowSource = { readonly [Field in keyof Rows]: Iterable<Rows[Field][number]> };

/** What goes into one commit. Text from outside is bytes here: the driver cuts text at a NUL. */
export interface Rows {
  readonly captures: readonly CaptureRow[];
  readonly forwards: readonly ForwardRow[];
  /** The status a sender got, where it was not known when the capture was kept. */
  readonly answered: ReadonlyArray<readonly [captureId: string, status: number]>;
  /** A reason that was found after the capture was kept. */
  readonly reasons: ReadonlyArray<readonly [captureId: string, reason: Reason]>;
}

/** What tells a capture from others, and repeats of its event, without its body. */
export interface CaptureHead {
  readonly id: string;
  /** The id its event carries; null where it carries none: then its bytes identify it. */
  readonly ownId: Uint8Array | null;
  readonly valid: number;
}

export interface CaptureIdentity extends CaptureHead {
  readonly body: Uint8Array;
}

/** A capture as it is written. */
export interface CaptureRow extends CaptureIdentity {
  readonly receivedAt: number;
  readonly method: string;
  readonly path: Uint8Array;
  readonly httpVersion: string;
  /** JSON. */
  readonly headers: Uint8Array;
  readonly event: Uint8Array | null;
  readonly reason: string;
  readonly answered: number | null;
}

/** A forward as it is written. */
export interface ForwardRow {
  readonly captureId: string;
  readonly kind: string;
  readonly at: number;
  readonly url: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: Uint8Array | null;
  /** JSON. */
  readonly responseHeaders: Uint8Array;
  readonly edited: number;
  readonly responseBody: Uint8Array;
}

export const toBlob = (text: string): Buffer => Buffer.from(text, 'utf8');

/** The same bytes as a Buffer. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A capture as it was when it came. */
export function toNewCapture(capture: Capture): NewCapture {
  const { eventId, body } = capture;
  return { ...capture, declaredEventId: eventId === bodyIdentity(body) ? null : eventId };
}

export function toCaptureRow(capture: NewCapture): CaptureRow {
  const { event, declaredEventId: ownId, verification } = capture;
  return {
    id: capture.id,
    receivedAt: capture.receivedAt,
    method: capture.method,
    path: toBlob(capture.path),
    httpVersion: capture.httpVersion,
    headers: toBlob(JSON.stringify(capture.headers)),
    event: event === null ? null : toBlob(event),
    ownId: ownId === null ? null : toBlob(ownId),
    valid: verification.valid ? 1 : 0,
    reason: verification.reason,
    answered: capture.answered,
    body: capture.body,
  };
}

export function toForwardRow(captureId: string, forward: Forward): ForwardRow {
  return {
    captureId,
    kind: forward.kind,
    at: forward.at,
    url: forward.url,
    status: forward.status,
    durationMs: forward.durationMs,
    error: forward.error === null ? null : toBlob(forward.error),
    responseHeaders: toBlob(JSON.stringify(forward.responseHeaders)),
    edited: forward.edited ? 1 : 0,
    responseBody: forward.responseBody.subarray(0, KEPT_RESPONSE_BYTES),
  };
}

/** What the listener's thread keeps at once: as `Rows`, before it is packed. */
export interface Batch {
  readonly captures: readonly NewCapture[];
  readonly forwards: ReadonlyArray<readonly [captureId: string, forward: Forward]>;
  readonly answered: Rows['answered'];
  readonly reasons: Rows['reasons'];
}

/**
 * One piece of bytes for all rows: what identifies the captures first, then their bodies, then the
 * rest. It crosses to the store's thread and waits on disk (`arrivals`): whoever changes it needs
 * another schema version.
 */
export function packBatch(memory: SharedArrayBuffer, batch: Batch): Packed {
  const packer = new Packer(memory);
  packer.number(batch.captures.length);
  for (const { id, declaredEventId: ownId, verification, body } of batch.captures) {
    packer.text(id);
    packer.text(ownId);
    packer.number(verification.valid ? 1 : 0);
    packer.number(body.length);
  }
  for (const { body } of batch.captures) packer.rawBytes(body);
  for (const capture of batch.captures) packCapture(packer, capture);
  packer.number(batch.forwards.length);
  for (const [captureId, forward] of batch.forwards) packForward(packer, captureId, forward);
  packer.number(batch.answered.length);
  for (const [captureId, status] of batch.answered) {
    packer.text(captureId);
    packer.number(status);
  }
  packer.number(batch.reasons.length);
  for (const [captureId, reason] of batch.reasons) {
    packer.text(captureId);
    packer.text(reason);
  }
  return packer.finish();
}

/**
 * The rows of a batch, read while they are gone through, once and in this order: as a whole they
 * would outlive collections of a thread whose heap is small.
 */
export function unpackRows(packed: Buffer): RowSource {
  const from = new Unpacker(packed);
  const { heads } = unpackHeads(from);
  for (const { bodyBytes } of heads) from.rawBytes(bodyBytes);
  return {
    captures: (function* () {
      for (const head of heads) yield unpackCapture(from, withBody(packed, head));
    })(),
    forwards: unpackEach(from, unpackForward),
    answered: unpackEach(from, () => [from.text(), from.number() ?? 0]),
    reasons: unpackEach(from, () => [from.text(), from.text() as Reason]),
  };
}

/** What identifies a capture of a batch, and where in the batch its body lies. */
export interface PackedHead extends CaptureHead {
  readonly bodyAt: number;
  readonly bodyBytes: number;
}

/** What identifies the captures of a batch: its first `size` bytes, which are enough to read it. */
export interface BatchHead {
  readonly heads: readonly PackedHead[];
  readonly size: number;
}

export function headOf(packed: Buffer): BatchHead {
  return unpackHeads(new Unpacker(packed));
}

/** Its body is part of those bytes, which are the whole batch. */
export function withBody(packed: Buffer, head: PackedHead): CaptureIdentity {
  const { id, ownId, valid, bodyAt, bodyBytes } = head;
  return { id, ownId, valid, body: packed.subarray(bodyAt, bodyAt + bodyBytes) };
}

function unpackHeads(from: Unpacker): BatchHead {
  const heads = Array.from(
    unpackEach(from, () => ({
      id: from.text(),
      ownId: from.bytesOrNull(),
      valid: from.number() ?? 0,
      bodyAt: 0,
      bodyBytes: from.number() ?? 0,
    })),
  );
  const size = from.position();
  let at = size;
  for (const head of heads) {
    head.bodyAt = at;
    at += head.bodyBytes;
  }
  return { heads, size };
}

function* unpackEach<T>(from: Unpacker, unpack: (from: Unpacker) => T): Generator<T> {
  for (let left = from.number() ?? 0; left > 0; left--) yield unpack(from);
}

function packCapture(packer: Packer, capture: NewCapture): void {
  packer.number(capture.receivedAt);
  packer.text(capture.method);
  packer.text(capture.path);
  packer.text(capture.httpVersion);
  packer.text(JSON.stringify(capture.headers));
  packer.text(capture.event);
  packer.text(capture.verification.reason);
  packer.number(capture.answered);
}

function unpackCapture(from: Unpacker, { id, ownId, valid, body }: CaptureIdentity): CaptureRow {
  return {
    id,
    ownId,
    valid,
    body,
    receivedAt: from.number() ?? 0,
    method: from.text(),
    path: from.bytes(),
    httpVersion: from.text(),
    headers: listText(from),
    event: from.bytesOrNull(),
    reason: from.text(),
    answered: from.number(),
  };
}

/** A list as JSON; RangeError where there is none, in a file whose bytes are gone say. */
function listText(from: Unpacker): Uint8Array {
  const text = from.bytes();
  if (text[0] !== OPEN_LIST) throw new RangeError('expected a list');
  return text;
}

const OPEN_LIST = 0x5b;

function packForward(packer: Packer, captureId: string, forward: Forward): void {
  packer.text(captureId);
  packer.text(forward.kind);
  packer.number(forward.at);
  packer.text(forward.url);
  packer.number(forward.status);
  packer.number(forward.durationMs);
  packer.text(forward.error);
  packer.text(JSON.stringify(forward.responseHeaders));
  packer.number(forward.edited ? 1 : 0);
  packer.bytes(forward.responseBody.subarray(0, KEPT_RESPONSE_BYTES));
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
    responseHeaders: listText(from),
    edited: from.number() ?? 0,
    responseBody: from.bytes(),
  };
}
