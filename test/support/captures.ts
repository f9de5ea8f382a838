import { openStore } from '../../src/store/writer.ts';
import { type Capture, createCaptureId, type Forward } from '../../src/request/capture.ts';
import { eventIdOf, summarisePayload } from '../../src/relyable/payload-summary.ts';
import type { HeaderPair } from '../../src/request/request.ts';
import { signPayload } from '../../src/signature/sign.ts';

export const SECRET = 'whsec_test_0123456789';

const START = Date.UTC(2026, 0, 2, 3, 4, 5);

/** A capture as the listener stores it, signed with `SECRET` unless the headers say otherwise. */
export function makeCapture(n: number, changes: Partial<Capture> = {}): Capture {
  const body = changes.body ?? Buffer.from(`{"event":"test_run.completed","data":{"n":${n}}}`);
  const headers: readonly HeaderPair[] = changes.headers ?? [
    ['Host', 'localhost:4400'],
    ['content-type', 'application/json'],
    ['Content-Length', String(body.length)],
    ['X-Relyable-Signature', signPayload(body, SECRET)],
  ];
  const { event } = summarisePayload({ headers, body });
  const receivedAt = START + n * 1000;
  return {
    id: createCaptureId(receivedAt, Buffer.alloc(7, n)),
    receivedAt,
    method: 'POST',
    path: '/webhooks/relyable?x=1',
    httpVersion: '1.1',
    event,
    eventId: eventIdOf({ headers, body }),
    verification: { valid: true, reason: 'ok' },
    duplicateOf: null,
    answered: 200,
    forwards: [],
    ...changes,
    headers,
    body,
  };
}

/** A forward that the app answered with 500 and a body that is not text. */
export const FORWARD: Forward = {
  kind: 'forward',
  at: 1,
  url: 'http://localhost:3000/',
  status: 500,
  durationMs: 1.5,
  error: null,
  responseHeaders: [['X-Twice', '1']],
  responseBody: Buffer.from([0, 255, 10]),
  edited: false,
};

/** Writes captures to a store file, which is created if it does not exist. */
export function fillStore(file: string, captures: Iterable<Capture>): void {
  const store = openStore(file);
  store.import(captures);
  store.close();
}

/** The captures in a store file, oldest first. */
export function readStore(file: string): Capture[] {
  const store = openStore(file);
  const captures = [...store.each({})];
  store.close();
  return captures;
}
