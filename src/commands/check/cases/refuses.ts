import { EVENT_TYPES, type EventType } from '../../../relyable/event-type.ts';
import { hasHeader, SIGNATURE_HEADER } from '../../../request/request.ts';
import { signPayload } from '../../../signature/sign.ts';
import { type Tamper, TAMPERS } from '../../../signature/tamper-kinds.ts';
import type { Topic } from '../advice.ts';
import type {
  CheckCase,
  CheckRequest,
  Complaint,
  Exchange,
  Facts,
  ForgeryOptions,
  RequestMaker,
  Severity,
} from '../check-case.ts';
import { is2xx, judgeRefusal } from '../judge.ts';

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

/** Forgeries that are sent as each event type, because a handler may verify some types only. */
const FOR_EVERY_EVENT: ReadonlySet<Tamper> = new Set(['signature', 'missing']);

/** A handler may verify only bodies that one parser has read. null: no content type. */
const OTHER_CONTENT_TYPES = ['text/plain', 'application/x-www-form-urlencoded', null] as const;

/** The keys that an unset variable leads to: an empty text, or the language's word for a missing value. */
const UNSET_KEYS = ['', 'undefined', 'null', 'None'] as const;

/** Keys from examples, which many handlers use as a default (`process.env.SECRET || 'secret'`). */
const EXAMPLE_KEYS = [
  'secret',
  'changeme',
  'your_webhook_secret',
  'your-webhook-secret',
  'your_signing_secret',
  'whsec_test',
] as const;

/** The fix if one of these keys is accepted. */
const ONE_SECRET =
  'verify with the configured secrets alone: where one is not set, leave it out or end the app at its start; put no empty or example secret in its place';

/** Longer than the bodies that handlers leave unverified "for speed". A handler may refuse it for its length. */
const LARGE_BYTES = 512 * 1024;

/** A well-formed signature that no request has. */
const WRONG = '0123456789abcdef'.repeat(4);

/** The wrong one first: a handler that fails on a missing header fails for another reason. */
const UNSIGNED = [
  ['a wrong signature', [WRONG]],
  ['no signature header', []],
] as const;

function refusal(
  name: string,
  title: string,
  requests: (make: RequestMaker) => readonly CheckRequest[],
  tamper?: Tamper,
): CheckCase {
  const severity: Severity = LENIENT.has(name) ? 'warning' : 'error';
  // A handler that accepts a wrong signature accepts every form of it: that is one cause.
  const topicFor = ({ forgedStatus }: Facts): Topic =>
    severity === 'error' || (forgedStatus !== null && is2xx(forgedStatus))
      ? 'forged-accepted'
      : 'inexact-signature';
  return {
    id: `refuses.${name}`,
    section: 'refuses',
    severity,
    title,
    manner: 'in any order',
    requests,
    judge: (exchange, facts) => judgeRefusal(exchange, facts, topicFor(facts), tamper),
  };
}

function tampered(make: RequestMaker, tamper: Tamper): CheckRequest[] {
  return FOR_EVERY_EVENT.has(tamper)
    ? EVENT_TYPES.map((event) => make.tampered(tamper, event))
    : [make.tampered(tamper)];
}

/** Two forgeries: one with a wrong signature and one without a signature. */
function unsigned(
  make: RequestMaker,
  what: string,
  options: Omit<ForgeryOptions, 'label' | 'signatures'>,
): CheckRequest[] {
  return UNSIGNED.map(([how, values]) =>
    make.forged({ ...options, label: `${what}, ${how}`, signatures: () => values }),
  );
}

/** A request signed with a guessed secret. If the guess is the real secret, the signature is made wrong. */
function signedWith(make: RequestMaker, key: string, sample: EventType): CheckRequest {
  return make.forged({
    sample,
    label: `signed with ${key === '' ? 'an empty secret' : `"${key}" as secret`}`,
    signatures: ({ body, secret }) => [key === secret ? WRONG : signPayload(body, key)],
  });
}

function describeContentType(contentType: string | null): string {
  return contentType === null ? 'without a content type' : `as ${contentType}`;
}

function withSignatures(
  make: RequestMaker,
  label: string,
  write: (right: string) => readonly string[],
): CheckRequest {
  return make.forged({ label, signatures: ({ right }) => write(right) });
}

