import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Capture, Forward } from '../../../src/request/capture.ts';
import { createRedactor } from '../../../src/request/redact/redact.ts';
import { redactEvent } from '../../../src/request/redact/redact-rules.ts';
import type { HeaderPair } from '../../../src/request/request.ts';
import { makeCapture } from '../../support/captures.ts';

const captureOf = (body: string | Buffer, changes: Partial<Capture> = {}): Capture =>
  makeCapture(1, { headers: [], ...changes, body: Buffer.from(body) });

/** The JSON of one member of an event's data, redacted. */
function dataOf(event: string, member: string): string {
  const { body } = createRedactor().redact(captureOf(`{"event":"${event}","data":{${member}}}`));
  return /"data":\{(.*)\}\}$/.exec(body.toString())?.[1] ?? '';
}

describe('a published value', () => {
  it.each([
    ['1', true],
    ['-12', true],
    ['123456', true],
    ['1234567', false],
    ['-1234567', false],
    ['12.34567', true],
    ['123456.5', true],
    ['1e5', true],
    ['1E+5', true],
    ['1.5e-5', true],
    ['1e15', false],
  ])('the number %s stays: %s', (number, stays) => {
    expect(dataOf('test_run.failed', `"calls_failed":${number}`)).toBe(
      `"calls_failed":${stays ? number : '0'}`,
    );
  });

  it.each([
    ['2026-03-04T05:06:07Z', true],
    ['2026-03-04T05:06Z', true],
    ['2026-03-04T05:06:07.1Z', true],
    ['2026-03-04T05:06:07.123456789+01:30', true],
    ['2026-03-04T05:06:07-05:00', true],
    ['2026-03-04T05:06:07', false],
    ['2026-03-04 05:06:07Z', false],
    ['2026-03-04T05:06:07Z Maria', false],
    ['Maria 2026-03-04T05:06:07Z', false],
    ['2026-03-04T05:06:07.1234567891Z', false],
    ['2026-03-04T05:06:07.Z', false],
    ['2026-03-04T05:06:07x01:00', false],
    ['2026-03-04T05:06:07+0x:00', false],
    ['tomorrow', false],
  ])('the time %s stays: %s', (time, stays) => {
    const { body } = createRedactor().redact(captureOf(`{"event":"x","timestamp":"${time}"}`));
    expect(body.toString()).toBe(
      `{"event":"unknown.redacted","timestamp":"${stays ? time : 'redacted'}"}`,
    );
  });

  it.each([
    ['last_24_hours', true],
    ['last_1_day', true],
    ['last_24_hours of Maria', false],
    ['of last_24_hours', false],
    ['last_12345_hours', false],
    ['last_week', false],
  ])('the period %s stays: %s', (period, stays) => {
    expect(dataOf('agent.score_dropped', `"period":"${period}"`)).toBe(
      `"period":"${stays ? period : 'redacted'}"`,
    );
  });

  it.each([
    ['agent.score_dropped', '"agent_name":"Maria"', '"agent_name":"redacted"'],
    ['agent.score_dropped', '"agent_name":""', '"agent_name":""'],
    ['agent.score_dropped', '"view_url":"x"', '"view_url":"https://example.com/redacted"'],
    ['test_run.failed', '"error":"https://a.b"', '"error":"redacted"'],
    ['test_run.failed', '"agent_id":"agent_redacted_7"', '"agent_id":"agent_redacted_7"'],
    ['test_run.failed', '"agent_id":"x agent_redacted_7"', '"agent_id":"agent_redacted_1"'],
    ['test_run.failed', '"event_id":"evt"', '"event_id":"event_redacted_1"'],
    [
      'test_run.completed',
      '"scenarios_tested":["a"]',
      '"scenarios_tested":["scenario_redacted_1"]',
    ],
    ['unheard.of', '"agent_id":"a"', '"redacted_key_1":"redacted"'],
  ])('of %s: %s becomes %s', (event, member, redacted) => {
    expect(dataOf(event, member)).toBe(redacted);
  });

  it('of another level is not published', () => {
    const body = '{"event":"test_run.failed","other":{"error":"a"},"data":{"error":{"error":"b"}}}';
    expect(createRedactor().redact(captureOf(body)).body.toString()).toBe(
      '{"event":"test_run.failed","redacted_key_1":{"redacted_key_2":"redacted"},"data":{"error":{"redacted_key_2":"redacted"}}}',
    );
  });
});

