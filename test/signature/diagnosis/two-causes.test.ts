import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { serialisePayload } from '../../../src/relyable/payload.ts';
import { SAMPLES } from '../../../src/relyable/samples.ts';
import { diagnose } from '../../../src/signature/diagnosis/diagnosis.ts';
import { signPayload } from '../../../src/signature/sign.ts';
import type { Reason, SecretCandidate } from '../../../src/signature/verify.ts';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

/** A machine has these, too; they must not use up the search. */
const SECRETS: readonly SecretCandidate[] = [
  { source: 'RELYABLE_WEBHOOK_SECRET', value: SECRET, role: 'chosen' },
  { source: 'development secret', value: 'relyable-dev-0123456789abcdef', role: 'known' },
  { source: 'test secret', value: 'whsec_test_redacted', role: 'known' },
];

const REWRITES = ['spaced', 'pretty', 'reordered'] as const;

const SECOND_CAUSES: ReadonlyArray<[name: string, reason: Reason, sign: (body: Buffer) => string]> =
  [
    [
      'a line feed after the secret',
      'secret_whitespace',
      (body) => signPayload(body, `${SECRET}\n`),
    ],
    ['quotes around the secret', 'secret_quoted', (body) => signPayload(body, `"${SECRET}"`)],
    [
      'the secret decoded from base64',
      'secret_base64_decoded',
      (body) => signPayload(body, Buffer.from(SECRET.slice('whsec_'.length), 'base64')),
    ],
    ['a timestamp in front', 'timestamp_prefixed', (body) => signWith('1700000000.', body)],
    [
      "Slack's timestamp in front",
      'timestamp_prefixed',
      (body) => signWith('v0:1700000000:', body),
    ],
  ];

function signWith(before: string, body: Buffer): string {
  return signPayload(Buffer.concat([Buffer.from(before), body]), SECRET);
}

describe.each(EVENT_TYPES)('a rewritten %s', (event) => {
  it.each(SECOND_CAUSES)('is proved together with %s', (_, reason, sign) => {
    for (const format of REWRITES) {
      const headers = [
        ['X-Relyable-Signature', sign(serialisePayload(SAMPLES[event], format))],
        ['X-Timestamp', '1700000000'],
      ] as const;
      const body = serialisePayload(SAMPLES[event], 'compact');
      const { reasons } = diagnose({ headers, body }, SECRETS);
      expect(new Set(reasons), format).toEqual(new Set([reason, 'body_reserialized']));
    }
  });
});

describe.each(EVENT_TYPES)('a %s of which something else was signed', (event) => {
  const body = serialisePayload(SAMPLES[event], 'compact');
  const keys: ReadonlyArray<readonly [Reason, string]> = [
    ['secret_whitespace', `${SECRET}\n`],
    ['secret_quoted', `"${SECRET}"`],
    ['secret_empty', ''],
  ];

  it.each<[name: string, reason: Reason, signed: string]>([
    ['nothing', 'body_truncated', ''],
    ['a text of an object', 'body_reserialized', '[object Object]'],
  ])('is proved together with a secret that is not right: %s', (_, reason, signed) => {
    for (const [keyReason, key] of keys) {
      const headers = [['X-Relyable-Signature', signPayload(Buffer.from(signed), key)]] as const;
      const { reasons } = diagnose({ headers, body }, SECRETS);
      expect(new Set(reasons), keyReason).toEqual(new Set([keyReason, reason]));
    }
  });
});

it('finds the same, however many known secrets a machine has', () => {
  const body = serialisePayload(SAMPLES['test_run.completed'], 'compact');
  const signed = serialisePayload(SAMPLES['test_run.completed'], 'pretty');
  const headers = [['X-Relyable-Signature', signPayload(signed, `"${SECRET}"`)]] as const;
  const known = Array.from({ length: 10 }, (_, index): SecretCandidate => ({
    source: `file ${index}`,
    value: `whsec_known_${index}`,
    role: 'known',
  }));
  const few = diagnose({ headers, body }, SECRETS.slice(0, 1));
  expect(diagnose({ headers, body }, [...SECRETS, ...known])).toEqual(few);
});
