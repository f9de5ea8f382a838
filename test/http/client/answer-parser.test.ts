import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { request } from 'node:http';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AnswerParser } from '../../../src/http/client/answer-parser.ts';
import type { HeaderPair } from '../../../src/request/request.ts';

interface Read {
  status: number;
  statusText: string;
  headers: readonly HeaderPair[];
  body: string;
  isWhole: boolean;
  canReuse: boolean;
  idleLimitMs: number | null;
}

/** What is read of these pieces; `closes`: the other side closes behind them. */
function read(pieces: readonly Buffer[], { method = 'POST', closes = false } = {}): Read {
  const parser = new AnswerParser();
  let head: Pick<Read, 'status' | 'statusText' | 'headers'> = {
    status: 0,
    statusText: '',
    headers: [],
  };
  let body = '';
  parser.begin(
    { head: (came) => (head = came), body: (piece) => (body += piece.toString('latin1')) },
    method,
  );
  let isWhole = false;
  for (const piece of pieces) isWhole = parser.push(piece);
  if (closes && parser.end()) isWhole = true;
  return {
    ...head,
    body,
    isWhole,
    canReuse: parser.canReuse(),
    idleLimitMs: parser.idleLimitMs(),
  };
}

const bytes = (text: string): Buffer => Buffer.from(text, 'latin1');

