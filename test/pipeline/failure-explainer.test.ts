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
  now(): number;
}

function createExplained(searchMs = 0): Explained {
  let ms = 5000;
  let readings = 0;
  const secrets = [{ source: 'test', value: SECRET, role: 'chosen' }] as const;
  // The clock is read when a request comes, and again after a search.
  const elapsed = (): number => (readings++ === 1 ? (ms += searchMs) : ms);
  const explain = createFailureExplainer(secrets, elapsed);
  return {
    reasonFor: (bodyBytes = 100, verification = UNEXPLAINED) => {
      const signed = Buffer.alloc(bodyBytes - 1, 'x');
      const request: WebhookRequest = {
        ...receivedRequest(),
        body: Buffer.concat([signed, Buffer.from('\n')]),
        headers: [['X-Relyable-Signature', signPayload(signed, SECRET)]],
      };
      readings = 0;
      return explain(request, verification).reason;
    },
    advance: (by) => (ms += by),
    now: () => ms,
  };
}

const UNKNOWN = UNEXPLAINED.reason;

const FOUND: Reason = 'body_trailing_newline';

it('explains a few failures at once, and one again after three times as long as a search takes', () => {
  const { reasonFor, advance } = createExplained(100);
  expect(Array.from({ length: 5 }, () => reasonFor())).toEqual([
    FOUND,
    FOUND,
    FOUND,
    FOUND,
    UNKNOWN,
  ]);
  advance(400);
  expect([reasonFor(), reasonFor()]).toEqual([FOUND, UNKNOWN]);
});

it('keeps to its share of the time where one search takes longer than a second', () => {
  const { reasonFor, advance, now } = createExplained(3000);
  const startedAt = now();
  let found = 0;
  for (let n = 0; n < 1000; n++) {
    if (reasonFor() === FOUND) found += 1;
    advance(100);
  }
  expect((found * 3000) / (now() - startedAt)).toBeCloseTo(0.25, 1);
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
