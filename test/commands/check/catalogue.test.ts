import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, type onTestFinished, test } from 'vitest';
// @ts-expect-error -- plain JavaScript, as its authors write it
import { createHandler, FAULTS } from '../../../fixtures/handlers/faults.mjs';
import type { CaseResult } from '../../../src/commands/check/run-battery.ts';
import { summarise } from '../../../src/commands/check/summary.ts';
import {
  HANDLER_SECRET,
  type RunningHandler,
  startFaulty,
  startFaultyPython,
} from '../../support/handlers.ts';
import { hasPython } from '../../support/stacks.ts';
import { checkHandler } from './check-handler.ts';

/** The grade, and every finding: its headline, and the cases where they are few enough to be the point. */
type Expected = readonly [grade: string, ...findings: string[]];

const FORGED = 'error: a forged request is accepted';
const OTHER_FORM = 'warning: another form of the signature is accepted';
const TELLS_SIGNATURE = 'error: the answer holds the right signature';
const RESERIALISED = 'error: your handler re-serialises the body';
const UNKNOWN = 'error: genuine events are refused';
const CRASHES = 'error: the handler fails where it should refuse';
const EVENTS_FAIL = 'error: the handler fails on genuine events';
const ZERO = 'error: a signature with a digit 0 is refused';

const NODE: Readonly<Record<string, Expected>> = {
  none: ['A'],

  'no-verification': ['F', FORGED],
  'two-events-only': ['F', FORGED],
  'json-types-only': ['F', FORGED],
  'no-type-passes': ['F', FORGED],
  'forms-pass': ['F', FORGED],
  'empty-body-passes': ['F', FORGED],
  'missing-passes': ['F', FORGED],
  'empty-signature-passes': ['F', FORGED],
  'unset-second-secret': ['F', FORGED],
  'secret-as-text': ['F', FORGED],
  'secret-falls-back': ['F', FORGED],
  'unknown-types-pass': ['F', FORGED],
  'large-bodies-pass': ['F', FORGED],
  'compares-length': ['F', FORGED],
  'compares-begin': ['F', FORGED],
  'verifies-and-ignores': ['F', FORGED],

  'tells-signature': ['F', TELLS_SIGNATURE],
  'tells-signature-in-header': ['F', TELLS_SIGNATURE],
  'tells-signature-in-base64': ['F', TELLS_SIGNATURE],
  'tells-secret': ['F', 'error: the answer holds the signing secret'],
  'tells-stack': ['B', 'warning: the answer holds a stack trace'],

  'takes-prefix': ['B', OTHER_FORM],
  'takes-any-case': ['B', OTHER_FORM],
  'takes-base64': ['B', OTHER_FORM],
  'takes-longer': ['B', OTHER_FORM],
  'takes-lists': ['B', OTHER_FORM],

  'wants-prefix': ['D', 'error: your handler expects the signature with the prefix "sha256="'],
  'wants-base64': ['D', 'error: your handler expects the signature in base64'],
  'wants-base64url': ['D', 'error: your handler expects the signature in base64url'],
  'wants-upper-case': ['D', 'error: your handler expects the signature in upper case'],
  'signs-stringified': ['B', 'warning: your handler re-serialises the body'],
  'signs-indented': ['D', RESERIALISED],
  'signs-sorted': ['D', RESERIALISED],
  'signs-data': ['D', RESERIALISED],
  'signs-buffer-json': ['D', 'error: your handler signs JSON.stringify of the Buffer'],
  'signs-nothing': ['D', 'error: your handler signs an empty body'],
  'signs-object': ['D', 'error: your handler signs "[object Object]" instead of the body'],
  'signs-newline': ['D', 'error: your handler signs the body with a newline added'],
  'signs-latin1': ['C', 'error: text outside ASCII is refused'],
  'swaps-arguments': ['D', 'error: your handler computes key and message swapped'],
  'uses-sha1': ['D', 'error: your handler computes SHA-1'],
  'uses-sha512': ['D', 'error: your handler computes SHA-512'],
  'uses-plain-hash': ['D', 'error: your handler computes SHA-256 of secret and body, without HMAC'],
  'secret-with-newline': ['D', 'error: your handler uses the secret with a newline at its end'],
  'secret-in-quotes': ['D', 'error: your handler uses the secret in quotes'],
  'secret-without-prefix': ['D', 'error: your handler uses the secret without "whsec_"'],
  'secret-from-base64': ['D', 'error: your handler uses the secret decoded from base64'],
  // Two consequences: genuine events are refused, and anyone can sign.
  'secret-unset': [
    'F',
    FORGED,
    'error: your handler uses the secret as an empty text: it is not set',
  ],
  'another-secret': ['D', UNKNOWN],
  'hex-against-bytes': ['D', UNKNOWN],
  'hex-unpadded': ['D', ZERO],
  'hex-as-number': ['D', ZERO],
  'one-event-404': ['D', 'error: an event is refused'],
  'unknown-event-400': ['C', 'error: an unknown event type is an error'],
  'strict-fields': ['C', 'error: another set of fields is an error'],
  'no-decimals': ['B', 'warning: the same JSON in another form is refused'],
  'ascii-only': ['C', 'error: text outside ASCII is an error'],
  'joins-text': ['C', 'error: a body that is cut inside a character is refused'],
  'first-piece': ['C', 'error: the handler does not wait for a body in pieces'],
  'small-limit': ['C', 'error: a large body is refused'],
  'one-content-type': ['B', 'warning: another content type is refused'],

  'fails-on-missing': ['C', CRASHES],
  'compares-characters': ['C', CRASHES],
  'compares-unequal-lengths': ['C', CRASHES],
  'refuses-with-400': ['B', 'warning: refused, but not with 401 or 403'],
  'refuses-with-404': ['B', 'warning: refused, but not with 401 or 403'],
  'parses-first': ['B', 'warning: the body is parsed before it is verified'],

  'answers-204': ['D', 'error: the answer is not 200'],
  'answers-202': ['D', 'error: the answer is not 200'],
  'refuses-repeats': ['C', 'error: a repeated event is answered differently'],
  redirects: ['D', 'error: the answer is a redirect'],
  'answers-pages': ['B', 'warning: the answer is large'],
  'fails-after-verifying': ['D', EVENTS_FAIL],

  'dies-after-answer': ['D', 'error: the app ends after it has answered'],
  'dies-later': ['D', 'error: the app ends after it has answered'],
};