export const REFUSES: readonly CheckCase[] = [
  ...TAMPERS.map((tamper) =>
    refusal(tamper, TITLES[tamper], (make) => tampered(make, tamper), tamper),
  ),
  {
    ...refusal('content-type', 'verifies whatever the content type says', (make) =>
      OTHER_CONTENT_TYPES.flatMap((contentType) =>
        EVENT_TYPES.flatMap((sample) =>
          unsigned(make, describeContentType(contentType), { sample, contentType }),
        ),
      ),
    ),
    judge: (exchange, facts) =>
      judgeRefusal(countRefused(exchange, isUnsupported), facts, 'forged-accepted'),
  },
  {
    ...refusal('empty-body', 'refuses an empty body', (make) =>
      ['application/json', ...OTHER_CONTENT_TYPES].flatMap((contentType) =>
        unsigned(make, `an empty body ${describeContentType(contentType)}`, {
          contentType,
          body: '',
        }),
      ),
    ),
    judge: (exchange, facts) => judgeUnparsable(countRefused(exchange, isUnsupported), facts),
  },
  {
    ...refusal(
      'known-key',
      'refuses a signature made with an empty or well-known secret',
      (make) => [
        ...UNSET_KEYS.flatMap((key) => EVENT_TYPES.map((sample) => signedWith(make, key, sample))),
        ...EXAMPLE_KEYS.map((key) => signedWith(make, key, 'test_run.completed')),
      ],
    ),
    judge: (exchange, facts) => {
      const complaint = judgeRefusal(exchange, facts, 'forged-accepted');
      return complaint?.topic === 'forged-accepted' ? { ...complaint, fix: ONE_SECRET } : complaint;
    },
  },
  {
    ...refusal('unknown-event', 'verifies events of types it does not know', (make) =>
      unsigned(make, 'another event type', { event: 'test_run.archived' }),
    ),
    judge: judgeForgery,
  },
  {
    ...refusal('large', 'verifies large bodies', (make) =>
      unsigned(make, 'a transcript of 512 KB', {
        sample: 'test_case.critical_failure',
        edit: { transcript: 'x'.repeat(LARGE_BYTES) },
      }),
    ),
    judge: judgeForgery,
  },
  refusal('too-long', 'refuses a signature with extra characters at its end', (make) => [
    withSignatures(make, 'the signature with four more digits', (right) => [`${right}0000`]),
  ]),
  refusal('not-hex', 'refuses 64 characters that are not hex', (make) => [
    withSignatures(make, '64 times "z" as signature', () => ['z'.repeat(64)]),
  ]),
  refusal('not-ascii', 'refuses a signature outside ASCII', (make) => [
    // As many characters as a signature has, and as many bytes: both comparisons are reached.
    withSignatures(make, '64 times "é" as signature', () => ['é'.repeat(64)]),
    withSignatures(make, '32 times "é" as signature', () => ['é'.repeat(32)]),
  ]),
  refusal('repeated', 'refuses two signature headers', (make) => [
    withSignatures(make, 'the right signature, then a wrong one', (right) => [right, WRONG]),
    withSignatures(make, 'a wrong signature, then the right one', (right) => [WRONG, right]),
  ]),
  {
    ...refusal('not-json', 'verifies before it parses', (make) => [
      make.forged({
        label: 'a body that is not JSON, with a wrong signature',
        body: '{"event": "test_run.',
        signatures: () => [WRONG],
      }),
    ]),
    judge: judgeUnparsable,
  },
];

/** A handler that refuses forged events, but fails on a body that is not JSON, parses before it verifies. */
function judgeUnparsable(exchange: Exchange, facts: Facts): Complaint | null {
  const complaint = judgeRefusal(exchange, facts, 'forged-accepted');
  const isRefused = facts.forgedStatus === 401 || facts.forgedStatus === 403;
  const isSigned = hasHeader(
    exchange.requests[complaint?.at ?? 0]?.headers ?? [],
    SIGNATURE_HEADER,
  );
  const isOther =
    complaint?.topic === 'refused-otherwise' || complaint?.topic === 'refusal-crashes';
  return complaint !== null && isRefused && isSigned && isOther
    ? { ...complaint, topic: 'parses-first', severity: 'warning' }
    : complaint;
}

/** Whether a forged request was accepted. Any refusal passes, because it may have other reasons. */
function judgeForgery(exchange: Exchange, facts: Facts): Complaint | null {
  const isRefused = (status: number | null): boolean => status === null || !is2xx(status);
  return judgeRefusal(countRefused(exchange, isRefused), facts, 'forged-accepted');
}

/** A refusal of the content type: `robust.content-type` judges it. */
function isUnsupported(status: number | null): boolean {
  return status === 415;
}

/** The exchange with more answers counted as refusals. */
function countRefused(
  { answers, ...rest }: Exchange,
  isRefused: (status: number | null) => boolean,
): Exchange {
  const counted = answers.map((answer) =>
    isRefused(answer.status) ? { ...answer, status: 401 } : answer,
  );
  return { ...rest, answers: counted };
}
