import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { FoundRequest } from '../../../src/request/files/input.ts';
import type { InputOptions } from '../../../src/request/files/read-input.ts';
import { headerValues, SIGNATURE_HEADER } from '../../../src/request/request.ts';
import { formatCurlCommand } from '../../../src/request/curl.ts';
import { readContent } from './read-content.ts';

const BODY =
  '{"event":"test_run.failed","timestamp":"2026-03-04T05:06:07Z","data":{"error":"Besetzt: „später“ \'x\' $1 `a` \\\\","calls_failed":3}}';
const SIGNATURE = createHash('sha256').update('a signature').digest('hex');
const HEADERS = { 'content-type': 'application/json', 'x-relyable-signature': SIGNATURE };
const PACKED = Buffer.from(BODY).toString('base64');
const DUMP = `POST /hook?a=1 HTTP/1.1\r\nX-Relyable-Signature: ${SIGNATURE}\r\nContent-Length: ${Buffer.byteLength(BODY)}\r\n\r\n${BODY}`;

async function readOne(
  content: string | Buffer,
  options: InputOptions = {},
): Promise<FoundRequest> {
  const items = await readContent(content, options);
  const [found, ...more] = items.filter((item) => item.kind === 'request');
  expect(items.filter(({ kind }) => kind === 'unreadable')).toEqual([]);
  expect(more).toEqual([]);
  if (found === undefined) throw new Error('expected a request');
  return found;
}

/** Expects one request with the body and the signature of this file. */
async function expectRequest(content: string | Buffer, options: InputOptions = {}): Promise<void> {
  const { request } = await readOne(content, options);
  expect(request.body.toString()).toBe(BODY);
  expect(headerValues(request.headers, SIGNATURE_HEADER)).toEqual([SIGNATURE]);
}

const json = (value: unknown): string => JSON.stringify(value, null, 2);