const PYTHON: Readonly<Record<string, Expected>> = {
  none: ['A'],
  'no-verification': ['F', FORGED],
  'three-events-only': ['F', FORGED],
  'tells-signature': ['F', TELLS_SIGNATURE],
  'first-of-several': ['B', OTHER_FORM],
  'any-case': ['B', OTHER_FORM],
  'json-dumps': ['D', RESERIALISED],
  'json-dumps-compact': ['C', RESERIALISED],
  'json-dumps-sorted': ['D', RESERIALISED],
  'str-of-bytes': ['D', "error: your handler signs Python's str() of the bytes"],
  'swaps-arguments': ['D', 'error: your handler computes key and message swapped'],
  'uses-md5': ['D', UNKNOWN],
  'uses-sha1': ['D', 'error: your handler computes SHA-1'],
  latin1: ['C', 'error: text outside ASCII is refused'],
  'encodes-bytes': ['D', EVENTS_FAIL],
  'missing-is-none': ['C', CRASHES],
  'compares-text': ['C', CRASHES],
  'parses-first': ['B', 'warning: the body is parsed before it is verified'],
  'refuses-with-422': ['B', 'warning: refused, but not with 401 or 403'],
  'tells-traceback': ['B', 'warning: the answer holds a stack trace'],
  'answers-204': ['D', 'error: the answer is not 200'],
  'fails-on-event': ['D', EVENTS_FAIL],
  'body-left-unread': ['C', 'error: a connection is unusable after a refusal'],
};

/** One line for each cause, with its worst severity. */
function findingsOf(results: readonly CaseResult[]): string[] {
  const worst = new Map<string, string>();
  for (const { finding } of results) {
    if (finding === null || worst.get(finding.headline) === 'error') continue;
    worst.set(finding.headline, finding.severity);
  }
  return Array.from(worst, ([headline, severity]) => `${severity}: ${headline}`).sort();
}

async function expectVerdict(url: string, [grade, ...findings]: Expected): Promise<void> {
  const { results } = await checkHandler(url);
  expect(findingsOf(results)).toEqual(findings.sort());
  expect(summarise(results).grade).toBe(grade);
}

async function listenWith(fault: string, whenFinished: typeof onTestFinished): Promise<string> {
  const server = createServer(createHandler(fault, HANDLER_SECRET));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  whenFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhooks/relyable`;
}

test('every fault for Node has its verdict', () => {
  expect(Object.keys(NODE)).toEqual(Object.keys(FAULTS as object));
});

// A run of the battery waits for half of its time, for apps that end late: several run at once.
describe('a handler for Node that', () => {
  test.concurrent.for(Object.entries(NODE))(
    '%s',
    async ([fault, expected], { onTestFinished: whenFinished }) => {
      // An app that ends needs a process of its own.
      const isFatal = fault.startsWith('dies-');
      const url = isFatal
        ? (await startFaulty(fault, whenFinished)).url
        : await listenWith(fault, whenFinished);
      await expectVerdict(url, expected);
    },
  );
});

describe.skipIf(!hasPython)('a handler for Python that (skipped: no python3)', () => {
  let handler: RunningHandler;
  let stop = async (): Promise<void> => undefined;
  beforeAll(async () => {
    handler = await startFaultyPython((stopHandler) => (stop = stopHandler));
  });
  afterAll(() => stop());

  test.concurrent.for(Object.entries(PYTHON))('%s', async ([fault, expected]) => {
    await expectVerdict(`${handler.origin}/${fault}/webhooks/relyable`, expected);
  });
});
