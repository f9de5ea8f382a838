import { expect, it } from 'vitest';
import { captureToLine } from '../../../src/request/capture-line.ts';
import { readCapturedLine } from '../../../src/request/files/captured-line.ts';
import { makeCapture } from '../../support/captures.ts';

const forward = {
  at: '2026-01-31T10:00:00Z',
  url: 'http://localhost:3000/',
  status: null,
  durationMs: 1.5,
  error: 'refused',
};
const line = { ...captureToLine(makeCapture(1)), forwards: [forward] };

it.each<[change: object, message: string]>([
  [{ v: 2 }, '$.v: expected 1, got 2'],
  [{ id: 'evt_1' }, '$.id: expected a capture id such as cap_…, got another text'],
  [{ id: undefined }, '$.id: expected a text, got nothing'],
  [{ receivedAt: 5 }, '$.receivedAt: expected a text, got 5'],
  [
    { receivedAt: '2026-02-30T10:00:00Z' },
    '$.receivedAt: expected an ISO 8601 date and time, got another text',
  ],
  [
    { receivedAt: '2026-01-31T10:00:00' },
    '$.receivedAt: expected an ISO 8601 date and time, got another text',
  ],
  [{ method: 'PO ST' }, '$.method: expected a method, got another text'],
  [{ path: '' }, '$.path: expected a path without white space, got an empty text'],
  [{ httpVersion: null }, '$.httpVersion: expected a text, got null'],
  [{ headers: {} }, '$.headers: expected a list, got an object'],
  [{ headers: [['a']] }, '$.headers[0]: expected a name and a value, got a list'],
  [{ headers: [['a b', 'c']] }, '$.headers[0][0]: expected a header name, got another text'],
  [{ headers: [['a', 5]] }, '$.headers[0][1]: expected a header value on one line, got 5'],
  [
    { headers: [['a', 'x\r\ny: z']] },
    '$.headers[0][1]: expected a header value on one line, got another text',
  ],
  [{ bodyBase64: 'a-b_' }, '$.bodyBase64: expected base64, got another text'],
  [{ verification: null }, '$.verification: expected an object, got null'],
  [
    { verification: { valid: 'yes', reason: 'ok' } },
    '$.verification.valid: expected true or false, got a text',
  ],
  [{ answered: 200.5 }, '$.answered: expected a whole number or null, got 200.5'],
  [{ source: 1 }, '$.source: expected a text, got 1'],
  [{ forwards: null }, '$.forwards: expected a list, got null'],
  [{ forwards: [forward, []] }, '$.forwards[1]: expected an object, got a list'],
  [
    { forwards: [{ ...forward, kind: 'live' }] },
    '$.forwards[0].kind: expected forward or replay, got another text',
  ],
  [
    { forwards: [{ ...forward, durationMs: '5' }] },
    '$.forwards[0].durationMs: expected a number, got a text',
  ],
])('refuses %j by its path', (change, message) => {
  const changed: unknown = JSON.parse(JSON.stringify({ ...line, ...change }));
  expect(() => readCapturedLine(changed, 'a.ndjson: line 1')).toThrow(
    `a.ndjson: line 1: ${message}`,
  );
});

it('reads what older versions leave out, and a leap day', () => {
  const older = { ...line, receivedAt: '2028-02-29T23:59:59.5+01:00' } as Record<string, unknown>;
  delete older['answered'];
  delete older['source'];
  expect(readCapturedLine(older, '')).toMatchObject({
    receivedAt: Date.parse('2028-02-29T22:59:59.500Z'),
    answered: null,
    source: undefined,
    forwards: [
      { kind: 'forward', edited: false, responseHeaders: [], responseBody: Buffer.alloc(0) },
    ],
  });
});