describe('JSON with headers and a body somewhere', () => {
  const apiGateway1 = {
    resource: '/{proxy+}',
    path: '/hook',
    httpMethod: 'POST',
    headers: HEADERS,
    multiValueHeaders: { 'X-Relyable-Signature': [SIGNATURE], 'X-Twice': ['1', '2'] },
    requestContext: { requestTimeEpoch: 1_772_600_767_000 },
    body: BODY,
    isBase64Encoded: false,
  };
  const apiGateway2 = {
    version: '2.0',
    routeKey: '$default',
    rawPath: '/hook',
    rawQueryString: 'a=1',
    headers: HEADERS,
    requestContext: { http: { method: 'POST', path: '/hook' }, timeEpoch: 1_772_600_767_000 },
    body: PACKED,
    isBase64Encoded: true,
  };
  it.each<[string, unknown]>([
    ['API Gateway 1', apiGateway1],
    ['API Gateway 2 and a function URL', apiGateway2],
    [
      'a load balancer',
      {
        requestContext: { elb: { targetGroupArn: 'arn:x' } },
        httpMethod: 'POST',
        path: '/hook',
        multiValueHeaders: { 'x-relyable-signature': [SIGNATURE] },
        body: PACKED,
        isBase64Encoded: true,
      },
    ],
    ['a queue around an event', { Records: [{ messageId: '1', body: json(apiGateway2) }] }],
    [
      'the log of a function',
      { events: [{ timestamp: 1, message: `INFO\t${json(apiGateway1)}` }] },
    ],
    [
      'Google Cloud logging',
      [
        {
          insertId: 'x',
          httpRequest: { requestMethod: 'POST', requestUrl: 'https://a.test/hook' },
          jsonPayload: { message: 'received', headers: HEADERS, rawBody: BODY },
          timestamp: '2026-03-04T05:06:08.000Z',
        },
      ],
    ],
    [
      'Google Cloud logging as text',
      { textPayload: `hook ${JSON.stringify({ headers: HEADERS, body: BODY })}` },
    ],
    [
      'an Azure function',
      [
        {
          Message: 'in',
          customDimensions: { Method: 'POST', Url: '/hook', Headers: HEADERS, RawBody: BODY },
        },
      ],
    ],
    [
      'ngrok without the raw bytes',
      {
        requests: [
          {
            request: {
              method: 'POST',
              uri: '/hook',
              headers: { 'X-Relyable-Signature': [SIGNATURE] },
              body: BODY,
            },
          },
        ],
      },
    ],
    [
      'ngrok with the raw bytes',
      {
        requests: [
          {
            start: '2026-03-04T06:06:08+01:00',
            request: { raw: Buffer.from(DUMP).toString('base64') },
          },
        ],
      },
    ],
    [
      'webhook.site',
      {
        data: [
          {
            method: 'POST',
            url: 'https://a.test/x',
            headers: { 'x-relyable-signature': [SIGNATURE] },
            content: BODY,
            created_at: '2026-03-04 05:06:08',
          },
        ],
      },
    ],
    [
      'Postman',
      {
        info: { name: 'x' },
        variable: [{ key: 'sig', value: SIGNATURE }],
        item: [
          {
            item: [
              {
                request: {
                  method: 'POST',
                  header: [
                    { key: 'X-Relyable-Signature', value: '{{sig}}' },
                    { key: 'off', value: '1', disabled: true },
                  ],
                  body: { mode: 'raw', raw: BODY },
                  url: { raw: '{{host}}/hook' },
                },
              },
            ],
          },
        ],
      },
    ],
    [
      'Insomnia',
      {
        _type: 'export',
        resources: [
          {
            _type: 'request',
            method: 'POST',
            url: 'http://a/hook',
            headers: [{ name: 'X-Relyable-Signature', value: SIGNATURE }],
            body: { mimeType: 'application/json', text: BODY },
          },
          { _type: 'workspace' },
        ],
      },
    ],
    [
      'Bruno',
      {
        name: 'x',
        items: [
          {
            type: 'http-request',
            request: {
              method: 'POST',
              url: 'http://a/hook',
              headers: [{ name: 'X-Relyable-Signature', value: SIGNATURE, enabled: true }],
              body: { mode: 'json', json: BODY },
            },
          },
        ],
      },
    ],
    [
      'a logger with the request inside',
      {
        level: 30,
        req: { method: 'POST', url: '/hook', headers: HEADERS },
        rawBody: BODY,
        res: { statusCode: 401, headers: { a: 'b' } },
      },
    ],
    [
      'a Buffer of Node',
      { headers: HEADERS, body: { type: 'Buffer', data: [...Buffer.from(BODY)] } },
    ],
    ['a list of bytes', { headers: HEADERS, body: [...Buffer.from(BODY)] }],
    ['header pairs', { request: { headers: Object.entries(HEADERS), content: BODY } }],
    ['raw headers', { rawHeaders: ['X-Relyable-Signature', SIGNATURE], rawBody: BODY }],
    [
      'headers as lines',
      { headers: `Content-Type: text/plain\nX-Relyable-Signature: ${SIGNATURE}`, body: BODY },
    ],
    ['names that no tool was seen to use', { meta: HEADERS, what_came: BODY }],
    [
      'our own trigger --print json',
      {
        type: 'trigger',
        v: 1,
        request: { headers: Object.entries(HEADERS), body: BODY, signature: SIGNATURE },
        attempts: [],
      },
    ],
    [
      'our own trigger --print json, with the event that it names',
      {
        type: 'trigger',
        v: 1,
        event: 'test_run.failed',
        to: 'http://127.0.0.1:4400/',
        request: { headers: Object.entries(HEADERS), body: BODY, signature: SIGNATURE },
        attempts: [],
        delivered: false,
        hint: null,
      },
    ],
  ])('reads %s', async (_, value) => {
    await expectRequest(json(value));
    await expectRequest(`${JSON.stringify(value)}\n`);
  });

  it('has the path, the time and the headers of the recording', async () => {
    expect(await readOne(json(apiGateway2))).toMatchObject({
      request: { method: 'POST', path: '/hook?a=1' },
      receivedAt: 1_772_600_767_000,
    });
    const { request } = await readOne(json(apiGateway1));
    expect(headerValues(request.headers, 'X-Twice')).toEqual(['1', '2']);
  });

  it('writes a parsed body again with its digits, and says so', async () => {
    const body = '{"event":"test_run.completed","data":{"score":70.0,"big":12345678901234567890}}';
    const event = `{"x-relyable-signature":"${SIGNATURE}","body":${body},"timestamp":1772600767000}`;
    const found = await readOne(event);
    expect(found.request.body.toString()).toBe(body);
    expect(found.bodyRebuilt).toContain('parsed body');
    expect(found.note).toContain('may differ');
  });

  it.each<[string, unknown]>([
    ['nothing', { headers: HEADERS }],
    ['null', { headers: HEADERS, body: null }],
    ['a placeholder', { headers: HEADERS, body: '[object Object]' }],
    ['a redacted one', { headers: HEADERS, body: '[REDACTED]' }],
    ['an empty object of a parser that did not run', { headers: HEADERS, body: {} }],
  ])('says that the body is missing: %s', async (_, value) => {
    expect((await readOne(json(value))).bodyMissing).toContain('without the body');
  });

  it('takes text for text where the recording says base64', async () => {
    const found = await readOne(json({ headers: HEADERS, body: BODY, isBase64Encoded: true }));
    expect(found.request.body.toString()).toBe(BODY);
    expect(found.note).toContain('plain text');
  });

  it.each<[string, unknown]>([
    ['a payload', JSON.parse(BODY)],
    ['a manifest', { name: 'x', scripts: { test: 'y' } }],
    ['what a function returns', { statusCode: 200, headers: { a: 'b' }, body: BODY }],
  ])('finds no request in %s', async (_, value) => {
    await expect(readContent(json(value))).rejects.toThrow(/input: byte 0: expected/);
  });

  it('never takes an answer for the request', async () => {
    const request = { method: 'POST', url: '/hook', headers: HEADERS };
    const response = { status: 500, headers: { a: 'b' }, body: 'oops' };
    expect((await readOne(json({ request, response }))).bodyMissing).toBeDefined();
  });
});

