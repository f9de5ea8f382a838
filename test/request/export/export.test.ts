import { execFile, spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exportCaptures } from '../../../src/request/export/export.ts';
import type { ExportFormat } from '../../../src/request/export/export-formats.ts';
import { createRedactor } from '../../../src/request/redact/redact.ts';
import type { FoundRequest } from '../../../src/request/files/input.ts';
import { readInput } from '../../../src/request/files/read-input.ts';
import type { Capture } from '../../../src/request/capture.ts';
import type { HeaderPair } from '../../../src/request/request.ts';
import { startApp } from '../../support/app.ts';
import { makeCapture } from '../../support/captures.ts';
import { ROOT, temporaryFolder } from '../../support/cli.ts';
import { hasPython, hasStack } from '../../support/stacks.ts';

const write = (captures: readonly Capture[], format: ExportFormat): Buffer =>
  Buffer.concat(
    Array.from(exportCaptures(captures, format, '1.2.3'), (piece) => Buffer.from(piece)),
  );

async function read(bytes: Buffer): Promise<FoundRequest[]> {
  const found: FoundRequest[] = [];
  async function* whole(): AsyncGenerator<Buffer> {
    yield bytes;
  }
  for await (const item of readInput(whole(), 'export', {})) {
    if (item.kind === 'request') found.push(item);
  }
  return found;
}

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc.constantFrom(
    '{"a":70.0}\n',
    '{"a":1}',
    '\r\n',
    '\ufeff{}',
    'POST / HTTP/1.1\r\n\r\n',
    'é\ufffd',
    '0\r\n\r\n',
    '###\n',
  ),
);
const framing = fc.constantFrom<readonly HeaderPair[]>(
  [],
  [['transfer-encoding', 'chunked']],
  [['Content-Length', '999']],
);
const headerValue = fc.stringMatching(
  /^([\u0021-\u007e\u0080-\u00ff]([ \t]?[\u0021-\u007e\u0080-\u00ff]){0,10})?$/,
);
const someCapture = fc
  .record({ body: bytes, framing, values: fc.array(headerValue, { maxLength: 3 }) })
  .map(({ body, framing, values }) =>
    makeCapture(1, {
      body: Buffer.from(body),
      headers: [
        ['Host', 'app.test:8080'],
        ...values.map((value): HeaderPair => ['x-Value', value]),
        ...framing,
        ['X-Relyable-Signature', 'ab'],
      ],
    }),
  );

describe('an export that is read again', () => {
  it.each<ExportFormat>(['ndjson', 'http', 'har'])('%s gives identical bytes', async (format) => {
    await fc.assert(
      fc.asyncProperty(fc.array(someCapture, { minLength: 1, maxLength: 4 }), async (captures) => {
        const found = await read(write(captures, format));
        expect(found.map(({ request }) => request.body.toString('hex'))).toEqual(
          captures.map(({ body }) => body.toString('hex')),
        );
        for (const [index, { request }] of found.entries()) {
          const isOwn = ([name]: HeaderPair): boolean => !/^content-length$/i.test(name);
          expect(request.headers.filter(isOwn)).toEqual(captures[index]?.headers.filter(isOwn));
          expect(request).toMatchObject({ method: 'POST', path: '/webhooks/relyable?x=1' });
        }
      }),
      { numRuns: 300 },
    );
  });

  it('ndjson gives back the whole capture', async () => {
    const capture = makeCapture(1);
    const [found] = await read(write([capture], 'ndjson'));
    expect(found?.origin).toEqual({
      id: capture.id,
      receivedAt: capture.receivedAt,
      verification: capture.verification,
      answered: 200,
      forwards: [],
    });
  });
});

it('har states the size of a body in bytes', () => {
  const file = JSON.parse(String(write([makeCapture(1, { body: Buffer.from('é\xff日') })], 'har')));
  expect(file.log.entries[0].request.bodySize).toBe(7);
});

