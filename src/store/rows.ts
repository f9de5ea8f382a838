import {
  type Capture,
  type Forward,
  KEPT_RESPONSE_BYTES,
  type NewCapture,
} from '../request/capture.ts';
import { crc32 } from 'node:zlib';
import { bodyIdentity } from '../relyable/payload-summary.ts';
import type { Reason } from '../signature/verify.ts';
import type { StreamPosition } from './positions.ts';

/** What is written in one commit. */
export interface Group {
  readonly captures: readonly NewCapture[];
  /** How far readers of streams have got with these captures. */
  readonly positions: readonly StreamPosition[];
  readonly forwards: ReadonlyArray<readonly [captureId: string, forward: Forward]>;
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
  readonly body: Uint8Array;
  /** CRC-32. */
  readonly bodyCrc: number;
}

/** A capture as it is written. Text from outside is bytes here: the driver cuts text at a NUL. */
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
  readonly source: string | null;
  readonly importedAt: number | null;
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

/** Text from outside goes in as bytes: the driver cuts text at a NUL. */
export const toBlob = (text: string): Buffer => Buffer.from(text, 'utf8');

export const fromBlob = (blob: Uint8Array): string => asBuffer(blob).toString('utf8');

export const fromNullableBlob = (blob: Uint8Array | null): string | null =>
  blob === null ? null : fromBlob(blob);

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
    body,
    bodyCrc: crc32(body),
    receivedAt: capture.receivedAt,
    method: capture.method,
    path: toBlob(capture.path),
    httpVersion: capture.httpVersion,
    headers: toBlob(JSON.stringify(capture.headers)),
    event: event === null ? null : toBlob(event),
    reason: verification.reason,
    answered: capture.answered,
    source: capture.source ?? null,
    importedAt: capture.importedAt ?? null,
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
    edited: (forward.edited ? 1 : 0) + (forward.resigned === true ? 2 : 0),
    responseBody: forward.responseBody.subarray(0, KEPT_RESPONSE_BYTES),
  };
}

/** The captures whose signature is not valid, as SQL: what has none to judge is not among them. */
export const IS_INVALID = "valid = 0 AND reason <> 'signature_not_recorded'";
