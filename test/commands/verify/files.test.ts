import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureToLine } from '../../../src/request/capture-line.ts';
import { makeCapture, SECRET } from '../../support/captures.ts';
import {
  type CliOptions,
  type CliResult,
  ROOT,
  startCli,
  temporaryFolder,
} from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';
import { junitProblems } from '../../support/junit-schemas.ts';

const FIXTURES = join(ROOT, 'fixtures/http');
const CLIENTS = readdirSync(FIXTURES).filter((name) => name.endsWith('.http'));
const fixtureEnv = { RELYABLE_WEBHOOK_SECRET: 'whsec_fixture_0123456789abcdef' };

function verify(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['webhooks', 'verify', ...args], {
    env: { RELYABLE_WEBHOOK_SECRET: SECRET },
    ...options,
  });
}

function jsonLines({ stdout }: CliResult): any[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('requests of real clients', () => {
  it.each(CLIENTS)('%s is genuine', async (name) => {
    const result = await verify([join(FIXTURES, name), '--json'], { env: fixtureEnv });
    expect(jsonLines(result)[0]).toMatchObject({ valid: true, index: 0 });
    expect(result.code).toBe(0);
  });

  it.each(CLIENTS)('%s is not with one byte of its body changed', async (name) => {
    const file = join(temporaryFolder(), name);
    const bytes = readFileSync(join(FIXTURES, name));
    // Far enough inside to be neither framing nor the end.
    const at = bytes.length - 40;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
    const result = await verify([file, '--json'], { env: fixtureEnv });
    expect(jsonLines(result)[0]).toMatchObject({ valid: false });
    expect(result.code).toBe(1);
  });

  it('all in one file, one after the other', async () => {
    const stdin = Buffer.concat(CLIENTS.map((name) => readFileSync(join(FIXTURES, name))));
    const result = await verify(['-'], { env: fixtureEnv, stdin });
    const lines = result.stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(CLIENTS.length + 1);
    expect(lines[1]).toMatch(/^✓ stdin#2 {2}/);
    expect(lines.at(-1)).toBe(`${CLIENTS.length} requests: ${CLIENTS.length} valid, 0 invalid`);
  });
});

describe('inputs', () => {
  it('of every kind in a folder, sorted, other files counted', async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, 'in/b'), { recursive: true });
    mkdirSync(join(folder, 'in/.git'));
    const capture = makeCapture(1);
    const signature = capture.headers[3]?.[1];
    const headers = [{ name: 'X-Relyable-Signature', value: signature }];
    const postData = { mimeType: 'application/json', text: capture.body.toString() };
    const request = { method: 'POST', url: 'http://a/hook', headers, postData };
    const har = { log: { entries: [{ request }, { response: {} }, { response: {} }] } };
    writeFileSync(join(folder, 'in/c.har'), JSON.stringify(har));
    writeFileSync(join(folder, 'in/b/x.ndjson'), `${JSON.stringify(captureToLine(capture))}\n`);
    writeFileSync(join(folder, 'in/a.txt'), `POST / HTTP/1.1\n\n${capture.body.toString()}\n`);
    writeFileSync(join(folder, 'in/readme.md'), 'hello');
    writeFileSync(join(folder, 'in/.git/x.http'), 'noise');
    const result = await verify(['in', '--json'], { cwd: folder });
    expect(jsonLines(result).map(({ source, valid }) => [source, valid])).toEqual([
      [join('in', 'a.txt'), false],
      [join('in', 'b', 'x.ndjson'), true],
      [join('in', 'c.har'), true],
      [undefined, 2],
    ]);
    expect(result.stderr).toContain('skipped 2 times a response without its request');
    expect(result.stderr).toContain('skipped 1 file of another kind: readme.md');
    expect(result.stderr).toContain('there is no Content-Length');
    expect(result.code).toBe(1);
  });

  it('that cannot be read end with 2, naming the place, after what was read before', async () => {
    const folder = temporaryFolder();
    copyFileSync(join(FIXTURES, 'curl.http'), join(folder, 'a.http'));
    writeFileSync(join(folder, 'b.http'), '== Info: Trying 127.0.0.1\n');
    const result = await verify(['a.http', 'b.http', '--json'], { cwd: folder, env: fixtureEnv });
    expect(jsonLines(result)).toMatchObject([{ valid: true }, { total: 1, unreadable: 1 }]);
    expect(JSON.parse(result.stderr)).toMatchObject({
      type: 'error',
      code: 'INPUT_UNREADABLE',
      message: expect.stringMatching(/\n {2}b\.http: byte 0: .*curl trace/),
      exitCode: 2,
    });
    expect(result.code).toBe(2);
  });

  it('with nothing but responses end with 2', async () => {
    const result = await verify(['-'], { stdin: 'HTTP/1.1 200 OK\n\nOK' });
    expect(result.stderr).toContain('stdin: skipped a response');
    expect(result.stderr).toContain('found none');
    expect(result.code).toBe(2);
  });

  it.each([
    ['a format that is none', ['x', '--format', 'httpp'], 'did you mean http?'],
    ['a body without its signature', ['-', '--format', 'body'], '--signature'],
    ['a signature for a dump', ['-', '--format', 'har', '--signature', '00'], 'bare body'],
    ['a folder that is not there', ['nowhere'], 'error: nowhere: no such file or folder\n'],
  ])('refuse %s', async (_, args, message) => {
    const result = await verify(args, { stdin: '{}' });
    expect(result.stderr).toContain(message);
    expect(result.code).toBe(2);
  });

  it('of files never load the store', async () => {
    const env = { ...fixtureEnv, RELYABLE_STORE: '/dev/null/no/such/store' };
    const result = await verify([join(FIXTURES, 'curl.http')], { env });
    expect(result.code).toBe(0);
  });

  it('named by --format are taken as that', async () => {
    const result = await verify(['-', '--format', 'har'], { stdin: 'POST / HTTP/1.1\n\n' });
    expect(result.stderr).toContain('byte 0: expected JSON');
    expect(result.code).toBe(2);
  });
});

