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

/** The records that are written in one commit. */
export interface Group {
  readonly captures: readonly NewCapture[];
  /** The positions of readers of streams after these captures. */
  readonly positions: readonly StreamPosition[];
  readonly forwards: ReadonlyArray<readonly [captureId: string, forward: Forward]>;
  /** The statuses that senders got, if they were not known when the captures were stored. */
  readonly answered: ReadonlyArray<readonly [captureId: string, status: number]>;
  /** Reasons that were found after the captures were stored. */
  readonly reasons: ReadonlyArray<readonly [captureId: string, reason: Reason]>;
}

/** The fields that identify a capture and the repeats of its event. */
export interface CaptureIdentity {
  readonly id: string;
  /** The id that the event declares; null if it declares none: then the body identifies the event. */
  readonly declaredEventId: string | null;
  /** 1 or 0, as the verdict is stored. */
  readonly valid: number;
  readonly body: Uint8Array;
  /** CRC-32. */
  readonly bodyCrc: number;
}

/** The columns of a capture. Text from outside is stored as bytes, because the driver truncates text at a NUL. */
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

/** The columns of a forward. */
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

/** Encodes text from outside as bytes, because the driver truncates text at a NUL. */
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

/** The columns of a forward except `seq`. */
export const FORWARD_COLUMNS =
  'capture_id, kind, at, url, status, duration_ms, error, response_headers, response_body, edited';

/** The `NewCapture` from which a capture was stored. */
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

/** SQL that selects captures with an invalid signature; captures whose signature was not recorded are not among them. */
export const IS_INVALID = "valid = 0 AND reason <> 'signature_not_recorded'";