describe('lines of JSON', () => {
  it('are read behind any prefix, and lines without a request are counted', async () => {
    const line = JSON.stringify({ headers: HEADERS, body: BODY });
    const log = `starting\n{"level":30,"msg":"ready"}\n2026-03-04T05:06:08Z app[1]: received ${line}\n`;
    const items = await readContent(log);
    expect(items.map(({ kind }) => kind)).toEqual(['skipped', 'skipped', 'request']);
    await expectRequest(log);
  });

  it('of a stream of events are read', async () => {
    await expectRequest(`id: 1\ndata: ${JSON.stringify({ ...HEADERS, body: PACKED })}\n\n`);
  });

  it('of `listen --json` name the captures', async () => {
    const line = { type: 'delivery', v: 1, id: 'cap_1kdyhhr88zvne2ks' };
    const lines = `{"type":"ready","v":1}\n${JSON.stringify(line)}\n`;
    const items = await readContent(lines);
    expect(items.at(-1)).toEqual({ kind: 'reference', id: 'cap_1kdyhhr88zvne2ks' });
  });
});

describe('values as languages print them', () => {
  const python = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;
  const ascii = Buffer.from(BODY)
    .toString('latin1')
    .replace(/[\\']/g, '\\$&')
    .replace(/[\u0080-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`);

  it.each([
    [
      'a dict of Python',
      `{'headers': {'X-Relyable-Signature': '${SIGNATURE}'}, 'body': b'${ascii}', 'ok': True}`,
    ],
    [
      'a dict of Python with text',
      `{'headers': {'X-Relyable-Signature': '${SIGNATURE}'}, 'body': ${python(BODY)}, 'n': None}`,
    ],
    [
      'an object of Node',
      `{\n  headers: { 'x-relyable-signature': '${SIGNATURE}' },\n  body: \`${BODY.replaceAll('`', '\\`').replaceAll('\\\\', '\\\\\\\\')}\`\n}`,
    ],
    [
      'an object of Node with a Buffer',
      `{ headers: { 'x-relyable-signature': '${SIGNATURE}' }, body: <Buffer ${Buffer.from(BODY)
        .toString('hex')
        .replace(/..(?=.)/g, '$& ')}> }`,
    ],
    [
      'a hash of Ruby',
      `{"X-Relyable-Signature"=>"${SIGNATURE}", "body"=>"${BODY.replace(/[\\"]/g, '\\$&')}"}`,
    ],
    [
      'a byte string with the whole request',
      `b'${Buffer.from(DUMP)
        .toString('latin1')
        .replace(/[\\']/g, '\\$&')
        .replaceAll('\r', '\\r')
        .replaceAll('\n', '\\n')
        .replace(/[\u0080-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`)}'`,
    ],
  ])('are read: %s', async (_, text) => {
    await expectRequest(text);
  });

  it('are refused where the printer left something out', async () => {
    const text = `{ headers: { 'x-relyable-signature': '${SIGNATURE}' }, body: <Buffer 7b 22 ... 90 more bytes> }`;
    await expect(readContent(text)).rejects.toThrow(/expected JSON/);
  });
});

