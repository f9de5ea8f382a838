import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { signPayload } from '../../../src/signature/sign.ts';
import { fillStore, makeCapture, SECRET } from '../../support/captures.ts';
import { type CliResult, startCli, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

const env = { RELYABLE_WEBHOOK_SECRET: SECRET };

function verify(args: readonly string[], options: Parameters<typeof runCli>[1] = {}) {
  return runCli(['webhooks', 'verify', ...args], { env, ...options });
}

function jsonLines({ stdout }: CliResult): any[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function storeOf(captures: Parameters<typeof fillStore>[1]): string {
  const file = join(temporaryFolder(), 'captures.db');
  fillStore(file, captures);
  return file;
}

const unsigned = makeCapture(2, { headers: [['Host', 'x']] });

describe('verify of captures', () => {
  it('judges the newest capture', async () => {
    const capture = makeCapture(3);
    const store = storeOf([makeCapture(1), unsigned, capture]);
    const result = await verify(['last', '--store', store]);
    expect(result.stdout).toBe(
      `✓ ${capture.id}  test_run.completed  signed with RELYABLE_WEBHOOK_SECRET\n1 request: 1 valid, 0 invalid\n`,
    );
    expect(result.code).toBe(0);
  });

  it('judges captures by id, in the order given, and ends with 1 if one is not genuine', async () => {
    const store = storeOf([makeCapture(1), unsigned]);
    const result = await verify([makeCapture(1).id.toUpperCase(), unsigned.id, '--store', store]);
    expect(result.stdout.split('\n')).toEqual([
      `✓ ${makeCapture(1).id}  test_run.completed  signed with RELYABLE_WEBHOOK_SECRET`,
      `✗ ${unsigned.id}  test_run.completed`,
      '  the request has no X-Relyable-Signature header (signature_missing)',
      expect.stringMatching(/^ {2}fix: /),
      '2 requests: 1 valid, 1 invalid',
      '',
    ]);
    expect(result.code).toBe(1);
  });

  it('judges the whole store, one JSON object per line', async () => {
    const store = storeOf([makeCapture(1), unsigned, makeCapture(3)]);
    const result = await verify(['--json', '--store', store]);
    expect(jsonLines(result)).toEqual([
      {
        type: 'verification',
        v: 1,
        source: makeCapture(1).id,
        index: 0,
        event: 'test_run.completed',
        valid: true,
        reason: 'ok',
        reasons: ['ok'],
        detail: 'signed with RELYABLE_WEBHOOK_SECRET',
        fix: null,
        secretSource: 'RELYABLE_WEBHOOK_SECRET',
      },
      expect.objectContaining({ source: unsigned.id, valid: false, reason: 'signature_missing' }),
      expect.objectContaining({ source: makeCapture(3).id, valid: true }),
      { type: 'summary', v: 1, total: 3, valid: 2, invalid: 1, unreadable: 0 },
    ]);
    expect(result.code).toBe(1);
  });

  it('verifies again: a secret given now counts, not the verdict at the time', async () => {
    const store = storeOf([makeCapture(1)]);
    const result = await verify(['last', '--json', '--store', store], {
      env: { RELYABLE_WEBHOOK_SECRET: 'another secret' },
    });
    expect(jsonLines(result)[0]).toMatchObject({ valid: false, secretSource: null });
  });

  it.each([
    ['no store', ['last'], /there is no store at/],
    ['an id that is not there', ['cap_0123456789abcdef'], /no capture cap_0123456789abcdef/],
  ])('ends with 2 for %s', async (name, args, message) => {
    const store =
      name === 'no store' ? join(temporaryFolder(), 'none.db') : storeOf([makeCapture(1)]);
    const result = await verify([...args, '--store', store]);
    expect(result.stderr).toMatch(message);
    expect(result.stdout).toBe('');
    expect(result.code).toBe(2);
  });

  it('ends with 2 where the store holds no request', async () => {
    const result = await verify(['--store', storeOf([])]);
    expect(result.stderr).toContain('expected at least one request, found none');
    expect(result.code).toBe(2);
  });

  it('neutralises what the payload says of itself', async () => {
    const body = Buffer.from('{"event":"\\u001b]52;c;eA==\\u0007\\nx"}');
    const store = storeOf([makeCapture(1, { body })]);
    const { stdout } = await verify(['last', '--store', store]);
    expect(stdout).toContain('\\u{1b}]52;c;eA==\\u{7}\\nx');
  });

  it('searches less deeply once nothing has explained many, and says so', async () => {
    const headers = [['X-Relyable-Signature', 'ab'.repeat(32)]] as const;
    const many = Array.from({ length: 22 }, (_, n) => makeCapture(n, { id: `cap_${n}`, headers }));
    const result = await verify(['--store', storeOf(many)]);
    expect(result.stderr.match(/note: nothing explains 20 of these/g)).toHaveLength(1);
    expect(result.stdout).toContain('22 requests: 0 valid, 22 invalid');
    expect(result.stdout.match(/this was a short\s+search/g)).toHaveLength(2);
  });

  it('stops quietly when its reader leaves', async () => {
    const store = storeOf(
      Array.from({ length: 5000 }, (_, n) => makeCapture(n, { id: `cap_${n}` })),
    );
    const running = startCli(['webhooks', 'verify', '--store', store], { env, stdin: '' });
    await running.nextLine(() => true);
    running.child.stdout.destroy();
    const result = await running.done;
    expect(result.stderr).toBe('');
    expect(result.code).toBe(0);
  });
});

it('names the env file whose secret matches, and not the secret', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, '.env'), 'RELYABLE_WEBHOOK_SECRET=whsec_of_the_file\n');
  writeFileSync(join(folder, 'body.json'), '{"event":"x"}');
  const signature = signPayload(Buffer.from('{"event":"x"}'), 'whsec_of_the_file');
  const result = await verify(['body.json', '--signature', signature], { cwd: folder });
  expect(result.code).toBe(1);
  expect(result.stdout).toContain('secret_other_known');
  expect(result.stdout).toContain('RELYABLE_WEBHOOK_SECRET in .env');
  expect(result.stdout + result.stderr).not.toContain('whsec_of_the_file');
});

