import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { signPayload } from '../../../src/signature/sign.ts';
import { fillStore, makeCapture, SECRET } from '../../support/captures.ts';
import { type CliResult, temporaryFolder } from '../../support/cli.ts';
import { runCli } from '../../support/run-cli.ts';

const BODY = '{"event":"test_run.failed","data":{"calls_failed":3,"rate":70.0}}';
const SIGNATURE = signPayload(Buffer.from(BODY), SECRET);
const HEADERS = { 'content-type': 'application/json', 'x-relyable-signature': SIGNATURE };

/** A folder with these files. */
function folderOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const folder = temporaryFolder();
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

function verify(cwd: string, args: readonly string[], env = {}): Promise<CliResult> {
  return runCli(['webhooks', 'verify', ...args, '--json'], {
    cwd,
    env: { RELYABLE_WEBHOOK_SECRET: SECRET, ...env },
  });
}

const lines = ({ stdout }: CliResult): any[] =>
  stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));

const recording = (body: unknown, headers = HEADERS): string =>
  JSON.stringify({ method: 'POST', url: '/hook', headers, body });

describe('a recording without the exact body', () => {
  it.each([
    ['a body that is missing', null],
    ['another body, parsed', { event: 'test_run.failed', data: {} }],
  ])('is never put down to the secret: %s', async (_, body) => {
    const result = await verify(folderOf({ 'a.json': recording(body) }), ['a.json']);
    expect(lines(result)[0]).toMatchObject({ valid: false, reason: 'body_missing' });
    expect(result.stdout).not.toContain('Compare the secret');
    expect(result.code).toBe(1);
  });

  it.each([
    ['as JavaScript writes it', BODY.replace('70.0', '70')],
    ['as Python writes it', '{"event": "test_run.failed", "data": {"calls_failed": 3}}'],
  ])('is genuine where the parsed body gives the signature %s', async (_, sent) => {
    const headers = { ...HEADERS, 'x-relyable-signature': signPayload(Buffer.from(sent), SECRET) };
    const event = recording(JSON.parse(sent), headers);
    const result = await verify(folderOf({ 'a.json': event }), ['a.json']);
    expect(lines(result)[0]).toMatchObject({ valid: true, reason: 'ok' });
  });
});

describe('a body alone', () => {
  it.each([
    ['an envelope', recording(BODY)],
    ['base64', Buffer.from(BODY).toString('base64')],
    ['what was signed as it is, although it looks like a copy', `'${BODY}'`],
  ])('is genuine in %s', async (name, content) => {
    const isAsHeld = name.startsWith('what');
    const signature = isAsHeld ? signPayload(Buffer.from(content), SECRET) : SIGNATURE;
    const folder = folderOf({ 'a.txt': content });
    const result = await verify(folder, ['a.txt', '--signature', signature]);
    expect(lines(result)[0]).toMatchObject({ valid: true });
  });
});

describe('a folder', () => {
  it('is judged to its end past what is not a recording, with a report, and ends with 2', async () => {
    const folder = folderOf({
      'a.json': recording(BODY),
      'b.txt': 'remember the milk',
      'c.har': '{"log":{"version":"1.2"}}',
      'd.http': `POST / HTTP/1.1\nX-Relyable-Signature: ${SIGNATURE}\n\n${BODY}`,
      'e.ndjson.gz': gzipSync(`${recording(BODY)}\n{"broken\n${recording(BODY)}\n`),
    });
    const result = await verify(folder, ['.', '--junit', 'report.xml']);
    expect(lines(result).map(({ source, valid }) => [source, valid])).toEqual([
      ['a.json', true],
      ['d.http', true],
      ['e.ndjson.gz', true],
      ['e.ndjson.gz', true],
      [undefined, 4],
    ]);
    expect(lines(result).at(-1)).toMatchObject({ total: 4, invalid: 0, unreadable: 3 });
    const error = JSON.parse(result.stderr.trimEnd().split('\n').at(-1) ?? '');
    expect(error.message).toContain('b.txt: byte 0');
    expect(error.message).toContain('c.har: $.log.entries');
    expect(error.message).toContain('e.ndjson.gz: line 2');
    expect(result.code).toBe(2);
    const report = readFileSync(join(folder, 'report.xml'), 'utf8');
    expect(report).toContain('<testcase name="a.json test_run.failed"');
    expect(report.match(/<failure message="input_unreadable" /g)).toHaveLength(3);
  });
});

describe('a file that an input names', () => {
  const request = (name: string): string =>
    `POST http://a/hook\nX-Relyable-Signature: ${SIGNATURE}\n\n< ${name}\n`;

  it('is read beside the input', async () => {
    const folder = folderOf({ 'body.json': BODY });
    mkdirSync(join(folder, 'in'));
    writeFileSync(join(folder, 'in', 'a.http'), request('../body.json'));
    expect((await verify(folder, ['in/a.http'])).code).toBe(0);
  });

  it.each([['../secret'], ['link'], ['/etc/hostname']])(
    'is refused elsewhere: %s',
    async (name) => {
      const outside = folderOf({ secret: BODY });
      mkdirSync(join(outside, 'in'));
      writeFileSync(join(outside, 'in', 'a.http'), request(name));
      symlinkSync(join(outside, 'secret'), join(outside, 'in', 'link'));
      const result = await verify(join(outside, 'in'), ['a.http']);
      expect(result.stderr).toContain('expected a file in the folder of the input');
      expect(result.code).toBe(2);
    },
  );
});

it('verifies the captures that the output of listen names', async () => {
  const capture = makeCapture(1);
  const delivery = JSON.stringify({ type: 'delivery', v: 1, id: capture.id });
  const folder = folderOf({ 'ci.ndjson': `{"type":"ready","v":1}\n${delivery}\n` });
  const store = join(folder, 'captures.db');
  fillStore(store, [capture]);
  const result = await verify(folder, ['ci.ndjson'], { RELYABLE_STORE: store });
  expect(lines(result)[0]).toMatchObject({ source: 'ci.ndjson', valid: true });
});

it.each(['[object Object]', '{}', 'undefined', 'null'])(
  'does not call a parsed body genuine whose signature is over %s',
  async (signed) => {
    const headers = {
      ...HEADERS,
      'x-relyable-signature': signPayload(Buffer.from(signed), SECRET),
    };
    const folder = folderOf({ 'a.json': recording(JSON.parse(BODY), headers) });
    const result = await verify(folder, ['a.json']);
    expect(lines(result)[0]).toMatchObject({ valid: false, reason: 'body_reserialized' });
    expect(result.code).toBe(1);
  },
);