describe('curl commands', () => {
  const quoted = `'${BODY.replaceAll("'", `'\\''`)}'`;
  const ansi = `$'${BODY.replace(/[\\']/g, '\\$&').replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}'`;
  const cmd = BODY.replaceAll('„', 'a').replaceAll('“', 'b').replace(/ä/g, 'c');
  const caret = `^"${cmd
    .replace(/\\/g, '\\\\')
    .replace(/"/g, '\\"')
    .replace(/[^\w\s]/g, '^$&')}^"`;

  it.each([
    [
      'our own',
      formatCurlCommand({
        url: { href: 'http://a/hook' },
        headers: Object.entries(HEADERS),
        body: Buffer.from(BODY),
      }),
    ],
    [
      'our own for a body that an argument cannot hold',
      formatCurlCommand({
        url: { href: 'http://a/hook' },
        headers: Object.entries(HEADERS),
        body: Buffer.from(BODY),
      })
        .replace(/--data-raw [^]*$/, '--data-binary @-')
        .replace(
          /^/,
          `printf '%b' '${Buffer.from(BODY)
            .toString('latin1')
            .replace(
              /[^]/g,
              (char) => `\\0${char.charCodeAt(0).toString(8).padStart(3, '0')}`,
            )}' | `,
        ),
    ],
    [
      'single quotes',
      `curl 'http://a/hook' \\\n  -H 'x-relyable-signature: ${SIGNATURE}' \\\n  --data-raw ${quoted}`,
    ],
    [
      'escapes',
      `curl 'http://a/hook' -H 'x-relyable-signature: ${SIGNATURE}' --data-raw ${ansi} --compressed`,
    ],
    [
      'short options in one word',
      `#!/bin/sh\n# again\ncurl -sSXPOST -H"x-relyable-signature: ${SIGNATURE}" http://a/hook -d${quoted}`,
    ],
    [
      'a here-document',
      `curl http://a/hook -H 'x-relyable-signature: ${SIGNATURE}' --data-binary @- <<'EOF' | jq .\n${BODY}\nEOF`.replace(
        '--data-binary',
        '-d',
      ),
    ],
    [
      'variables of the script',
      `SIG=${SIGNATURE}\nBODY=${quoted}\ncurl http://a/hook -H "x-relyable-signature: $SIG" --json "$BODY"`,
    ],
    [
      'a prompt before it',
      `$ curl http://a/hook -H 'x-relyable-signature: ${SIGNATURE}' --data-binary @body.json`,
    ],
  ])('are read with %s', async (_, script) => {
    await expectRequest(script, { readBeside: () => Buffer.from(BODY) });
  });

  it('are read as cmd.exe quotes them', async () => {
    const script = `curl ^"http://a/hook^" ^\r\n  -H ^"x-relyable-signature: ${SIGNATURE}^" ^\r\n  --data-raw ${caret}`;
    expect((await readOne(script)).request.body.toString()).toBe(cmd);
  });

  it.each([
    ['a variable that the script does not set', 'curl http://a -H "x: $SIG" -d a', '$SIG'],
    ['a form that curl encodes', 'curl http://a -F a=b', 'whose bytes curl makes'],
  ])('name %s', async (_, script, message) => {
    const problem = await readContent(script).then(
      ([item]) => (item?.kind === 'unreadable' ? item.error.message : ''),
      (error: Error) => error.message,
    );
    expect(problem).toMatch(message);
  });

  it('several in one file are several requests, and one that cannot be read costs no other', async () => {
    const one = `curl http://a/hook -H 'x-relyable-signature: ${SIGNATURE}' -d ${quoted}`;
    const items = await readContent(
      `${one}\n${one} && curl http://a -F a=b; curl http://a/health\n`,
    );
    expect(items.map(({ kind }) => kind)).toEqual(['request', 'request', 'unreadable', 'skipped']);
  });
});

describe('fetch as browsers copy it', () => {
  it('is read', async () => {
    await expectRequest(
      `fetch("http://a/hook", ${json({ headers: HEADERS, body: BODY, method: 'POST' })});`,
    );
  });
});

