import { describe, expect, it } from 'vitest';
import type { HeaderPair } from '../../src/request/request.ts';
import { signPayload } from '../../src/signature/sign.ts';
import {
  BodyVerifier,
  isJudged,
  type SecretCandidate,
  verifyRequest,
} from '../../src/signature/verify.ts';

const BODY = Buffer.from('{"event":"x"}');
const chosen = (value: string): SecretCandidate => ({
  source: `the secret ${value}`,
  value,
  role: 'chosen',
});
const known = (value: string): SecretCandidate => ({ ...chosen(value), role: 'known' });
const NAME = 'X-Relyable-Signature';

function verify(signatures: readonly string[], ...secrets: readonly SecretCandidate[]) {
  const headers = signatures.map((value): HeaderPair => [NAME.toLowerCase(), value]);
  return verifyRequest({ headers: [['Host', 'a'], ...headers], body: BODY }, secrets);
}

const valid = (value: string) => ({
  valid: true,
  reason: 'ok',
  reasons: ['ok'],
  detail: `signed with the secret ${value}`,
  fix: null,
  secretSource: `the secret ${value}`,
});

describe('a signature of the body', () => {
  it.each([
    ['the only secret', [chosen('a')]],
    ['the first of two', [chosen('a'), chosen('b')]],
    ['the second of two', [chosen('b'), chosen('a')]],
    ['a chosen one behind a known one', [known('b'), chosen('a')]],
  ])('made with %s is valid, and names it', (_, secrets) => {
    expect(verify([signPayload(BODY, 'a')], ...secrets)).toEqual(valid('a'));
  });

  it.each([
    ['another secret', [chosen('b')], [signPayload(BODY, 'a')]],
    ['a secret that is only known', [chosen('b'), known('a')], [signPayload(BODY, 'a')]],
    ['no secret at all', [], [signPayload(BODY, 'a')]],
    ['two headers', [chosen('a')], [signPayload(BODY, 'a'), signPayload(BODY, 'a')]],
    ['an empty header beside it', [chosen('a')], ['', signPayload(BODY, 'a')]],
    ['upper case', [chosen('a')], [signPayload(BODY, 'a').toUpperCase()]],
    ['another body', [chosen('a')], [signPayload(Buffer.from('{}'), 'a')]],
  ])('is not decided: %s', (_, secrets, signatures) => {
    expect(verify(signatures, ...secrets)).toBeNull();
  });
});

it('is missing where there is no header', () => {
  expect(verify([], chosen('a'))).toEqual({
    valid: false,
    reason: 'signature_missing',
    reasons: ['signature_missing'],
    detail: 'the request has no X-Relyable-Signature header',
    fix: expect.stringMatching(/relyable webhooks trigger.*proxy/),
    secretSource: null,
  });
});

it.each([[['']], [[' ', '']]])('is empty where no header has a value: %j', (signatures) => {
  expect(verify(signatures, chosen('a'))).toEqual({
    valid: false,
    reason: 'signature_empty',
    reasons: ['signature_empty'],
    detail: 'the X-Relyable-Signature header is empty',
    fix: expect.stringContaining('secret is set'),
    secretSource: null,
  });
});

describe('a body that is given in parts', () => {
  const result = (signature: string, ...secrets: readonly SecretCandidate[]) => {
    const verifier = new BodyVerifier(signature, secrets);
    verifier.update(BODY.subarray(0, 5));
    verifier.update(BODY.subarray(5));
    return verifier.result();
  };

  it('is valid with the first chosen secret that signed it', () => {
    const secrets = [chosen('one'), chosen('zwei-ü'), chosen('zwei-ü'), known('three')];
    expect(result(signPayload(BODY, 'one'), ...secrets)).toEqual(valid('one'));
    expect(result(signPayload(BODY, 'zwei-ü'), ...secrets)).toEqual(valid('zwei-ü'));
    expect(result(signPayload(BODY, 'three'), ...secrets)).toBeNull();
    expect(result(signPayload(BODY, 'another'), ...secrets)).toBeNull();
    expect(result(signPayload(BODY, 'one'))).toBeNull();
  });
});

it('is a verdict unless there was no signature to judge', () => {
  expect(isJudged({ reason: 'ok' })).toBe(true);
  expect(isJudged({ reason: 'signature_missing' })).toBe(true);
  expect(isJudged({ reason: 'signature_not_recorded' })).toBe(false);
});
