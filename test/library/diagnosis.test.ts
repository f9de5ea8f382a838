import { createHmac } from 'node:crypto';
import { expect, it } from 'vitest';
import { explainFailure } from '../../src/library/diagnosis.ts';

const SECRET = 'whsec_test_explain_0123456789';
const BODY = '{"event":"test_run.failed","data":{"calls_failed":3}}';

const sign = (text: string): string => createHmac('sha256', SECRET).update(text).digest('hex');

it('proves why a signature does not match', () => {
  const signature = sign(JSON.stringify(JSON.parse(BODY), null, 2));
  expect(explainFailure(BODY, signature, SECRET)).toMatchObject({
    valid: false,
    reason: 'body_reserialized',
    fix: expect.stringContaining('raw bytes'),
  });
});

it('says ok where the signature matches, with any of several secrets', () => {
  expect(explainFailure(BODY, [sign(BODY)], ['whsec_next', SECRET])).toEqual({
    valid: true,
    reason: 'ok',
    reasons: ['ok'],
    detail: 'signed with secret 2 of 2',
    fix: null,
  });
});

it('says that there is no signature', () => {
  expect(explainFailure(BODY, new Headers(), SECRET).reason).toBe('signature_missing');
});