describe('hex dumps', () => {
  const rows = (bytes: Buffer): Buffer[] =>
    Array.from({ length: Math.ceil(bytes.length / 16) }, (_, at) =>
      bytes.subarray(at * 16, at * 16 + 16),
    );
  const offset = (at: number, digits: number): string =>
    (at * 16).toString(16).padStart(digits, '0');
  const ascii = (row: Buffer): string => row.toString('latin1').replace(/[^ -~]/g, '.');
  const bytes = Buffer.from(DUMP);

  const xxd = rows(bytes).map(
    (row, at) =>
      `${offset(at, 8)}: ${row
        .toString('hex')
        .replace(/....(?=.)/g, '$& ')
        .padEnd(39)}  ${ascii(row)}`,
  );
  const canonical = rows(bytes).map(
    (row, at) =>
      `${offset(at, 8)}  ${row
        .toString('hex')
        .replace(/.{16}(?=.)/g, '$& ')
        .replace(/..(?=[^ ])/g, '$& ')
        .padEnd(48)}  |${ascii(row)}|`,
  );
  const trace = (part: Buffer): string[] =>
    rows(part).map(
      (row, at) =>
        `${offset(at, 4)}: ${row.toString('hex').replace(/../g, '$& ').padEnd(48)}${ascii(row)}`,
    );
  const split = bytes.indexOf('\r\n\r\n') + 4;

  it.each([
    ['xxd', xxd.join('\n')],
    ['hexdump -C', `${canonical.join('\n')}\n${bytes.length.toString(16).padStart(8, '0')}\n`],
    ['xxd -p', bytes.toString('hex').replace(/.{60}/g, '$&\n')],
    [
      'od -t x1',
      rows(bytes)
        .map(
          (row, at) =>
            `${(at * 16).toString(8).padStart(7, '0')} ${row.toString('hex').replace(/..(?=.)/g, '$& ')}`,
        )
        .join('\n'),
    ],
    [
      'curl --trace',
      [
        '== Info:   Trying 127.0.0.1:3000...',
        `=> Send header, ${split} bytes (0x1)`,
        ...trace(bytes.subarray(0, split)),
        `=> Send data, 9 bytes (0x9)`,
        ...trace(bytes.subarray(split)),
        '<= Recv header, 17 bytes (0x11)',
        ...trace(Buffer.from('HTTP/1.1 200 OK\r\n')),
      ].join('\n'),
    ],
  ])('of %s are read', async (_, dump) => {
    await expectRequest(dump);
  });

  it('with equal rows left out are filled', async () => {
    const body = Buffer.from(`{"a":"${'x'.repeat(90)}"}`);
    const all = rows(body).map(
      (row, at) =>
        `${offset(at, 8)}  ${row
          .toString('hex')
          .replace(/..(?=.)/g, '$& ')
          .padEnd(48)}  |${ascii(row)}|`,
    );
    const dump = [all[0], all[1], '*', all.at(-2), all.at(-1)].join('\n');
    const found = await readOne(dump, { signature: SIGNATURE });
    expect(found.request.body.toString()).toBe(body.toString());
  });

  it('that lack a row are refused by name', async () => {
    await expect(readContent(xxd.toSpliced(2, 1).join('\n'))).rejects.toThrow(
      /line 3: expected the row of byte 32/,
    );
  });
});

describe("editors' .http files", () => {
  it.each([
    [
      'without a version',
      `POST http://a/hook\nX-Relyable-Signature: ${SIGNATURE}\n\n${BODY}\n\n###\n`,
    ],
    [
      'with variables',
      `@host = http://a\n@sig = ${SIGNATURE}\n\n# @name x\nPOST {{host}}/hook\nX-Relyable-Signature: {{ sig }}\n\n${BODY}\n`,
    ],
    [
      'with a body in a file',
      `### a\nPOST http://a/hook HTTP/1.1\nX-Relyable-Signature: ${SIGNATURE}\n\n< ./body.json\n`,
    ],
    [
      'with scripts',
      `< {%\n  request.variables.set("a", "b");\n%}\nPOST http://a/hook\n  ?a=1\n  &b=2\nX-Relyable-Signature: ${SIGNATURE}\n\n${BODY}\n\n> {%\n  client.test("x", () => {});\n%}\n`,
    ],
    ['with CRLF', `POST http://a/hook\r\nX-Relyable-Signature: ${SIGNATURE}\r\n\r\n${BODY}\r\n`],
  ])('are read: %s', async (_, file) => {
    await expectRequest(file, { readBeside: () => Buffer.from(BODY) });
  });

  it('name a variable that has no value', async () => {
    const [item] = await readContent('POST http://a/hook\nX-Relyable-Signature: {{sig}}\n\n{}\n');
    expect(item?.kind === 'unreadable' && item.error.message).toContain('{{sig}}');
  });

  it('of Bruno are read', async () => {
    const file = `meta {\n  name: x\n}\n\npost {\n  url: http://a/hook\n  body: json\n}\n\nheaders {\n  X-Relyable-Signature: ${SIGNATURE}\n  ~off: 1\n}\n\nbody:json {\n  ${BODY}\n}\n`;
    await expectRequest(file);
  });
});