it('writes a JUnit report', async () => {
  const folder = temporaryFolder();
  const unsigned = 'POST / HTTP/1.1\nContent-Length: 2\n\n{}';
  writeFileSync(join(folder, 'a.http'), `${unsigned}\n${unsigned}`);
  const result = await verify(['a.http', '--junit', 'report.xml'], { cwd: folder });
  const report = readFileSync(join(folder, 'report.xml'), 'utf8');
  expect(report).toContain('<testsuite name="a.http" tests="2" failures="2"');
  expect(report).toContain('<testcase name="a.http#2 (no event)"');
  expect(report).toContain('<failure message="signature_missing" type="failure">');
  expect(junitProblems(report)).toEqual([]);
  expect(result.code).toBe(1);
});

describe.skipIf(process.platform === 'win32')('a named pipe', () => {
  const UNSIGNED = 'POST / HTTP/1.1\nContent-Length: 2\n\n{}';

  /** A folder with the named pipe `pipe` and the request `a.http`. */
  function withPipe(): string {
    const cwd = temporaryFolder();
    execFileSync('mkfifo', [join(cwd, 'pipe')]);
    writeFileSync(join(cwd, 'a.http'), UNSIGNED);
    return cwd;
  }

  it('is read to its end', async () => {
    const cwd = withPipe();
    const cli = startCli(['webhooks', 'verify', 'pipe', '--json'], { cwd });
    await writeFile(join(cwd, 'pipe'), UNSIGNED);
    const result = await cli.done;
    expect(jsonLines(result)[0]).toMatchObject({ source: 'pipe', reason: 'signature_missing' });
  });

  it.each([
    ['a pipe without a writer', 'pipe'],
    ['stdin', '-'],
  ])('Ctrl-C ends the wait for %s', async (_, source) => {
    const cli = startCli(['webhooks', 'verify', 'a.http', source, '--json'], { cwd: withPipe() });
    await cli.nextLine((line) => line.includes('a.http'));
    cli.child.kill('SIGINT');
    expect(await cli.done).toMatchObject({
      code: 130,
      stderr: expect.not.stringContaining('error'),
    });
  });

  it.each([['verify'], ['captures', 'import'], ['trigger', '--to', '1', '--data']])(
    'Ctrl-C ends the wait of %s %s for a writer that is silent',
    async (...command) => {
      const cwd = withPipe();
      const cli = startCli(['webhooks', ...command, 'pipe'], { cwd });
      // Resolves once the program has it open, too.
      const writer = await open(join(cwd, 'pipe'), 'w');
      cli.child.kill('SIGINT');
      expect((await cli.done).code).toBe(130);
      await writer.close();
    },
  );
});
