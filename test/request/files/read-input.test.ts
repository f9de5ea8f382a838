import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RelyableError } from '../../../src/errors.ts';
import {
  INPUT_FORMATS,
  type InputFormat,
  type InputItem,
} from '../../../src/request/files/input.ts';
import { readInput } from '../../../src/request/files/read-input.ts';
import { captureToLine } from '../../../src/request/capture-line.ts';
import { makeCapture } from '../../support/captures.ts';

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  bytes: Buffer | string,
  format?: InputFormat,
  size = 1000,
): Promise<InputItem[]> {
  const items: InputItem[] = [];
  const chunks = inPieces(Buffer.from(bytes), size);
  for await (const item of readInput(chunks, 'input', format === undefined ? {} : { format })) {
    items.push(item);
  }
  return items;
}

const forward = {
  kind: 'replay',
  at: Date.UTC(2026, 1, 1),
  url: 'http://localhost:3000/',
  status: 500,
  durationMs: 1.25,
  error: null,
  responseHeaders: [['X', 'é']],
  responseBody: Buffer.from([0, 255]),
  edited: true,
} as const;
const capture = makeCapture(1, { body: Buffer.from([0xff, 0, 10, 0x7b]), forwards: [forward] });
const turned = Object.fromEntries(Object.entries(captureToLine(capture)).toReversed());
const line = JSON.stringify(captureToLine(capture));

describe('detection', () => {
  it.each<[string, string]>([
    ['a raw request', 'POST / HTTP/1.1\n\n'],
    ['a request after a comment', '### mine\n\nPOST / HTTP/1.1\n\n'],
    ['a request after a byte order mark', '\ufeffPOST / HTTP/1.1\n\n'],
    ['an export', `${line}\n`],
    ['an export with its keys in another order', JSON.stringify(turned)],
    ['a HAR', '{"log":{"entries":[{"request":{"method":"POST","url":"http://a/","headers":[]}}]}}'],
    [
      'a HAR with its version first',
      '{\n "$schema": "x",\n "log" : { "entries":[{"request":{"method":"POST","url":"http://a/","headers":[]}}]}}',
    ],
  ])('knows %s', async (_, text) => {
    expect((await read(text)).map(({ kind }) => kind)).toEqual(['request']);
  });

  it.each([
    ['nothing', '', /byte 0: expected a request, got an empty input/],
    ['blanks', ' \n', /got an empty input/],
    ['a body alone', '{"event":"x"}', /byte 0: .*could be a body alone/],
    ['a body alone, with a line end', '{"event":"x"}\n', /byte 0: .*could be a body alone/],
    ['a body copied as JSON text', '{\\"event\\":\\"x\\"}', /byte 1: expected JSON/],
    ['a list', '[1]', /could be a body alone/],
    ['binary', '\u0000\u0001', /byte 0: expected a request line/],
  ])('refuses %s', async (_, text, message) => {
    await expect(read(text)).rejects.toThrow(message);
  });

  it.each(['{"event":"x"}', '{"event":"x"}\n', '{\\"event\\":\\"x\\"}', '{"event":'])(
    'says how %j is verified if it is a body',
    async (text) => {
      await expect(read(text)).rejects.toThrow(
        expect.objectContaining({ hint: expect.stringContaining('add --signature <hex>') }),
      );
    },
  );
});

describe('an export', () => {
  it('comes back as it was, in whatever pieces it is read', async () => {
    for (const size of [1, 7, 100_000]) {
      const [item, ...more] = await read(`${line}\r\n\n${line}`, undefined, size);
      expect(more).toHaveLength(1);
      expect(item).toEqual({
        kind: 'request',
        note: null,
        receivedAt: capture.receivedAt,
        request: {
          method: 'POST',
          path: capture.path,
          httpVersion: '1.1',
          headers: capture.headers,
          body: capture.body,
        },
        origin: {
          id: capture.id,
          receivedAt: capture.receivedAt,
          verification: capture.verification,
          answered: 200,
          forwards: [forward],
        },
      });
    }
  });

  it.each([
    ['JSON', line.slice(0, -5), /line 2, byte \d+: expected JSON/],
    [
      'base64',
      line.replace(/"bodyBase64":"/, '$&!'),
      /line 2, byte \d+: \$\.bodyBase64: expected base64/,
    ],
    ['a time', line.replace('2026-', 'x'), /\$\.receivedAt: /],
  ])(
    'names line, byte and path of what is not %s, and reads the others',
    async (_, bad, message) => {
      const items = await read(`${line}\n${bad}\n${line}\n`);
      expect(items.map(({ kind }) => kind)).toEqual(['request', 'unreadable', 'request']);
      expect(items[1]?.kind === 'unreadable' && items[1].error.message).toMatch(message);
    },
  );
});

describe('whatever the bytes are', () => {
  const pieces = fc.constantFrom(
    'POST / HTTP/1.1\r\n',
    'HTTP/1.1 200 OK\n',
    'Content-Length: 5\n',
    'Transfer-Encoding: chunked\r\n',
    '\r\n',
    '\n',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    '###\n',
    '{"log":{"entries":[',
    '{"request":{"method":"POST","url":"x","headers":[]}}',
    ']}}',
    '"type":"capture"',
    line,
    '\u0000\ud800\ufeff',
  );
  const soup = fc
    .array(
      fc.oneof(
        pieces.map((text) => Buffer.from(text)),
        fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      ),
      { maxLength: 12 },
    )
    .map((parts) => Buffer.concat(parts));
  const json = fc.json().map((text) => Buffer.from(text));
  const har = fc
    .array(
      fc.record({
        request: fc.oneof(
          fc.jsonValue(),
          fc.record({
            method: fc.string(),
            url: fc.string(),
            headers: fc.constant([]),
            postData: fc.record({ text: fc.string(), encoding: fc.constantFrom('', 'base64') }),
          }),
        ),
      }),
    )
    .map((entries) => Buffer.from(JSON.stringify({ log: { entries } })));

  it('skips a line with a number that no language prints', async () => {
    const bytes = Buffer.from('{"log":{"entries":[{"request":["[00"]}]}}');
    expect(await read(bytes, 'ndjson', 64)).toMatchObject([{ kind: 'skipped' }]);
  });

  it.each([undefined, ...INPUT_FORMATS])('reads or refuses, with format %s', async (format) => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(soup, json, har),
        fc.integer({ min: 1, max: 64 }),
        async (bytes, size) => {
          try {
            await read(bytes, format, size);
          } catch (error) {
            expect(error).toBeInstanceOf(RelyableError);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('takes time in proportion to the size', async () => {
    const hostile = [
      `POST / HTTP/1.1\nx: ${' '.repeat(2_000_000)}y\n\n`,
      `POST / HTTP/1.1\n\n${'\n'.repeat(2_000_000)}x`,
      `POST / HTTP/1.1\nContent-Length: 1\n\n${'\r\n'.repeat(1_000_000)}x`,
      'POST / HTTP/1.1\nContent-Length: 0\n\n'.repeat(20_000),
      'POST / HTTP/1.1\n'.repeat(20_000),
    ];
    const outcomes: unknown[] = [];
    for (const text of hostile) {
      const outcome = read(text, 'http', 65_536).then(
        (items) => items.length,
        () => 'refused',
      );
      outcomes.push(await outcome);
    }
    expect(outcomes).toEqual([1, 1, 'refused', 20_000, 'refused']);
  });
});