describe('headers without a request line', () => {
  it.each([
    [
      'of HTTP/1',
      `Content-Type: application/json\nX-Relyable-Signature: ${SIGNATURE}\n\n${BODY}\n`,
    ],
    [
      'of HTTP/2',
      `:method: POST\n:path: /hook\n:authority: a.test\nx-relyable-signature: ${SIGNATURE}\n\n${BODY}`,
    ],
  ])('are read: %s', async (_, file) => {
    await expectRequest(file);
  });
});

describe('encodings of whole files', () => {
  it.each([
    ['UTF-16', Buffer.from(`\ufeff${DUMP}`, 'utf16le')],
    ['UTF-16 with the other byte order', Buffer.from(`\ufeff${DUMP}`, 'utf16le').swap16()],
    ['UTF-16 without a mark', Buffer.from(DUMP, 'utf16le')],
    ['base64', Buffer.from(Buffer.from(DUMP).toString('base64'))],
    [
      'base64 in lines',
      Buffer.from(Buffer.from(DUMP).toString('base64').replace(/.{76}/g, '$&\r\n')),
    ],
    ['base64 for URLs', Buffer.from(Buffer.from(DUMP).toString('base64url'))],
  ])('are removed: %s', async (_, bytes) => {
    await expectRequest(bytes);
  });
});

describe('a body alone', () => {
  const escaped = BODY.replace(/[\\"]/g, '\\$&');
  it.each([
    ['as it is', BODY],
    ['in an envelope', json({ body: BODY, isBase64Encoded: false })],
    ['in an envelope as base64', json({ rawBody: PACKED })],
    ['in an event with its headers', json({ headers: HEADERS, body: BODY })],
    ['as base64', PACKED],
    ['as base64 in quotes', `"${PACKED}"\n`],
    ['as base64 in lines', PACKED.replace(/.{60}/g, '$&\n')],
    ['as a data URL', `data:application/json;base64,${PACKED}`],
    ['as a percent-encoded data URL', `data:,${encodeURIComponent(BODY)}`],
    ['in quotes of a shell', `'${BODY}'\n`],
    ['in a fence', `\`\`\`json\n${BODY}\n\`\`\``],
    ['escaped', escaped],
    ['escaped and in quotes', `"${escaped}"`],
    [
      'from a web page',
      `<pre class="x">${BODY.replaceAll('"', '&quot;').replaceAll("'", '&#39;')}</pre>`,
    ],
    ['behind the prefix of a log', `2026-03-04 05:06:08 INFO body=${BODY}\n`],
    ['as byte values', [...Buffer.from(BODY)].join(',')],
    ['as a Buffer of Node', json({ type: 'Buffer', data: [...Buffer.from(BODY)] })],
    ['as hex', Buffer.from(BODY).toString('hex')],
    [
      'as a byte string',
      `b"${Buffer.from(BODY)
        .toString('latin1')
        .replace(/[\\"]/g, '\\$&')
        .replace(/[\u0080-\u00ff]/g, (char) => `\\x${char.charCodeAt(0).toString(16)}`)}"`,
    ],
    ['in UTF-16 with the line end of a shell', Buffer.from(`\ufeff${BODY}\r\n`, 'utf16le')],
  ])('is found %s', async (_, content) => {
    await expectRequest(content, { signature: SIGNATURE });
  });

  it('is written again from a printed object, and says so', async () => {
    const found = await readOne(
      "{'event': 'test_run.failed', 'data': {'score': 70.0, 'x': None}}",
      {
        signature: SIGNATURE,
      },
    );
    expect(found.request.body.toString()).toBe(
      '{"event":"test_run.failed","data":{"score":70.0,"x":null}}',
    );
    expect(found.bodyRebuilt).toContain('printed object');
  });

  it.each([['hello'], ['{"event":"x","data":1}'], ['[1,2]'], ['{']])(
    'is %s as it is',
    async (text) => {
      expect((await readOne(text, { signature: SIGNATURE })).request.body.toString()).toBe(text);
    },
  );

  it('is taken as it is with --format body', async () => {
    const found = await readOne(PACKED, { signature: SIGNATURE, format: 'body' });
    expect(found.request.body.toString()).toBe(PACKED);
  });
});
