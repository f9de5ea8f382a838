import type { Capture, Forward } from './capture.ts';
import type { HeaderPair } from './request.ts';
import type { Reason } from '../signature/verify.ts';

/** A forward in an NDJSON export. */
export interface ForwardLine {
  readonly at: string;
  readonly url: string;
  readonly status: number | null;
  readonly durationMs: number;
  readonly error: string | null;
  readonly kind: Forward['kind'];
  readonly edited: boolean;
  readonly resigned: boolean;
  readonly responseHeaders: readonly HeaderPair[];
  readonly responseBodyBase64: string;
}

/** One line of an NDJSON export: a whole capture with its exact bytes. Times are ISO 8601 in UTC. */
export interface CaptureLine {
  readonly type: 'capture';
  readonly v: 1;
  readonly id: string;
  readonly receivedAt: string;
  readonly method: string;
  readonly path: string;
  readonly httpVersion: string;
  readonly headers: readonly HeaderPair[];
  readonly bodyBase64: string;
  readonly verification: { readonly valid: boolean; readonly reason: Reason };
  readonly answered: number | null;
  readonly source: 'http' | 'log';
  readonly forwards: readonly ForwardLine[];
}

/** Converts a capture to a line. `bodyBase64` replaces the encoded body, for callers that write the body themselves. */
export function captureToLine(
  capture: Capture,
  bodyBase64 = capture.body.toString('base64'),
): CaptureLine {
  return {
    type: 'capture',
    v: 1,
    id: capture.id,
    receivedAt: new Date(capture.receivedAt).toISOString(),
    method: capture.method,
    path: capture.path,
    httpVersion: capture.httpVersion,
    headers: capture.headers,
    bodyBase64,
    verification: capture.verification,
    answered: capture.answered,
    source: capture.source ?? 'http',
    forwards: capture.forwards.map((forward) => ({
      at: new Date(forward.at).toISOString(),
      url: forward.url,
      status: forward.status,
      durationMs: forward.durationMs,
      error: forward.error,
      kind: forward.kind,
      edited: forward.edited,
      resigned: forward.resigned === true,
      responseHeaders: forward.responseHeaders,
      responseBodyBase64: forward.responseBody.toString('base64'),
    })),
  };
}
