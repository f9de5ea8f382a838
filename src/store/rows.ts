import {
  type Capture,
  type Forward,
  KEPT_RESPONSE_BYTES,
  type NewCapture,
} from '../request/capture.ts';
import { crc32 } from 'node:zlib';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import type { Reason } from '../signature/verify.ts';
import type { CaptureFields, ForwardFields, JournalRecord } from './journal/record.ts';

/** What goes into one commit. Text from outside is bytes here: the driver cuts text at a NUL. */
export interface Rows {
  readonly captures: readonly CaptureRow[];
  readonly forwards: readonly ForwardRow[];
  /** The status a sender got, where it was not known when the capture was stored. */
  readonly answered: ReadonlyArray<readonly [captureId: string, status: number]>;
  /** A reason that was found after the capture was stored. */
  readonly reasons: ReadonlyArray<readonly [captureId: string, reason: Reason]>;
}

/** What identifies a capture, and repeats of its event. */
export interface CaptureIdentity {
  readonly id: string;
  /** The id its event declares; null where it declares none: then its bytes identify it. */
  readonly declaredEventId: string | null;
  /** 1 or 0, as the verdict is stored. */
  readonly valid: number;
  readonly bodyBytes: number;
  readonly bodyCrc: number;
  /** Read only if there is something to compare it with. */
  readBody(): Uint8Array;
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

/** The values of a forward's columns, in the order of `FORWARD_COLUMNS`. */
export function forwardValues(row: ForwardRow): Array<string | number | Uint8Array | null> {
  return [
    row.captureId,
    row.kind,
    row.at,
    row.url,
    row.status,
    row.durationMs,
    row.error,
    row.responseHeaders,
    row.responseBody,
    row.edited,
  ];
}

/** The columns of a forward but its `seq`. */
export const FORWARD_COLUMNS =
  'capture_id, kind, at, url, status, duration_ms, error, response_headers, response_body, edited';

/** A capture as it was when it came. */
export function toNewCapture(capture: Capture): NewCapture {
  const { eventId, body } = capture;
  return { ...capture, declaredEventId: eventId === bodyIdentity(body) ? null : eventId };
}

export function toCaptureRow(capture: NewCapture): CaptureRow {
  const { id, body, event, declaredEventId, verification } = capture;
  return {
    id,
    declaredEventId,
    valid: verification.valid ? 1 : 0,
    bodyBytes: body.length,
    bodyCrc: crc32(body),
    readBody: () => body,
    receivedAt: capture.receivedAt,
    method: capture.method,
    path: toBlob(capture.path),
    httpVersion: capture.httpVersion,
    headers: toBlob(JSON.stringify(capture.headers)),
    event: event === null ? null : toBlob(event),
    reason: verification.reason,
    answered: capture.answered,
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

/** What a capture's record says, whose fields are as `captureRecord` wrote them. */
export function recordToCaptureRow({ fields, headers, body, bodyCrc }: JournalRecord): CaptureRow {
  const [
    id,
    receivedAt,
    method,
    path,
    httpVersion,
    event,
    declaredEventId,
    valid,
    reason,
    answered,
  ] = fields as CaptureFields;
  return {
    id,
    declaredEventId,
    valid: valid ? 1 : 0,
    bodyBytes: body.length,
    bodyCrc,
    readBody: () => body,
    receivedAt,
    method,
    path: toBlob(path),
    httpVersion,
    headers,
    event: event === null ? null : toBlob(event),
    reason,
    answered,
  };
}

/** What a forward's record says, whose fields are as `forwardRecord` wrote them. */
export function recordToForwardRow({ fields, headers, body }: JournalRecord): ForwardRow {
  const [captureId, kind, at, url, status, durationMs, error, edited] = fields as ForwardFields;
  return {
    captureId,
    kind,
    at,
    url,
    status,
    durationMs,
    error: error === null ? null : toBlob(error),
    responseHeaders: headers,
    edited: edited ? 1 : 0,
    responseBody: body,
  };
}