describe.runIf(hasStack('curl'))('the curl export', () => {
  const hostile = [
    `{"a":"it's \`id\` $(id) $HOME \\\\ %s !! \\n"}`,
    Buffer.from([0, 1, 2, 9, 10, 13, 27, 39, 92, 128, 255]),
    '@/etc/passwd',
    '',
  ];

  it.each(['sh', 'bash'])('sends the same bytes and headers from %s', async (shell) => {
    const app = await startApp();
    const captures = hostile.map((body, n) =>
      makeCapture(n, {
        body: Buffer.from(body),
        path: "/a/../hook?x='$(id)'&y=[1]\u00e9\u009b\u00c3\u00a9",
        headers: [
          ['Host', `127.0.0.1:${app.port}`],
          ['x-Quote', `it's "$HOME" \`id\``],
          ['X-Empty', ''],
          ['x-Latin', '\u00c3\u00a9'],
          ['x-Bytes', '\u00e9\u009b31m \u00e2\u0080\u00ae'],
          ['X-Relyable-Signature', 'ab'],
        ],
      }),
    );
    const script = write(captures, 'curl');
    await promisify(execFile)(shell, ['-c', script.toString()]);
    expect(app.received.map(({ body }) => body.toString('hex'))).toEqual(
      captures.map(({ body }) => body.toString('hex')),
    );
    for (const { url, rawHeaders } of app.received) {
      expect(url).toBe("/a/../hook?x='$(id)'&y=[1]%E9%9B%C3%A9");
      const names = rawHeaders.filter((_, index) => index % 2 === 0);
      expect(names.filter((name) => name !== 'Content-Length')).toEqual([
        'Host',
        'x-Quote',
        'X-Empty',
        'x-Latin',
        'x-Bytes',
        'X-Relyable-Signature',
      ]);
      expect(rawHeaders).toContain(`it's "$HOME" \`id\``);
      expect(rawHeaders).toContain('\u00c3\u00a9');
      expect(rawHeaders).toContain('\u00e9\u009b31m \u00e2\u0080\u00ae');
    }
  });
});

it.each(['*', '@elsewhere.test/', 'x'])('a path that is %s is not part of the address', (path) => {
  const capture = makeCapture(1, { path });
  expect(write([capture], 'curl').toString()).toContain(`'http://localhost:4400/${path}'`);
  expect(write([capture], 'har').toString()).toContain(`"http://localhost:4400/${path}"`);
});

describe('the test files', () => {
  const invalid = makeCapture(2, {
    headers: [['X-Relyable-Signature', 'ab']],
    verification: { valid: false, reason: 'signature_truncated' },
  });
  const awkward = makeCapture(3, {
    body: Buffer.from('{"event":"\\n*/ \u2028 `${1}` \'\'\' \\"\\"\\" é"}'),
    headers: [['x', '\u00e9"\\']],
  });
  const captures = [makeCapture(1), invalid, awkward];

  it('for vitest runs green as it is', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'webhooks.test.js'), write(captures, 'vitest'));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    mkdirSync(join(folder, 'node_modules'));
    symlinkSync(join(ROOT, 'node_modules/vitest'), join(folder, 'node_modules/vitest'));
    const args = [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--root', folder];
    const env = { PATH: process.env['PATH'], NO_COLOR: '1' };
    const result = spawnSync(process.execPath, args, { encoding: 'utf8', env, cwd: folder });
    expect(result.stdout + result.stderr).toMatch(/Tests {2}3 passed/);
    expect(result.status).toBe(0);
  });

  it.runIf(hasPython)('for pytest runs green with python3 alone', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'test_webhooks.py'), write(captures, 'pytest'));
    const result = spawnSync('python3', ['test_webhooks.py'], { encoding: 'utf8', cwd: folder });
    expect(result.stdout + result.stderr).toBe('3 passed\n');
  });

  it.runIf(hasStack('python3', ['-m', 'pytest', '--version']))('for pytest runs green', () => {
    const folder = temporaryFolder();
    const redactor = createRedactor();
    const redacted = captures.map((capture) => redactor.redact(capture));
    writeFileSync(join(folder, 'test_webhooks.py'), write(redacted, 'pytest'));
    const args = ['-m', 'pytest', '-q', 'test_webhooks.py'];
    const result = spawnSync('python3', args, { encoding: 'utf8', cwd: folder });
    expect(result.stdout).toContain('1 passed');
  });

  it.runIf(hasPython)('fail if a body is changed', () => {
    const folder = temporaryFolder();
    const [capture] = captures;
    const text = write(capture === undefined ? [] : [capture], 'pytest').toString();
    writeFileSync(join(folder, 'test_webhooks.py'), text.replace('"body":"ey', '"body":"eX'));
    expect(spawnSync('python3', ['test_webhooks.py'], { cwd: folder }).status).toBe(1);
  });
});
