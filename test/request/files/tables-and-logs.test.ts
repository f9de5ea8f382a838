import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { RelyableError } from '../../../src/errors.ts';
import type { FoundRequest, InputItem } from '../../../src/request/files/input.ts';
import { parseLogfmt } from '../../../src/request/files/logfmt.ts';
import type { InputOptions } from '../../../src/request/files/read-input.ts';
import { headerValues, SIGNATURE_HEADER } from '../../../src/request/request.ts';
import { hasStack } from '../../support/stacks.ts';
import { readContent } from './read-content.ts';

const BODY =
  '{"event":"test_run.failed","data":{"error":"„spät“, \\"a;b\\"\\n","calls_failed":3.0}}';
const SIGNATURE = createHash('sha256').update('a signature').digest('hex');
const HEADERS = JSON.stringify({
  'content-type': 'application/json',
  'x-relyable-signature': SIGNATURE,
});

const found = (items: readonly InputItem[]): FoundRequest[] =>
  items.filter((item) => item.kind === 'request');

/** Expects one request with the body and the signature of this file. */
async function expectRequest(content: string | Buffer, options: InputOptions = {}): Promise<void> {
  const items = await readContent(content, options);
  expect(items.map(({ kind }) => kind)).toEqual(['request']);
  const [{ request } = expect.unreachable()] = found(items);
  expect(request.body.toString()).toBe(BODY);
  expect(headerValues(request.headers, SIGNATURE_HEADER)).toEqual([SIGNATURE]);
}