describe('a value that no rule knows', () => {
  it.each([
    ['2026-03-04T05:06:07Z', '2000-01-01T00:00:00Z'],
    ['https://a.b/c', 'https://example.com/redacted'],
    ['SIP+X://a', 'https://example.com/redacted'],
    ['see https://a.b/c', 'redacted'],
    ['+49 (30) 901.820-1', '+12025550100'],
    ['0309018', '+12025550100'],
    ['030901', 'redacted'],
    ['call 0309018201', 'redacted'],
    ['0309018201 Maria', 'redacted'],
  ])('%s becomes %s', (value, made) => {
    expect(dataOf('test_run.failed', `"x":"${value}"`)).toBe(`"redacted_key_1":"${made}"`);
  });

  it.each([
    ['redacted_key_12', 'redacted_key_12'],
    ['my_redacted_key_12', 'redacted_key_1'],
    ['redacted_key_12_maria', 'redacted_key_1'],
  ])('has a key %s that becomes %s', (key, made) => {
    expect(dataOf('test_run.failed', `"${key}":null`)).toBe(`"${made}":null`);
  });
});

describe('ids', () => {
  it('are counted for each kind, numbers and texts apart', () => {
    const redactor = createRedactor();
    const redact = (data: string): string =>
      redactor.redact(captureOf(`{"event":"test_run.failed","data":{${data}}}`)).body.toString();
    expect(redact('"agent_id":"a","test_run_id":"a"')).toContain(
      '"agent_id":"agent_redacted_1","test_run_id":"test_run_redacted_1"',
    );
    expect(redact('"agent_id":"b","test_run_id":7')).toContain(
      '"agent_id":"agent_redacted_2","test_run_id":1',
    );
    expect(redact('"agent_id":8,"test_run_id":8')).toContain('"agent_id":1,"test_run_id":2');
    expect(redact('"agent_id":"a"')).toContain('"agent_id":"agent_redacted_1"');
  });

  it('around data are redacted too', () => {
    const body = '{"event":"test_run.failed","id":"a","event_id":"b"}';
    expect(createRedactor().redact(captureOf(body)).body.toString()).toBe(
      '{"event":"test_run.failed","id":"event_redacted_1","event_id":"event_redacted_2"}',
    );
  });
});

it.each([
  ['test_run.failed', 'test_run.failed'],
  ['unknown.redacted', 'unknown.redacted'],
  ['maria.called', 'unknown.redacted'],
])('the event %s becomes %s', (event, made) => {
  expect(redactEvent(event)).toBe(made);
  expect(createRedactor().redact(captureOf('{}', { event })).event).toBe(made);
});

it('a capture without an event stays without one', () => {
  expect(createRedactor().redact(captureOf('x', { event: null })).event).toBeNull();
});

describe('headers', () => {
  const redactHeaders = (...headers: HeaderPair[]): readonly HeaderPair[] =>
    createRedactor()
      .redact(captureOf('', { headers }))
      .headers.filter(([name]) => name !== 'Content-Length');

  it.each([
    ['Accept', '*/*'],
    ['accept', 'application/json'],
    ['Accept-Encoding', 'gzip, br'],
    ['Connection', 'Keep-Alive'],
    ['Content-Type', 'application/json; charset=UTF-8'],
    ['Transfer-Encoding', 'chunked'],
    ['Host', ''],
  ])('%s: %s stays', (name, value) => {
    expect(redactHeaders([name, value])).toEqual([[name, value]]);
  });

  it.each([
    ['Accept', 'application/json; maria', 'redacted'],
    ['Accept', 'x */*', 'redacted'],
    ['Accept-Encoding', 'gzip, maria', 'redacted'],
    ['Connection', 'close, maria', 'redacted'],
    ['Content-Type', 'application/json; boundary=maria', 'text/plain'],
    ['Content-Type', 'x application/json', 'text/plain'],
    ['Content-Encoding', 'x-gzip', 'redacted'],
    ['HOST', 'maria.example', 'localhost'],
    ['User-Agent', 'maria/1', 'redacted'],
    ['X-Request-Id', 'maria', 'redacted'],
  ])('%s: %s becomes %s', (name, value, made) => {
    expect(redactHeaders([name, value])).toEqual([[name, made]]);
  });

  it('have other names where they are not usual, equal ones the same', () => {
    expect(
      redactHeaders(['X-Maria', '1'], ['x-other', ''], ['x-MARIA', '2'], ['x-redacted-12', '3']),
    ).toEqual([
      ['X-Redacted-1', 'redacted'],
      ['X-Redacted-2', 'redacted'],
      ['X-Redacted-1', 'redacted'],
      ['x-redacted-12', 'redacted'],
    ]);
    expect(redactHeaders(['my-x-redacted-1', 'a'], ['x-redacted-1b', 'b'])).toEqual([
      ['X-Redacted-1', 'redacted'],
      ['X-Redacted-2', 'redacted'],
    ]);
  });

  it.each([
    ['sha256=ABC', 'sha256=000'],
    ['SHA1=ab', 'SHA1=00'],
    ['x sha256=ab', '0 000000000'],
    ['md5=ab', '000000'],
    ['a b', '0 0'],
  ])('a wrong signature %s becomes %s', (value, made) => {
    const verification = { valid: false, reason: 'signature_prefixed' as const };
    const headers: HeaderPair[] = [['x-relyable-signature', value]];
    const redacted = createRedactor().redact(captureOf('{}', { headers, verification }));
    expect(redacted.headers[0]).toEqual(['X-Relyable-Signature', made]);
  });
});

