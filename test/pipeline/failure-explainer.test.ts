import { expect, it } from 'vitest';
import { createFailureExplainer, UNEXPLAINED } from '../../src/pipeline/failure-explainer.ts';
import type { WebhookRequest } from '../../src/request/request.ts';
import { signPayload } from '../../src/signature/sign.ts';
import type { Reason, Verification } from '../../src/signature/verify.ts';
import { receivedRequest, SECRET } from './world.ts';

interface Explained {
  /** The reason found for a body with a line feed behind the one that was signed. */
  reasonFor(bodyBytes?: number, verification?: Verification): Reason;
  advance(ms: number): void;
}

function createExplained(searchMs = 0): Explained {
  let ms = 5000;
  const secrets = [{ source: 'test', value: SECRET, role: 'chosen' }] as const;
  // The clock is read before and after a search.
  const explain = createFailureExplainer(secrets, () => (ms += searchMs));
  return {
    reasonFor: (bodyBytes = 100, verification = UNEXPLAINED) => {
      const signed = Buffer.alloc(bodyBytes - 1, 'x');
      const request: WebhookRequest = {
        ...receivedRequest(),
        body: Buffer.concat([signed, Buffer.from('\n')]),
        headers: [['X-Relyable-Signature', signPayload(signed, SECRET)]],
      };
      return explain(request, verification).reason;
    },
    advance: (by) => (ms += by),
  };
}

const UNKNOWN = UNEXPLAINED.reason;

it('explains five failures a second, and more in the next one', () => {
  const { reasonFor, advance } = createExplained();
  const five = Array.from({ length: 5 }, () => 'body_trailing_newline');
  expect(Array.from({ length: 7 }, () => reasonFor())).toEqual([...five, UNKNOWN, UNKNOWN]);
  advance(999);
  expect(reasonFor()).toBe(UNKNOWN);
  advance(1);
  expect(Array.from({ length: 6 }, () => reasonFor())).toEqual([...five, UNKNOWN]);
});

it('begins no search after a quarter of a second of them', () => {
  const { reasonFor, advance } = createExplained(130);
  expect([reasonFor(), reasonFor(), reasonFor()]).toEqual([
    'body_trailing_newline',
    'body_trailing_newline',
    UNKNOWN,
  ]);
  advance(1000);
  expect(reasonFor()).toBe('body_trailing_newline');
});

it('explains bodies up to 64 KB; larger ones do not count', () => {
  const { reasonFor } = createExplained();
  for (let n = 0; n < 10; n++) expect(reasonFor(64 * 1024 + 1)).toBe(UNKNOWN);
  expect(reasonFor(64 * 1024)).toBe('body_trailing_newline');
});

it('leaves alone what needs no explanation', () => {
  const { reasonFor } = createExplained();
  const missing: Verification = {
    ...UNEXPLAINED,
    reason: 'signature_missing',
    reasons: ['signature_missing'],
  };
  for (let n = 0; n < 10; n++) expect(reasonFor(100, missing)).toBe('signature_missing');
  expect(reasonFor()).toBe('body_trailing_newline');
});
