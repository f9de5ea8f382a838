import type { Capture } from '../capture.ts';
import { eventName } from '../event-name.ts';
import { type HeaderPair, SIGNATURE_HEADER } from '../request.ts';
import { replaceHeader } from '../raw.ts';
import { base64Pieces, fillMember } from './body-pieces.ts';
import { signPayload } from '../../signature/sign.ts';
import type { SecretCandidate } from '../../signature/verify.ts';

/** A published secret: it signs exported tests, never a real delivery. */
export const TEST_SECRET = 'whsec_test_redacted';

/** The test secret as a known secret: a request signed with it is recognised, but never valid. */
export const REDACTED_SECRET: SecretCandidate = {
  source: 'the test secret of redacted exports',
  value: TEST_SECRET,
  role: 'known',
};

/** The parts of a capture that an exported test contains. */
interface TestCase {
  readonly title: string;
  readonly path: string;
  readonly headers: readonly HeaderPair[];
  readonly body: string;
  readonly status: number;
}

/**
 * A vitest file that passes without changes: it sends every capture to a small correct handler, which
 * the user replaces with the app's own. Valid captures must be accepted; they are signed with the test
 * secret, because the real one is never exported. All others are unchanged and must be refused.
 */
export function* writeVitest(captures: Iterable<Capture>): Generator<string> {
  yield VITEST_HEAD;
  yield* writeCases(captures, '  ');
  yield VITEST_TAIL;
}

/** The same file for pytest; `python3 file.py` runs it, too. */
export function* writePytest(captures: Iterable<Capture>): Generator<string> {
  yield PYTEST_HEAD;
  yield* writeCases(captures, '    ');
  yield PYTEST_TAIL;
}

function* writeCases(captures: Iterable<Capture>, indent: string): Generator<string> {
  for (const capture of captures) {
    yield indent;
    yield* fillMember(toLiteral(toCase(capture)), 'body', base64Pieces(capture.body));
    yield ',\n';
  }
}

/** A test case without the body, which is written in pieces. */
function toCase(capture: Capture): TestCase {
  const { id, event, path, headers, body, verification } = capture;
  const { valid } = verification;
  return {
    title: `${id} ${eventName(event)}`,
    path,
    headers: valid
      ? replaceHeader(headers, SIGNATURE_HEADER, signPayload(body, TEST_SECRET))
      : headers,
    body: '',
    status: valid ? 200 : 401,
  };
}

/** A literal in ASCII that is valid in both JavaScript and Python, so that captured text cannot become code. */
function toLiteral(value: TestCase): string {
  return JSON.stringify(value).replace(
    /[\u007f-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const VITEST_HEAD = `// Captured Relyable webhooks, written by \`relyable webhooks captures export --format vitest\`.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { describe, expect, it } from 'vitest';

// A published test secret: give it to the handler under test.
const SECRET = '${TEST_SECRET}';

// In place of your app: call your own handler here and return the status of its answer.
async function handle({ headers, body }) {
  const received = headers.filter(([name]) => name.toLowerCase() === 'x-relyable-signature');
  const expected = Buffer.from(createHmac('sha256', SECRET).update(body).digest('hex'));
  const given = Buffer.from(received.length === 1 ? received[0][1] : '');
  return given.length === expected.length && timingSafeEqual(given, expected) ? 200 : 401;
}

// The bodies are base64, so that every byte is as it was received.
const captures = [
`;

const VITEST_TAIL = `];

describe('captured webhooks', () => {
  it.each(captures)('$title is answered $status', async ({ path, headers, body, status }) => {
    expect(await handle({ path, headers, body: Buffer.from(body, 'base64') })).toBe(status);
  });
});
`;

const PYTEST_HEAD = `# Captured Relyable webhooks, written by \`relyable webhooks captures export --format pytest\`.
import base64
import hashlib
import hmac

# A published test secret: give it to the handler under test.
SECRET = b"${TEST_SECRET}"


def handle(path, headers, body):
    """In place of your app: call your own handler here and return the status of its answer."""
    received = [value for name, value in headers if name.lower() == "x-relyable-signature"]
    expected = hmac.new(SECRET, body, hashlib.sha256).hexdigest().encode()
    given = received[0].encode() if len(received) == 1 else b""
    return 200 if hmac.compare_digest(given, expected) else 401


# The bodies are base64, so that every byte is as it was received.
CAPTURES = [
`;

const PYTEST_TAIL = `]


def test_captured_webhooks():
    for capture in CAPTURES:
        body = base64.b64decode(capture["body"])
        status = handle(capture["path"], capture["headers"], body)
        assert status == capture["status"], capture["title"]


if __name__ == "__main__":
    test_captured_webhooks()
    print(len(CAPTURES), "passed")
`;