it.each([
  ['ok', 'ok'],
  ['signature_missing', 'signature_missing'],
  ['signature_empty', 'signature_empty'],
  ['secret_quoted', 'secret_wrong_or_body_changed'],
  ['body_crlf', 'secret_wrong_or_body_changed'],
] as const)('the reason %s becomes %s', (reason, made) => {
  const verification = { valid: reason === 'ok', reason };
  expect(createRedactor().redact(captureOf('{}', { verification })).verification).toEqual({
    valid: reason === 'ok',
    reason: made,
  });
});

describe('bodies', () => {
  const redactBody = (body: string | Buffer, encoding?: string): Buffer => {
    const headers: HeaderPair[] = encoding === undefined ? [] : [['Content-Encoding', encoding]];
    return createRedactor().redact(captureOf(body, { headers })).body;
  };

  it.each([
    ['', ''],
    ['not JSON', 'redacted'],
    ['{"event":"\ud800"}', '{"event":"unknown.redacted"}'],
    ['[1,"a",null]', '[0,"redacted",null]'],
  ])('%j becomes %j', (body, made) => {
    expect(redactBody(body).toString()).toBe(made);
  });

  it('of bytes that are not UTF-8 keep nothing of them', () => {
    const body = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff]), Buffer.from('"} ')]);
    expect(redactBody(body).toString()).toBe('{"redacted_key_1":"redacted"} ');
  });

  it('that say gzip are unpacked where that is all they are', () => {
    const packed = gzipSync('{"event":"test_run.failed"}');
    expect(redactBody(packed).toString()).toBe('redacted');
    expect(redactBody(packed, 'x-gzip').toString()).toBe('redacted');
    expect(redactBody(packed, 'gzip, br').toString()).toBe('redacted');
    expect(redactBody(packed, 'GZIP')[0]).toBe(0x1f);
    expect(redactBody('not packed', 'gzip')[0]).toBe(0x1f);
  });
});

describe('forwards', () => {
  const CLEAN: Forward = {
    kind: 'forward',
    at: 1,
    url: 'http://localhost/webhooks/relyable',
    status: 500,
    durationMs: 1,
    error: null,
    responseHeaders: [],
    responseBody: Buffer.alloc(0),
    edited: false,
  };
  const NOTE = 'a forward: its target, answer and error';

  it.each<[string, Partial<Forward>, string | null, boolean]>([
    ['nothing', {}, null, false],
    ['a target', { url: 'http://maria/' }, null, true],
    ['an answer', { responseBody: Buffer.from('m') }, null, true],
    ['headers', { responseHeaders: [['A', 'm']] }, null, true],
    ['an error', { error: 'maria' }, 'redacted', true],
    ['an error that was replaced', { error: 'redacted' }, 'redacted', false],
  ])('with %s', (_, change, error, isReplaced) => {
    const redactor = createRedactor();
    const { forwards } = redactor.redact(captureOf('{}', { forwards: [{ ...CLEAN, ...change }] }));
    expect(forwards).toEqual([{ ...CLEAN, error }]);
    expect(redactor.replaced.get(NOTE)).toBe(isReplaced ? 1 : undefined);
  });
});

describe('what is told of a redaction', () => {
  const personal = captureOf(
    '{"event":"test_run.failed","data":{"error":"a","maria":"b","calls_failed":1}}',
    {
      method: 'MARIA',
      path: '/maria',
      headers: [
        ['Host', 'maria'],
        ['X-Maria', '1'],
        ['Accept', '*/*'],
      ],
    },
  );

  it('names what was replaced and what was kept, and how often', () => {
    const redactor = createRedactor();
    redactor.redact(personal);
    redactor.redact(personal);
    redactor.redact(captureOf('maria'));
    expect(Object.fromEntries(redactor.replaced)).toMatchObject({
      'data.error': 2,
      'fields that are not published': 2,
      'keys that are not published': 2,
      'header Host': 2,
      'headers with other names': 2,
      'a body that is not JSON': 1,
      method: 2,
    });
    expect(Object.fromEntries(redactor.kept)).toMatchObject({
      event: 2,
      'data.calls_failed': 2,
      'header Accept': 2,
    });
  });

  it('is that nothing was replaced where everything was before', () => {
    for (const capture of [personal, captureOf('maria'), captureOf('')]) {
      const once = createRedactor().redact(capture);
      const redactor = createRedactor();
      expect(redactor.redact(once)).toEqual(once);
      const replaced = [...redactor.replaced.keys()].filter((it) => !it.startsWith('header'));
      expect(replaced.filter((it) => !/^data\.error$|not published$/.test(it))).toEqual([]);
      expect(once.path).toBe('/webhooks/relyable');
    }
  });
});