describe('tables', () => {
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`;
  const row = [cell('9f3c'), cell(BODY), cell(HEADERS), 'POST', '2026-03-04 05:06:07'];

  it.each([',', ';', '\t'])('with %j between cells', async (mark) => {
    const columns = ['uuid', 'content', 'headers', 'method', 'created_at'];
    const text = `${columns.join(mark)}\r\n${row.join(mark)}\r\n`;
    await expectRequest(text);
    const [item] = found(await readContent(text));
    expect(item).toMatchObject({
      request: { method: 'POST' },
      receivedAt: Date.parse('2026-03-04T05:06:07Z'),
    });
  });

  it('with quoted names, a byte order mark, headers as lines, and no line end', async () => {
    const lines = cell(`Content-Type: application/json\nX-Relyable-Signature: ${SIGNATURE}`);
    await expectRequest(`\ufeff"Raw body","Request headers"\n${cell(BODY)},${lines}`);
  });

  it('with a column for the signature alone', async () => {
    await expectRequest(`X-Relyable-Signature,Body\n${SIGNATURE},${cell(BODY)}\n`);
  });

  it('go on past what is not a request, and name the row', async () => {
    const text = `content,headers\n${cell('a')},{}\n\nonly one\n${cell(BODY)},${cell(HEADERS)}\n`;
    const items = await readContent(text);
    expect(items.map(({ kind }) => kind)).toEqual(['skipped', 'unreadable', 'request']);
    expect(items[1]).toMatchObject({
      error: { message: 'input: row 4: expected 2 cells as in the first row, got 1' },
    });
  });

  it.each(['content,headers\n"open', 'content,headers\na,b\n"x"y,z\n'])(
    'with a quote out of place are read to their end: %j',
    async (text) => {
      expect((await readContent(text)).length).toBeGreaterThan(0);
    },
  );
});

describe('YAML', () => {
  const collection = (body: string): string => `type: collection.insomnia.rest/5.0
name: Hooks
meta:
  id: wrk_1
  created: 1772600767000
collection:
  - name: Folder
    children:
      - url: "{{ _.host }}/hook?a=1"
        name: Failed run
        meta:
          id: req_1
        method: POST
        body:
          mimeType: application/json
${body}
        headers:
          - name: Content-Type
            value: application/json
          - name: X-Relyable-Signature
            value: ${SIGNATURE}
          - name: X-Off
            value: off
            disabled: true
environments:
  name: Base
  data:
    host: http://localhost:3000
`;

  it('a collection of Insomnia 5', async () => {
    const text = collection(`          text: |-\n            ${BODY}`);
    await expectRequest(text);
    const [item] = found(await readContent(text));
    expect(item?.request).toMatchObject({ method: 'POST', path: '/hook?a=1' });
    expect(item?.request.headers.map(([name]) => name)).not.toContain('X-Off');
  });

  it('a text in quotes', async () => {
    await expectRequest(collection(`          text: ${JSON.stringify(BODY)}`));
  });

  it('any document with --format', async () => {
    const text = `headers: ${HEADERS}\nbody: '${BODY.replaceAll("'", "''")}'\n`;
    await expectRequest(text, { format: 'yaml' });
  });

  it.each([
    ['that is not YAML', 'type: collection.insomnia.rest/5.0\na: [', 'line'],
    ['without requests', 'type: collection.insomnia.rest/5.0\nname: x\n', 'expected'],
    [
      'that stands for millions of values',
      `type: collection.insomnia.rest/5.0\na0: &a0 [x]\n${Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`).join('\n')}\n`,
      'at most 1000000 values',
    ],
    ['that holds itself', 'type: collection.insomnia.rest/5.0\na: &a [*a]\n', 'at most'],
  ])('%s is refused', async (_, text, words) => {
    const refused = await readContent(text).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(RelyableError);
    expect(refused).toMatchObject({
      code: 'INPUT_UNREADABLE',
      message: expect.stringContaining(words),
    });
  });
});

describe('log lines of key=value pairs', () => {
  const quote = (text: string): string =>
    `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;

  it.each([
    [
      'slog',
      `time=2026-03-04T05:06:07Z level=INFO msg="webhook received" headers=${quote(HEADERS)} body=${quote(BODY)}`,
    ],
    [
      'a prefix',
      `Mar 04 05:06:07 web-1 app[7]: method=POST headers=${quote(HEADERS)} body=${quote(BODY)} status=401`,
    ],
    ['headers by themselves', `level=warn x-relyable-signature=${SIGNATURE} body=${quote(BODY)}`],
  ])('%s', async (_, line) => {
    await expectRequest(`${line}\n`);
    const items = await readContent(`level=info msg="started"\n${line}\n`, { format: 'ndjson' });
    expect(items.map(({ kind }) => kind)).toEqual(['skipped', 'request']);
  });

  it.each([
    ['a=1 b=2', { a: '1', b: '2' }],
    ['INFO a="x \\"y\\"\\n\\u00e9\\x41\\\\" b=', { a: 'x "y"\néA\\', b: '' }],
    ['a=1', null],
    ['a=1 b', null],
    ['{"a":"b=1 c=2"}', null],
    ['hello', null],
    ['', null],
  ])('%s has the values %j', (line, values) => {
    expect(parseLogfmt(line)).toEqual(values);
  });
});

describe('what `logs` prints with --json', () => {
  const delivery = { type: 'delivery_log', v: 1, deliveryId: 'dlv_1', requestBody: BODY };

  it('is read where the log has the headers that were sent', async () => {
    const requestHeaders = JSON.parse(HEADERS) as object;
    const at = '2026-01-31T10:00:00.000Z';
    const attempts = [{ attempt: 1, at, status: 401, responseBody: '{"error":"no"}' }];
    await expectRequest(`${JSON.stringify({ ...delivery, requestHeaders, attempts })}\n`);
  });

  it('has no signature to judge where it has none', async () => {
    expect(await readContent(`${JSON.stringify(delivery)}\n`)).toMatchObject([
      { kind: 'request', deliveryId: 'dlv_1', signatureNotRecorded: true },
    ]);
  });

  it('is counted where it is an attempt', async () => {
    expect(await readContent(`${JSON.stringify({ ...delivery, type: 'attempt' })}\n`)).toEqual([
      {
        kind: 'skipped',
        why: 'an attempt of `logs`, which has no headers (`logs show --json` has them)',
      },
    ]);
  });
});

