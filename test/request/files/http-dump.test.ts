import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { RelyableError } from '../../../src/errors.ts';
import { parseHttpDump } from '../../../src/request/files/http-dump.ts';
import type { FoundRequest, InputItem } from '../../../src/request/files/input.ts';

function parse(dump: string | Buffer): InputItem[] {
  return [
    ...parseHttpDump(Buffer.isBuffer(dump) ? dump : Buffer.from(dump, 'latin1'), 'dump.http'),
  ];
}

function parseOne(dump: string | Buffer): FoundRequest {
  const [item, ...more] = parse(dump);
  expect(more).toEqual([]);
  if (item?.kind !== 'request') throw new Error('expected a request');
  return item;
}

function refusal(dump: string | Buffer): RelyableError {
  try {
    parse(dump);
  } catch (error) {
    if (error instanceof RelyableError) return error;
    throw error;
  }
  throw new Error('expected a refusal');
}

const crlf = (text: string): string => text.replaceAll('\n', '\r\n');
const HEAD = 'POST /hook?x=1 HTTP/1.1\nHost: a\nX-Relyable-SIGNATURE:  abc \n';

describe('one request', () => {
  it.each([
    ['CRLF', crlf],
    ['LF alone', (text: string) => text],
  ])('keeps method, path, header case and order, and body with %s line ends', (_, ends) => {
    const { request, note } = parseOne(
      ends(`${HEAD}x: 1\nX: 2\nContent-Length: 5\n\n`) + 'a\nb\r\n',
    );
    expect(request).toEqual({
      method: 'POST',
      path: '/hook?x=1',
      httpVersion: '1.1',
      headers: [
        ['Host', 'a'],
        ['X-Relyable-SIGNATURE', 'abc'],
        ['x', '1'],
        ['X', '2'],
        ['Content-Length', '5'],
      ],
      body: Buffer.from('a\nb\r\n'),
    });
    expect(note).toBeNull();
  });

  it('joins chunks, passes extensions and trailers over', () => {
    const chunks = '5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: t\r\n\r\n';
    const { request } = parseOne(`${crlf(`${HEAD}Transfer-Encoding: chunked\n\n`)}${chunks}`);
    expect(request.body.toString()).toBe('hello world');
  });

  it('takes a body that a tool has already put together, although the headers say chunked', () => {
    const { request, note } = parseOne(`${HEAD}Transfer-Encoding: chunked\n\n{"a":1}`);
    expect(request.body.toString()).toBe('{"a":1}');
    expect(note).toContain('already decoded');
  });

  it('keeps gzip and every other byte as it is', () => {
    const body = Buffer.concat([gzipSync('{"a":1}'), Buffer.from([0, 255, 10, 13, 128])]);
    const head = crlf(`${HEAD}Content-Encoding: gzip\nContent-Length: ${body.length}\n\n`);
    expect(parseOne(Buffer.concat([Buffer.from(head), body])).request.body).toEqual(body);
  });

  it('passes over a byte order mark and blank lines before it', () => {
    expect(parseOne(`\u00ef\u00bb\u00bf\r\n\n${HEAD}\n`).request.path).toBe('/hook?x=1');
  });

  it('joins folded header lines', () => {
    expect(parseOne('GET / HTTP/1.0\nA: b\n\t c\n\n').request.headers).toEqual([['A', 'b c']]);
  });

  it.each([
    ['no empty line at the end', HEAD],
    ['no line end at all at the end', HEAD.slice(0, -1)],
  ])('takes headers alone with %s', (_, dump) => {
    expect(parseOne(dump).request.body.length).toBe(0);
  });
});

describe('what editors do to a body', () => {
  const withLength = (length: number, body: string): FoundRequest =>
    parseOne(`${HEAD}Content-Length: ${length}\n\n${body}`);

  it.each([
    ['an added newline', 7, '{"a":1}\n', '{"a":1}', 'added by an editor'],
    ['an added CRLF', 7, '{"a":1}\r\n', '{"a":1}', 'added by an editor'],
    ['a newline taken away', 8, '{"a":1}', '{"a":1}\n', 'last newline put back'],
    ['LF turned into CRLF', 5, '{\r\n1\r\n}', '{\n1\n}', 'CRLF turned into LF'],
    ['CRLF turned into LF', 7, '{\n1\n}', '{\r\n1\r\n}', 'LF turned into CRLF'],
    ['both', 7, '{\n1\n}\n', '{\r\n1\r\n}', 'CRLF line ends and without the last one'],
  ])('undoes %s where Content-Length tells, and says so', (_, length, saved, body, note) => {
    const found = withLength(length, saved);
    expect(found.request.body.toString()).toBe(body);
    expect(found.note).toContain(note);
  });

  it('takes one line end as the editor’s where there is no length', () => {
    const { request, note } = parseOne(`${HEAD}\n{"a":1}\n`);
    expect(request.body.toString()).toBe('{"a":1}');
    expect(note).toContain('added by an editor');
  });

  it('refuses a body that is cut off, with the byte where it begins', () => {
    const dump = `${HEAD}Content-Length: 90\n\n{"a":1`;
    const at = dump.indexOf('{');
    expect(refusal(dump).message).toBe(
      `dump.http: byte ${at}: expected 90 body bytes (Content-Length), got 6: the dump is cut off or was changed after it was saved`,
    );
  });

  it('refuses bytes after the body that begin no request', () => {
    const dump = `${HEAD}Content-Length: 3\n\nabcdefgh`;
    expect(refusal(dump).message).toContain(`byte ${dump.indexOf('defgh')}: `);
  });
});

