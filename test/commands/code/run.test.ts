import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { serialisePayload } from '../../../src/relyable/payload.ts';
import { SAMPLES } from '../../../src/relyable/samples.ts';
import { WIRE_FORMATS } from '../../../src/relyable/wire-format.ts';
import { signPayload } from '../../../src/signature/sign.ts';
import { TAMPERS } from '../../../src/signature/tamper-kinds.ts';
import { tamperRequest } from '../../../src/signature/tamper.ts';
import { temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';
import { hasPython } from '../../support/stacks.ts';

const SECRET = 'whsec_test_python_0123456789';

/** Reads cases from stdin, and writes the event or the reason of each. */
const DRIVER = `
import base64, json, sys
from relyable_webhooks import InvalidEventError, WebhookVerificationError, construct_event
def run(case):
    body = case["body"] if case.get("parsed") else base64.b64decode(case["body"])
    try:
        return construct_event(body, case["signature"], case["secret"])["event"]
    except WebhookVerificationError as error:
        return error.reason
    except InvalidEventError:
        return "invalid event"
print(json.dumps([run(case) for case in json.load(sys.stdin)]))
`;

interface PythonCase {
  readonly body: string | object;
  readonly signature: string | null;
  readonly secret: string | readonly string[] | null;
  readonly parsed?: boolean;
}

async function runPython(cases: readonly PythonCase[]): Promise<unknown> {
  const folder = temporaryFolder();
  const { code, stdout } = await runCli(['webhooks', 'code', 'python']);
  expect(code).toBe(0);
  writeFileSync(join(folder, 'relyable_webhooks.py'), stdout);
  const result = spawnSync('python3', ['-W', 'error', '-c', DRIVER], {
    cwd: folder,
    input: JSON.stringify(cases),
    encoding: 'utf8',
  });
  expect(result.stderr).toBe('');
  return JSON.parse(result.stdout);
}

const signed = (body: Buffer, secret: PythonCase['secret'] = SECRET): PythonCase => ({
  body: body.toString('base64'),
  signature: signPayload(body, SECRET),
  secret,
});

describe.skipIf(!hasPython)('code python', () => {
  it('returns every event in every way of writing it', async () => {
    const cases = EVENT_TYPES.flatMap((type) =>
      WIRE_FORMATS.map((wire) => signed(serialisePayload(SAMPLES[type], wire))),
    );
    const expected = EVENT_TYPES.flatMap((type) => WIRE_FORMATS.map(() => type));
    expect(await runPython(cases)).toEqual(expected);
  });

  it('refuses every kind of tampering', async () => {
    const body = serialisePayload(SAMPLES['test_run.failed'], 'compact');
    const cases = TAMPERS.map((tamper) => {
      const request = tamperRequest(body, SECRET, 'test', tamper);
      return {
        body: request.body.toString('base64'),
        signature: request.signature,
        secret: SECRET,
      };
    });
    const expected = TAMPERS.map((tamper) =>
      tamper === 'missing' || tamper === 'empty'
        ? `signature_${tamper}`
        : 'secret_wrong_or_body_changed',
    );
    expect(await runPython(cases)).toEqual(expected);
  });

  it('says what is wrong with its arguments', async () => {
    const body = serialisePayload(SAMPLES['test_run.failed'], 'compact');
    const text = Buffer.from('"text"');
    const vector: PythonCase = {
      // RFC 4231, test case 2.
      body: Buffer.from('what do ya want for nothing?').toString('base64'),
      signature: '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
      secret: 'Jefe',
    };
    expect(
      await runPython([
        signed(body, ['whsec_next', SECRET]),
        signed(body, []),
        signed(body, ''),
        signed(body, null),
        { ...signed(body), signature: 'é'.repeat(64) },
        { ...signed(body), body: { event: 'test_run.failed' }, parsed: true },
        signed(text),
        vector,
      ]),
    ).toEqual([
      'test_run.failed',
      'secret_empty',
      'secret_empty',
      'secret_empty',
      'secret_wrong_or_body_changed',
      'body_reserialized',
      'invalid event',
      'invalid event',
    ]);
  });
});

it('names the file with --json', async () => {
  const { stdout } = await runCli(['webhooks', 'code', 'python', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'code',
    v: 1,
    language: 'python',
    file: 'relyable_webhooks.py',
    code: expect.stringContaining('def construct_event('),
  });
});

it('refuses another language', async () => {
  const { code, stderr } = await runCli(['webhooks', 'code', 'perl']);
  expect(code).toBe(2);
  expect(stderr).toContain('python');
});
