import { gunzipSync, gzipSync } from 'node:zlib';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRedactor } from '../../../src/request/redact/redact.ts';
import { TEST_SECRET } from '../../../src/request/export/test-file.ts';
import { exportCaptures } from '../../../src/request/export/export.ts';
import { EXPORT_FORMATS } from '../../../src/request/export/export-formats.ts';
import type { Capture } from '../../../src/request/capture.ts';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { checkEvent } from '../../../src/relyable/schema.ts';
import { headerValues, SIGNATURE_HEADER } from '../../../src/request/request.ts';
import { SAMPLES } from '../../../src/relyable/samples.ts';
import { isSameSignature, signPayload } from '../../../src/signature/sign.ts';
import { makeCapture } from '../../support/captures.ts';

const redact = (capture: Capture): Capture => createRedactor().redact(capture);
const captureOf = (body: string | Buffer, changes: Partial<Capture> = {}): Capture =>
  makeCapture(1, { ...changes, body: Buffer.from(body) });

function everything(capture: Capture): string {
  const files = EXPORT_FORMATS.map((format) =>
    Buffer.concat(
      Array.from(exportCaptures([capture], format, '1'), (piece) => Buffer.from(piece)),
    ),
  );
  // base64 hides what is in it: bodies stand beside.
  return [...files, capture.body, capture.eventId].map(String).join('\n');
}

