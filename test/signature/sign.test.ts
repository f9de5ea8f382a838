import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createSigner, isSameSignature, signPayload } from '../../src/signature/sign.ts';

interface Rfc4231Case {
  readonly case: number;
  readonly key_hex: string;
  readonly msg_hex: string;
  readonly tag_hex: string;
}

function readVectors<T>(name: string): T {
  const file = new URL(`../../fixtures/signatures/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { tests: T }).tests;
}

describe('published HMAC-SHA256 vectors', () => {
  it.each(readVectors<Rfc4231Case[]>('rfc4231'))('RFC 4231 case $case', (vector) => {
    const signature = signPayload(
      Buffer.from(vector.msg_hex, 'hex'),
      Buffer.from(vector.key_hex, 'hex'),
    );
    expect(signature.slice(0, vector.tag_hex.length)).toBe(vector.tag_hex);
  });

  it.each(
    readVectors<Array<{ name: string; secret: string; body: string; sha256: string }>>('published'),
  )('$name', ({ secret, body, sha256 }) => {
    expect(signPayload(Buffer.from(body), secret)).toBe(sha256);
    expect(isSameSignature(sha256, signPayload(Buffer.from(body), secret))).toBe(true);
    expect(createSigner(secret)(Buffer.from(body))).toBe(sha256);
  });
});

describe('isSameSignature', () => {
  const body = Buffer.from('{"event":"test_run.failed"}');
  const signature = signPayload(body, 'a secret');

  it.each([
    ['upper case', signature.toUpperCase()],
    ['a prefix', `sha256=${signature}`],
    ['one digit less', signature.slice(1)],
    ['nothing', ''],
    ['text of the same length beyond ASCII', 'é'.repeat(64)],
    ['text of the same number of bytes', 'é'.repeat(32)],
  ])('refuses %s', (_, value) => {
    expect(isSameSignature(value, signPayload(body, 'a secret'))).toBe(false);
  });
});

it('isSameSignature refuses a last character beyond ASCII, whatever was compared before', () => {
  const signature = signPayload(Buffer.from('{}'), 'a secret');
  expect(isSameSignature(signature, signature)).toBe(true);
  expect(isSameSignature(`${signature.slice(0, 63)}é`, signature)).toBe(false);
});

describe('createSigner', () => {
  it.each([1, 32, 63, 64, 65, 200])(
    'signs as signPayload does with a secret of %i bytes',
    (size) => {
      const secret = 's'.repeat(size);
      const sign = createSigner(secret);
      for (const length of [0, 1, 63, 64, 65, 431, 64 * 1024, 64 * 1024 + 1]) {
        const payload = Buffer.alloc(length, 'é');
        expect(sign(payload)).toBe(signPayload(payload, secret));
      }
    },
  );
});
