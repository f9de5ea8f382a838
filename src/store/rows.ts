import { type Forward, KEPT_RESPONSE_BYTES, type NewCapture } from '../webhook/capture.ts';
import type { Reason } from '../webhook/verification.ts';
import type { Packer, Unpacker } from './packing.ts';

/** What goes into one commit. Text from outside is bytes here: the driver cuts text at a NUL. */
export interface Rows {
  readonly captures: readonly CaptureRow[];
  readonly forwards: readonly ForwardRow[];
  /** The status a sender got, where it was not known when the capture was kept. */
  readonly answered: ReadonlyArray<readonly [captureId: string, status: number]>;
  /** A reason that was found after the capture was kept. */
  readonly reasons: ReadonlyArray<readonly [captureId: string, reason: Reason]>;
}

/** A capture as it is written. */
export interface CaptureRow {
  readonly id: string;
  readonly receivedAt: number;
  readonly method: string;
  readonly path: Uint8Array;
  readonly httpVersion: string;
  /** JSON. */
  readonly headers: Uint8Array;
  readonly event: Uint8Array | null;
  readonly eventId: Uint8Array;
  readonly valid: number;
  readonly reason: string;
  readonly answered: number | null;
  readonly body: Uint8Array;
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

export function toCaptureRow(capture: NewCapture): CaptureRow {
  const { event, verification } = capture;
  return {
    id: capture.id,
    receivedAt: capture.receivedAt,
    method: capture.method,
    path: toBlob(capture.path),
    httpVersion: capture.httpVersion,
    headers: toBlob(JSON.stringify(capture.headers)),
    event: event === null ? null : toBlob(event),
    eventId: toBlob(capture.eventId),
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

/** The same for another thread; `unpackCapture` is its counterpart. */
export function packCapture(packer: Packer, capture: NewCapture): void {
  packer.text(capture.id);
  packer.number(capture.receivedAt);
  packer.text(capture.method);
  packer.text(capture.path);
  packer.text(capture.httpVersion);
  packer.text(JSON.stringify(capture.headers));
  packer.text(capture.event);
  packer.text(capture.eventId);
  packer.number(capture.verification.valid ? 1 : 0);
  packer.text(capture.verification.reason);
  packer.number(capture.answered);
  packer.bytes(capture.body);
}

export function unpackCapture(from: Unpacker): CaptureRow {
  return {
    id: from.text(),
    receivedAt: from.number() ?? 0,
    method: from.text(),
    path: from.bytes(),
    httpVersion: from.text(),
    headers: from.bytes(),
    event: from.bytesOrNull(),
    eventId: from.bytes(),
    valid: from.number() ?? 0,
    reason: from.text(),
    answered: from.number(),
    body: from.bytes(),
  };
}

export function packForward(packer: Packer, captureId: string, forward: Forward): void {
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

export function unpackForward(from: Unpacker): ForwardRow {
  return {
    captureId: from.text(),
    kind: from.text(),
    at: from.number() ?? 0,
    url: from.text(),
    status: from.number(),
    durationMs: from.number() ?? 0,
    error: from.bytesOrNull(),
    responseHeaders: from.bytes(),
    edited: from.number() ?? 0,
    responseBody: from.bytes(),
  };
}
