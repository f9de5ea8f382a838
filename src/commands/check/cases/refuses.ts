import { type Tamper, TAMPERS } from '../../../signature/tamper-kinds.ts';
import type { Topic } from '../advice.ts';
import type { CheckCase, CheckRequest, RequestMaker, Severity } from '../check-case.ts';
import { judgeRefusal } from '../judge.ts';

/** Accepting these is not a security hole: only the holder of the secret can make them. */
const LENIENT: ReadonlySet<string> = new Set([
  'prefix',
  'uppercase',
  'base64',
  'too-long',
  'repeated',
]);

const TITLES: Readonly<Record<Tamper, string>> = {
  body: 'refuses a body changed after signing',
  signature: 'refuses a wrong signature',
  secret: 'refuses a signature made with another secret',
  missing: 'refuses a request without a signature',
  empty: 'refuses an empty signature',
  prefix: 'refuses a signature with the prefix "sha256="',
  uppercase: 'refuses a signature in upper case',
  base64: 'refuses a signature in base64',
  truncated: 'refuses half a signature',
};

function refusal(
  name: string,
  title: string,
  requests: (make: RequestMaker) => readonly CheckRequest[],
): CheckCase {
  const severity: Severity = LENIENT.has(name) ? 'warning' : 'error';
  const topic: Topic = severity === 'error' ? 'forged-accepted' : 'inexact-signature';
  return {
    id: `refuses.${name}`,
    section: 'refuses',
    severity,
    title,
    requests,
    judge: (exchange, facts) => judgeRefusal(exchange, facts, topic),
  };
}

export const REFUSES: readonly CheckCase[] = [
  ...TAMPERS.map((tamper) => refusal(tamper, TITLES[tamper], (make) => [make.tampered(tamper)])),
  refusal('too-long', 'refuses a signature with extra characters at its end', (make) => [
    make.resigned('the signature with four more digits', (right) => [`${right}0000`]),
  ]),
  refusal('not-hex', 'refuses 64 characters that are not hex', (make) => [
    make.resigned('64 times "z" as signature', () => ['z'.repeat(64)]),
  ]),
  refusal('not-ascii', 'refuses a signature outside ASCII', (make) => [
    // As many characters as a signature has, and as many bytes: both comparisons are reached.
    make.resigned('64 times "é" as signature', () => ['é'.repeat(64)]),
    make.resigned('32 times "é" as signature', () => ['é'.repeat(32)]),
  ]),
  refusal('repeated', 'refuses two signature headers', (make) => [
    make.resigned('the right signature, then a wrong one', (right) => [right, '0'.repeat(64)]),
    make.resigned('a wrong signature, then the right one', (right) => ['0'.repeat(64), right]),
  ]),
  {
    ...refusal('not-json', 'verifies before it parses', (make) => [
      make.forgedBytes('a body that is not JSON, with a wrong signature', '{"event": "test_run.'),
    ]),
    judge: (exchange, facts) => {
      const complaint = judgeRefusal(exchange, facts, 'forged-accepted');
      return complaint?.topic === 'refused-otherwise'
        ? { ...complaint, topic: 'parses-first' }
        : complaint;
    },
  },
];
