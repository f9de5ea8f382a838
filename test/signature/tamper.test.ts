import { describe, expect, it } from 'vitest';
import { signPayload } from '../../src/signature/sign.ts';
import { signRequest, tamperRequest, withSignature } from '../../src/signature/tamper.ts';
import type { Tamper } from '../../src/signature/tamper-kinds.ts';

const BODY = Buffer.from('{"event":"test_run.failed","data":{"calls_failed":12}}');
const SECRET = 'whsec_tampered';
const RIGHT = signPayload(BODY, SECRET);
const tamper = (kind: Tamper, body = BODY) => tamperRequest(body, SECRET, 'agent/1', kind);

it('a signed request has its signature, a content type and our user agent', () => {
  expect(signRequest(BODY, SECRET, 'agent/1')).toEqual({
    headers: [
      ['Content-Type', 'application/json'],
      ['User-Agent', 'agent/1'],
      ['X-Relyable-Signature', RIGHT],
    ],
    body: BODY,
    signature: RIGHT,
  });
});

it('a request without a signature has no header for it', () => {
  expect(withSignature(BODY, null, 'a').headers.map(([name]) => name)).toEqual([
    'Content-Type',
    'User-Agent',
  ]);
});

describe('a tampered request', () => {
  it.each<[Tamper, string | null]>([
    ['body', RIGHT],
    ['secret', signPayload(BODY, 'whsec_tampered-not-the-secret')],
    ['missing', null],
    ['empty', ''],
    ['prefix', `sha256=${RIGHT}`],
    ['uppercase', RIGHT.toUpperCase()],
    ['base64', Buffer.from(RIGHT, 'hex').toString('base64')],
    ['truncated', RIGHT.slice(0, 32)],
  ])('with %s has the signature %s', (kind, signature) => {
    const { headers, ...sent } = tamper(kind);
    expect(sent.signature).toBe(signature);
    expect(headers.find(([name]) => name === 'X-Relyable-Signature')?.[1]).toBe(
      signature ?? undefined,
    );
    expect(sent.body.equals(BODY)).toBe(kind !== 'body');
  });

  it.each(['{"a":1}', '{"a":2}', '{"b":[]}', '{"n":3}'])(
    'with another signature has one other digit: %s',
    (text) => {
      const body = Buffer.from(text);
      const right = signPayload(body, SECRET);
      const { signature } = tamper('signature', body);
      expect(signature).toMatch(/^[01][0-9a-f]{63}$/);
      expect(signature).not.toBe(right);
      expect(signature?.slice(1)).toBe(right.slice(1));
    },
  );

  it('with another signature begins with 1 where the right one begins with 0', () => {
    const starts = new Map<string, string>();
    for (let i = 0; i < 200; i++) {
      const body = Buffer.from(`{"n":${i}}`);
      starts.set(
        signPayload(body, SECRET)[0] ?? '',
        tamper('signature', body).signature?.[0] ?? '',
      );
    }
    expect(starts.get('0')).toBe('1');
    expect(starts.get('1')).toBe('0');
  });

  it.each([
    ['{"a":"xyz"}', '{"a":"xya"}'],
    ['{"a":"xya"}', '{"a":"xyb"}'],
    ['{"a":10}', '{"a":11}'],
    ['{"a":11}', '{"a":12}'],
    ['{"a":9}', '{"a":1}'],
    ['{"0":"é"}', '{"1":"é"}'],
    ['{}', '{} '],
    ['', ' '],
  ])('with another body is still JSON: %s becomes %s', (body, changed) => {
    expect(tamper('body', Buffer.from(body)).body.toString()).toBe(changed);
  });

  it('leaves the body that it was given as it is', () => {
    const body = Buffer.from('{"a":1}');
    tamper('body', body);
    expect(body.toString()).toBe('{"a":1}');
  });
});