describe('dumps of words', () => {
  const request = (body: string): string =>
    `POST /hook HTTP/1.1\r\nX-Relyable-Signature: ${SIGNATURE}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

  /** As hexdump (offsets in hex) and od -x (in octal) write it on most machines. */
  function dump(bytes: Buffer, radix: 8 | 16, gap: string): string {
    const offset = (at: number): string => at.toString(radix).padStart(7, '0');
    const rows: string[] = [];
    for (let at = 0; at < bytes.length; at += 16) {
      const words: string[] = [];
      for (let word = at; word < Math.min(at + 16, bytes.length); word += 2) {
        words.push(
          ((bytes[word] ?? 0) | ((bytes[word + 1] ?? 0) << 8)).toString(16).padStart(4, '0'),
        );
      }
      rows.push(`${offset(at)}${gap}${words.join(gap)}`);
    }
    return `${rows.join('\n')}\n${offset(bytes.length)}\n`;
  }

  it.each([
    ['hexdump', 16, ' '],
    ['od -x', 8, ' '],
    ['hexdump with wide gaps', 16, '    '],
  ] as const)('%s, an even and an odd number of bytes', async (_, radix, gap) => {
    for (const body of [BODY, `${BODY} `]) {
      const [item] = found(await readContent(dump(Buffer.from(request(body)), radix, gap)));
      expect(item?.request.body.toString()).toBe(body);
    }
  });

  it.skipIf(!hasStack('od'))('as od writes it', async () => {
    for (const body of [BODY, `${BODY} `]) {
      const text = execFileSync('od', ['-x'], { input: request(body), encoding: 'utf8' });
      const [item] = found(await readContent(text));
      expect(item?.request.body.toString()).toBe(body);
    }
  });
});

describe('the environments of IntelliJ', () => {
  const text = `POST {{host}}/hook
X-Relyable-Signature: {{signature}}

{"event":"{{event}}"}
`;
  const beside =
    (files: Readonly<Record<string, unknown>>) =>
    (name: string): Buffer => {
      const content = files[name];
      if (content === undefined)
        throw new RelyableError('INPUT_UNREADABLE', `${name} is not there`);
      return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
    };
  const open = (files: Readonly<Record<string, unknown>>): Promise<InputItem[]> =>
    readContent(text, { readBeside: beside(files) });

  it('are read, the private file as well', async () => {
    const [item] = found(
      await open({
        'http-client.env.json': {
          dev: { host: 'http://localhost:3000', event: 'x', signature: 'old' },
        },
        'http-client.private.env.json': { dev: { signature: SIGNATURE } },
      }),
    );
    expect(item).toMatchObject({ request: { path: '/hook' } });
    expect(item?.request.body.toString()).toBe('{"event":"x"}');
    expect(headerValues(item?.request.headers ?? [], SIGNATURE_HEADER)).toEqual([SIGNATURE]);
    expect(item?.bodyRebuilt).toBeUndefined();
  });

  it('come after variables of the file itself', async () => {
    const files = { 'http-client.env.json': { dev: { signature: 'a', event: 'other' } } };
    const [item] = found(
      await readContent(`@event = own\n\n###\n${text}`, { readBeside: beside(files) }),
    );
    expect(item?.request.body.toString()).toBe('{"event":"own"}');
  });

  it('that differ are named where it matters', async () => {
    const items = await open({
      'http-client.env.json': {
        dev: { signature: 'a', event: 'x' },
        prod: { signature: 'b', event: 'x' },
      },
    });
    expect(items).toMatchObject([
      {
        kind: 'unreadable',
        error: {
          message:
            'input: request 1: expected the value of {{signature}} in the file, got another in each of dev, prod',
        },
      },
    ]);
  });

  it.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['other values', { dev: 3, prod: { signature: [] } }],
  ])('that are %s have no values', async (_, content) => {
    const items = await open({ 'http-client.env.json': content });
    expect(items).toMatchObject([
      { kind: 'unreadable', error: { message: expect.stringContaining('got only its name') } },
    ]);
  });

  it('a body with a variable that has no value is not taken for what was sent', async () => {
    const [item] = found(await open({ 'http-client.env.json': { dev: { signature: SIGNATURE } } }));
    expect(item?.bodyRebuilt).toBe('the body has {{event}}, whose value is not in the file');
  });
});