describe('redaction', () => {
  it('replaces what each published event says of people, and keeps the rest', () => {
    const bodies = EVENT_TYPES.map((type) =>
      redact(captureOf(JSON.stringify(SAMPLES[type], null, 1))).body.toString(),
    );
    expect(bodies[0]).toBe(`{
 "event": "test_run.completed",
 "timestamp": "2025-01-16T15:38:00Z",
 "data": {
  "test_run_id": "test_run_redacted_1",
  "agent_id": "agent_redacted_1",
  "agent_name": "redacted",
  "score": 73.5,
  "previous_score": 68.2,
  "total_calls": 5,
  "passed_test_cases": 15,
  "failed_test_cases": 5,
  "duration_seconds": 420,
  "scenarios_tested": [
   "scenario_redacted_1",
   "scenario_redacted_2"
  ],
  "view_url": "https://example.com/redacted"
 }
}`);
    for (const body of bodies) expect(checkEvent(JSON.parse(body))).toEqual([]);
    expect(bodies[3]).not.toMatch(/emergency|def456|\.\.\./);
    expect(bodies[2]).toContain('"period": "last_24_hours"');
  });

  it.each([
    ['a key that looks like a field', '"maria_lopez":null', '"redacted_key_1":null'],
    ['a short number', '"pin":4711', '"redacted_key_1":0'],
    [
      'a time, which may be a date of birth',
      '"born":"1980-02-03T00:00:00Z"',
      '"redacted_key_1":"2000-01-01T00:00:00Z"',
    ],
    ['digits in a list', '"zip":[1,0,1,1,5]', '"redacted_key_1":[0,0,0,0,0]'],
    ['a boolean', '"is_ill":true', '"redacted_key_1":false'],
    ['a telephone number', '"phone":"+49 30 901820"', '"redacted_key_1":"+12025550100"'],
    [
      'a URL',
      '"page":"https://x.example/maria"',
      '"redacted_key_1":"https://example.com/redacted"',
    ],
    ['a word', '"city":"Rome"', '"redacted_key_1":"redacted"'],
    [
      'an object in a published field',
      '"error":{"who":"Maria"}',
      '"error":{"redacted_key_1":"redacted"}',
    ],
    ['a number in a published text', '"error":4711', '"error":0'],
    ['a text in a published number', '"calls_failed":"555"', '"calls_failed":"redacted"'],
    [
      'a published number that could be a telephone number',
      '"calls_failed":5550123',
      '"calls_failed":0',
    ],
    ['a field of another event', '"score":71', '"redacted_key_1":0'],
    ['an id that is a number', '"agent_id":4711', '"agent_id":1'],
    ['a published number', '"calls_failed":3', '"calls_failed":3'],
  ])('replaces what no rule knows: %s', (_, before, after) => {
    const body = redact(captureOf(`{"event":"test_run.failed","data":{${before}}}`)).body;
    expect(String(body)).toBe(`{"event":"test_run.failed","data":{${after}}}`);
  });

  it('replaces the names of headers and a method that are not usual', () => {
    const capture = captureOf('{}', {
      method: 'MARIA',
      headers: [
        ['X-Customer-Maria', '1'],
        ['x-customer-maria', '2'],
        ['Accept', '*/*'],
        ['x-relyable-SIGNATURE', 'a'],
      ],
    });
    const redacted = redact(capture);
    expect(redacted.method).toBe('POST');
    expect(redacted.headers.map(([name]) => name)).toEqual([
      'X-Redacted-1',
      'X-Redacted-1',
      'Accept',
      SIGNATURE_HEADER,
      'Content-Length',
    ]);
  });

  it('writes one framing for a request that came in chunks', () => {
    const capture = captureOf('{"event":"test_run.failed"}', {
      headers: [['Transfer-Encoding', 'chunked']],
    });
    const names = redact(capture).headers.map(([name]) => name);
    expect(names).toEqual(['Transfer-Encoding']);
    const file = [...exportCaptures([redact(capture)], 'http', '1')].join('');
    expect(file).toContain('\r\n\r\n1b\r\n{"event"');
  });

  it('keeps white space, number forms, repeats and order', () => {
    const body =
      '{ "data":{"calls_failed":70.0, "error" : "x","error":"y"},"event":"test_run.failed"}\n';
    expect(redact(captureOf(body)).body.toString()).toBe(
      '{ "data":{"calls_failed":70.0, "error" : "redacted","error":"redacted"},"event":"test_run.failed"}\n',
    );
  });

  it('signs what was genuine with the test secret, and keeps the rest refused', () => {
    const valid = redact(captureOf('{"event":"x"}'));
    const [signature = ''] = headerValues(valid.headers, SIGNATURE_HEADER);
    expect(isSameSignature(signature, signPayload(valid.body, TEST_SECRET))).toBe(true);
    const invalid = redact(
      captureOf('{}', {
        headers: [[SIGNATURE_HEADER, 'sha256=ABC']],
        verification: { valid: false, reason: 'signature_prefixed' },
      }),
    );
    expect(headerValues(invalid.headers, SIGNATURE_HEADER)).toEqual(['sha256=000']);
    expect(invalid.verification).toEqual({ valid: false, reason: 'secret_wrong_or_body_changed' });
  });

  it('replaces gzip, other bodies, headers, path and forwards', () => {
    const secret = 'Zoë Quill +44 20 7946 0000';
    const capture = captureOf(
      gzipSync(JSON.stringify({ event: 'test_run.failed', data: { error: secret } })),
      {
        path: `/hook?who=${encodeURIComponent(secret)}`,
        headers: [
          ['Host', 'quill.example'],
          ['Authorization', 'Bearer quill'],
          ['Cookie', 'quill=1'],
          ['constructor', 'quill'],
          ['Content-Encoding', 'gzip'],
          ['Content-Type', 'application/json; x=quill'],
          ['Content-Length', '1'],
        ],
        forwards: [
          {
            kind: 'forward',
            at: 1,
            url: 'http://quill.example/',
            status: 500,
            durationMs: 1,
            error: 'quill',
            responseHeaders: [['X', 'quill']],
            responseBody: Buffer.from('quill'),
            edited: false,
          },
        ],
      },
    );
    const redacted = redact(capture);
    expect(gunzipSync(redacted.body).toString()).toBe(
      '{"event":"test_run.failed","data":{"error":"redacted"}}',
    );
    expect(everything(redacted)).not.toMatch(/quill|7946/i);
    expect(redacted.headers.at(-1)).toEqual(['Content-Length', String(redacted.body.length)]);
    expect(redact(captureOf('quill=1')).body.toString()).toBe('redacted');
  });

  it('gives equal ids equal names throughout an export', () => {
    const redactor = createRedactor();
    const body = (agent: string): string =>
      `{"event":"test_run.failed","data":{"agent_id":"${agent}"}}`;
    const names = ['a', 'b', 'a'].map((agent) =>
      redactor.redact(captureOf(body(agent))).body.toString(),
    );
    expect(names[0]).toBe(names[2]);
    expect(names[0]).not.toBe(names[1]);
  });

  it('says what was replaced and what was kept', () => {
    const redactor = createRedactor();
    redactor.redact(captureOf(JSON.stringify(SAMPLES['test_run.failed'])));
    expect(Object.fromEntries(redactor.replaced)).toMatchObject({
      'data.error': 1,
      'data.agent_id': 1,
      'header Host': 1,
      path: 1,
    });
    expect(Object.fromEntries(redactor.kept)).toEqual({
      event: 1,
      timestamp: 1,
      'data.calls_completed': 1,
      'data.calls_failed': 1,
      'header content-type': 1,
      'header Content-Length': 1,
    });
  });

  /** Text that no rule of ours writes. */
  const planted = fc.stringMatching(/^Zq[A-Z]{6}$/);
  const value = planted.chain((text) =>
    fc.constantFrom(text, `https://x.example/${text}`, `${text}: “é”\n`, [text, { [text]: text }]),
  );
  const payload = fc.record({
    event: fc.oneof(fc.constantFrom(...EVENT_TYPES), planted),
    id: value,
    extra: value,
    data: fc.dictionary(
      fc.oneof(
        planted,
        fc.constantFrom(
          'agent_name',
          'view_url',
          'transcript',
          'period',
          'agent_id',
          'error',
          'scenarios_tested',
          '__proto__',
          'constructor',
        ),
      ),
      value,
    ),
  });

  it('leaves nothing of the original anywhere, and doing it twice changes nothing', () => {
    fc.assert(
      fc.property(payload, (content) => {
        const redacted = redact(captureOf(JSON.stringify(content)));
        expect(everything(redacted)).not.toMatch(/Zq[A-Z]/);
        expect(redacted.body.toString()).not.toContain('é');
        expect(redact(redacted)).toEqual(redacted);
      }),
      { numRuns: 300 },
    );
  });

  it('never fails, whatever the body is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.uint8Array(), (text, bytes) => {
        const redacted = redact(captureOf(text));
        redact(captureOf(Buffer.from(bytes)));
        const wasJson = isJson(text);
        expect(isJson(redacted.body.toString())).toBe(wasJson);
      }),
      { numRuns: 500 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