describe('several requests', () => {
  const first = `POST /1 HTTP/1.1\nContent-Length: 3\n\nabc`;
  const second = `POST /2 HTTP/1.1\nTransfer-Encoding: chunked\n\n1\nx\n0\n\n`;
  const bodiless = `GET /3 HTTP/1.1\nHost: a\n\n`;

  it.each([
    ['nothing', ''],
    ['a blank line', '\n\n'],
    ['CRLF', '\r\n'],
    ['a separator', '\n### another\n# a comment\n'],
  ])('are found with %s between them', (_, between) => {
    const items = parse([first, second, bodiless, first].join(between));
    expect(items.map((item) => item.kind === 'request' && item.request.path)).toEqual([
      '/1',
      '/2',
      '/3',
      '/1',
    ]);
    expect(items.map((item) => item.kind === 'request' && item.request.body.toString())).toEqual([
      'abc',
      'x',
      '',
      'abc',
    ]);
  });

  it('without a length end at the separator or the next request line', () => {
    const items = parse(`${HEAD}\n{"a":1}\n\n###\n${HEAD}\n{"a":2}\n\n${HEAD}\n{"a":3}`);
    expect(items.map((item) => item.kind === 'request' && item.request.body.toString())).toEqual([
      '{"a":1}',
      '{"a":2}',
      '{"a":3}',
    ]);
  });

  it('leave out the responses between them', () => {
    const response = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK';
    expect(parse([first, response, second].join('')).map(({ kind }) => kind)).toEqual([
      'request',
      'skipped',
      'request',
    ]);
  });
});

describe('refusals', () => {
  it.each([
    [
      'curl --trace-ascii',
      '== Info:   Trying 127.0.0.1:4400...\n=> Send header, 120 bytes',
      'a curl trace',
    ],
    ['curl --trace-time', '12:00:01.123456 == Info: x\n', 'a curl trace'],
    ['curl -v', '* Connected to localhost\n> POST / HTTP/1.1\n', 'curl --verbose'],
    ['tcpdump', '12:00:01.123456 IP 127.0.0.1.5 > 127.0.0.1.80: Flags [P.]\n', 'tcpdump'],
    ['tcpdump -A', 'E..4..@.@.<......POST / HTTP/1.1\n', 'tcpdump -A'],
    ['pcap', '\u00d4\u00c3\u00b2\u00a1\u0002\u0000', 'a packet capture'],
    ['prose', 'hello there', '"hello there"'],
  ])('%s at its byte', (_, dump, what) => {
    expect(refusal(dump).message).toMatch(/^dump\.http: byte 0: expected a request line/);
    expect(refusal(dump).message).toContain(what);
    expect(refusal(`\n\n${dump}`).message).toContain('byte 2: ');
  });

  it.each([
    ['noise after a request', 'GET / HTTP/1.1\n\n* Closing connection\n', 16],
    ['a header without a colon', 'GET / HTTP/1.1\nHost\n\n', 15],
    ['a space before the colon', 'GET / HTTP/1.1\nHost : a\n\n', 15],
    ['two lengths', 'GET / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\nab', 52],
    ['a length that is none', 'GET / HTTP/1.1\nContent-Length: -1\n\n', 35],
    ['a chunk that is cut off', 'GET / HTTP/1.1\nTransfer-Encoding: chunked\n\n5\nab', 45],
    ['a chunk size that is none', 'GET / HTTP/1.1\nTransfer-Encoding: chunked\n\n1\na\nzz\n', 47],
  ])('%s', (name, dump, at) => {
    // Without a length the noise could be a body: then it is one.
    if (name === 'noise after a request') {
      expect(parseOne(dump).request.body.toString()).toBe('* Closing connection');
      return;
    }
    expect(refusal(dump)).toMatchObject({ code: 'INPUT_UNREADABLE' });
    expect(refusal(dump).message).toContain(`dump.http: byte ${at}: `);
  });
});