const ANSWERS: ReadonlyArray<readonly [name: string, raw: string, expected: Partial<Read>]> = [
  [
    'a length',
    'HTTP/1.1 200 OK\r\nX-A:  one \r\nx-a:\ttwo\r\nContent-Length: 5\r\n\r\nhello',
    {
      status: 200,
      statusText: 'OK',
      headers: [
        ['X-A', 'one'],
        ['x-a', 'two'],
        ['Content-Length', '5'],
      ],
      body: 'hello',
      isWhole: true,
      canReuse: true,
    },
  ],
  ['no body', 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n', { isWhole: true, canReuse: true }],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204, isWhole: true, canReuse: true }],
  [
    '304 that names a length',
    'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n',
    { status: 304, body: '', isWhole: true, canReuse: true },
  ],
  [
    'chunks, with extensions and trailers',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a="b"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nX-T: 1\r\n\r\n',
    { body: 'abc0123456789', isWhole: true, canReuse: true },
  ],
  [
    'chunks behind another coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    { body: 'x', isWhole: true },
  ],
  [
    'a blank that is none of HTTP before the coding',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: \xa0chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    { isWhole: false, canReuse: false },
  ],
  [
    'announcements before the answer',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\nok',
    { status: 201, statusText: 'Created', body: 'ok', isWhole: true, canReuse: true },
  ],
  [
    'no reason phrase',
    'HTTP/1.1 200 \r\nContent-Length: 1\r\n\r\nx',
    { statusText: '', body: 'x', isWhole: true },
  ],
  [
    'no blank behind the status',
    'HTTP/1.1 500\r\nContent-Length: 1\r\n\r\nx',
    { status: 500, body: 'x', isWhole: true },
  ],
  [
    'bytes above ASCII',
    'HTTP/1.1 200 \xe9\r\nX-Name: caf\xe9\r\nContent-Length: 1\r\n\r\n\xff',
    { statusText: '\xe9', body: '\xff', isWhole: true },
  ],
  [
    'HTTP/1.0',
    'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx',
    { body: 'x', isWhole: true, canReuse: false },
  ],
  [
    'HTTP/1.0 that keeps the connection',
    'HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\nContent-Length: 1\r\n\r\nx',
    { isWhole: true, canReuse: true },
  ],
  [
    'Connection: close',
    'HTTP/1.1 200 OK\r\nConnection: x-a, Close\r\nContent-Length: 1\r\n\r\nx',
    { isWhole: true, canReuse: false },
  ],
  [
    'Keep-Alive',
    'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: max=5, timeout=5\r\nContent-Length: 0\r\n\r\n',
    { isWhole: true, canReuse: true, idleLimitMs: 5000 },
  ],
  [
    'something behind the answer',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n',
    { body: 'x', isWhole: true, canReuse: false },
  ],
  [
    'no length before it closes',
    'HTTP/1.1 200 OK\r\n\r\nhalf',
    { body: 'half', isWhole: false, canReuse: false },
  ],
];

describe('an answer', () => {
  it.each(ANSWERS)('%s', (_, raw, expected) => {
    expect(read([bytes(raw)])).toMatchObject(expected);
  });

  it.each(ANSWERS)('%s, however it is cut', (_, raw) => {
    const whole = read([bytes(raw)]);
    fc.assert(
      fc.property(fc.array(fc.nat(raw.length), { maxLength: 12 }), (cuts) => {
        const at = [0, ...cuts.sort((a, b) => a - b), raw.length];
        const pieces = at.slice(1).map((end, i) => bytes(raw.slice(at[i], end)));
        // What is behind an answer may come too late to be noticed with it.
        expect({ ...read(pieces), canReuse: null }).toEqual({ ...whole, canReuse: null });
      }),
    );
    const single = Array.from(raw, (character) => bytes(character));
    expect(read(single)).toMatchObject({ body: whole.body, status: whole.status });
  });

  it('ends with the connection where it names no length', () => {
    const raw = bytes('HTTP/1.1 200 OK\r\n\r\nall of it');
    expect(read([raw], { closes: true })).toMatchObject({
      body: 'all of it',
      isWhole: true,
      canReuse: false,
    });
  });

  it('has no body after HEAD', () => {
    const raw = bytes('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n');
    expect(read([raw], { method: 'HEAD' })).toMatchObject({ isWhole: true, canReuse: true });
  });

  it('is read after another one as if it were the first', () => {
    const parser = new AnswerParser();
    const bodies: string[] = [];
    const sink = {
      head: () => undefined,
      body: (piece: Buffer) => void bodies.push(piece.toString()),
    };
    parser.begin(sink, 'POST');
    expect(
      parser.push(bytes('HTTP/1.1 200 OK\r\nKeep-Alive: timeout=9\r\nContent-Length: 1\r\n\r\na')),
    ).toBe(true);
    parser.begin(sink, 'POST');
    expect(parser.push(bytes('HTTP/1.1 200 OK\r\nContent-Le'))).toBe(false);
    expect(parser.push(bytes('ngth: 1\r\n\r\nb'))).toBe(true);
    expect(bodies).toEqual(['a', 'b']);
    expect(parser.idleLimitMs()).toBeNull();
  });
});

const LONG = 'x'.repeat(17 * 1024);

const MALFORMED: ReadonlyArray<readonly [name: string, raw: string, message: RegExp]> = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', /expected a status line, got "SSH-2/],
  ['HTTP/2', 'HTTP/2 200\r\n\r\n', /expected a status line/],
  ['bare newlines', 'HTTP/1.1 200 OK\nContent-Length: 1\n\nx', /expected a status line/],
  ['no number', 'HTTP/1.1 abc OK\r\n\r\n', /expected a status line, got "HTTP\/1.1 abc OK"/],
  ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n', /expected a status line/],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nabc\r\n\r\n', /expected a header, got "abc"/],
  ['a header with a blank', 'HTTP/1.1 200 OK\r\nA b: c\r\n\r\n', /expected a header/],
  ['a folded header', 'HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n', /expected a header/],
  ['a NUL in a header', 'HTTP/1.1 200 OK\r\nA: b\0\r\n\r\n', /expected a header/],
  [
    'two lengths',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx',
    /one Content-Length/,
  ],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx', /a number/],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    /Content-Length or Transfer-Encoding, got both/,
  ],
  [
    'a chunk without a size',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n',
    /the size of a chunk, got "xyz"/,
  ],
  [
    'a chunk that is longer than it says',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n',
    /the end of a chunk/,
  ],
  ['endless headers', `HTTP/1.1 200 OK\r\nA: ${LONG}`, /more than 16 KB of headers/],
  [
    'an endless line of a chunk',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${LONG}`,
    /the size of a chunk/,
  ],
  [
    'endless trailers',
    `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n${'A: b\r\n'.repeat(5000)}`,
    /more than 16 KB of headers/,
  ],
];

/** Node's own client takes these for answers; they could not be relayed. */
const ODD: typeof MALFORMED = [
  ['a control character', 'HTTP/1.1 200 O\x1bK\r\n\r\n', /expected a status line/],
  ['another protocol that was not requested', 'HTTP/1.1 101 Switching\r\n\r\n', /got 101/],
];

describe('what is not an answer', () => {
  it.each([...MALFORMED, ...ODD])('%s', (_, raw, message) => {
    expect(() => read([bytes(raw)])).toThrow(message);
  });

  it('never does anything but throw an Error, whatever comes', () => {
    const start = fc.constantFrom(
      '',
      'HTTP/1.1 200 OK\r\n',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    const rest = fc.array(
      fc.oneof(
        fc.constantFrom('\r\n', '\n', ':', '0', 'f', ';', ' ', 'Content-Length: 3\r\n'),
        fc.string({ unit: 'binary', maxLength: 6 }),
      ),
    );
    fc.assert(
      fc.property(start, rest, (first, more) => {
        try {
          read([bytes(first), ...more.map(bytes)], { closes: true });
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
          expect((error as Error).message).toMatch(/^the answer /);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

/** What Node's own client makes of the same bytes; null where it refuses them. */
function readWithNode(raw: string): Promise<Pick<Read, 'status' | 'body'> | null> {
  return new Promise((resolve) => {
    const server = createTcpServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.end(raw, 'latin1'));
    });
    const settle = (result: Pick<Read, 'status' | 'body'> | null): void => {
      server.close();
      resolve(result);
    };
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      const call = request({ port, host: '127.0.0.1', method: 'POST', agent: false });
      call.on('error', () => settle(null));
      call.on('upgrade', () => settle(null));
      call.on('response', (response) => {
        let body = '';
        response.setEncoding('latin1');
        response.on('data', (piece: string) => (body += piece));
        response.on('error', () => settle(null));
        response.on('end', () => settle({ status: response.statusCode ?? 0, body }));
      });
      call.end();
    });
  });
}

describe('beside the client of Node', () => {
  it.each([...ANSWERS, ...MALFORMED])('%s: the same verdict', async (_, raw) => {
    let ours: Pick<Read, 'status' | 'body'> | null = null;
    try {
      const { status, body, isWhole } = read([bytes(raw)], { closes: true });
      if (isWhole) ours = { status, body };
    } catch {
      // Refused.
    }
    expect(ours).toEqual(await readWithNode(raw));
  });
});