describe('verify of a bare body', () => {
  const body = '{"event":"test_run.failed","data":{}}';
  const signature = signPayload(Buffer.from(body), SECRET);

  it('judges a file with --signature', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'body.json'), body);
    const result = await verify(['body.json', '--signature', signature], { cwd: folder });
    expect(result.stdout).toBe(
      '✓ body.json  test_run.failed  signed with RELYABLE_WEBHOOK_SECRET\n1 request: 1 valid, 0 invalid\n',
    );
    expect(result.code).toBe(0);
  });

  it('judges stdin with --signature', async () => {
    const result = await verify(['-', '--signature', signature, '--json'], { stdin: body });
    expect(jsonLines(result)[0]).toMatchObject({ source: '-', valid: true });
  });

  it('names the one of several secrets that matches', async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'other.key'), 'other');
    writeFileSync(join(folder, 'app.key'), `${SECRET}\n`);
    const args = ['-', '--signature', signature, '--json'];
    const secrets = ['--secret-file', 'other.key', '--secret-file', 'app.key'];
    const result = await verify([...args, ...secrets], { stdin: body, cwd: folder, env: {} });
    expect(jsonLines(result)[0]).toMatchObject({
      valid: true,
      secretSource: '--secret-file app.key',
    });
  });

  it.each([
    ['no body', []],
    ['two bodies', ['a.json', 'b.json']],
    ['a capture', ['last']],
    ['a file that is not there', ['missing.json']],
  ])('ends with 2 for %s', async (_, args) => {
    const result = await verify([...args, '--signature', signature]);
    expect(result.stdout).toBe('');
    expect(result.stderr).toMatch(/^error: /);
    expect(result.code).toBe(2);
  });
});
