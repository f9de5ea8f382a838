import { describe, expect, it } from 'vitest';
import { RelyableError } from '../../../src/errors.ts';
import { parseHar } from '../../../src/request/files/har.ts';
import type { InputItem } from '../../../src/request/files/input.ts';

function parse(entries: readonly unknown[]): InputItem[] {
  return parseText(JSON.stringify({ log: { version: '1.2', creator: {}, entries } }));
}

function readBeside(name: string): Buffer {
  if (name === 'gone') throw new RelyableError('INPUT_UNREADABLE', 'gone: no such file or folder');
  return Buffer.from(`the content of ${name}`);
}

function parseText(text: string): InputItem[] {
  return [...parseHar(Buffer.from(text), 'a.har', readBeside)];
}

const headers = [
  { name: 'Host', value: 'app.test' },
  { name: 'X-Relyable-Signature', value: 'abc' },
];
const request = {
  method: 'POST',
  url: 'https://app.test/hook/%7Ea//b?q=1#top',
  httpVersion: 'HTTP/1.1',
  headers,
};
const post = (postData: unknown, more = {}) => ({
  startedDateTime: '2026-01-02T03:04:05.678Z',
  request: { ...request, postData, ...more },
});

function bodyOf([item]: readonly InputItem[]): Buffer | undefined {
  return item?.kind === 'request' ? item.request.body : undefined;
}

describe('HAR entries', () => {
  it('have the path, headers, time and text of the recording', () => {
    expect(parse([post({ mimeType: 'application/json', text: '{"a":"é"}\n' })])).toEqual([
      {
        kind: 'request',
        request: {
          method: 'POST',
          path: '/hook/%7Ea//b?q=1',
          httpVersion: '1.1',
          headers: [
            ['Host', 'app.test'],
            ['X-Relyable-Signature', 'abc'],
          ],
          body: Buffer.from('{"a":"é"}\n'),
        },
        note: null,
        receivedAt: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
      },
    ]);
  });

  it.each([
    ['encoding', { encoding: 'base64' }],
    ['encoding in capitals', { encoding: 'BASE64' }],
    ['_encoding', { _encoding: 'base64' }],
    ['base64', { base64: true }],
  ])('are decoded from base64 where %s says so', (_, mark) => {
    const bytes = Buffer.from([0xff, 0, 0xfe, 10]);
    const text = `${bytes.toString('base64').slice(0, 4)}\n${bytes.toString('base64').slice(4)}`;
    expect(bodyOf(parse([post({ mimeType: '', text, ...mark })]))).toEqual(bytes);
  });

  it('are rebuilt from form fields where there is nothing else, which is said', () => {
    const params = [
      { name: 'a', value: 'x y' },
      { name: 'b', value: '&' },
    ];
    const [item] = parse([post({ mimeType: 'application/x-www-form-urlencoded', params })]);
    expect(item?.kind === 'request' && item.request.body.toString()).toBe('a=x+y&b=%26');
    expect(item?.kind === 'request' && item.note).toContain('may differ');
  });

  it('of a browser: HTTP/2, its own fields, and requests that are not webhooks', () => {
    const chromium = {
      _initiator: { type: 'other' },
      _priority: 'High',
      _resourceType: 'fetch',
      cache: {},
      timings: {},
      ...post({ mimeType: 'application/json', text: '{}' }),
    };
    const h2 = {
      ...chromium,
      request: {
        ...chromium.request,
        httpVersion: 'h2',
        headers: [
          { name: ':method', value: 'POST' },
          { name: ':path', value: '/hook' },
          ...headers,
        ],
      },
    };
    const page = { request: { ...request, method: 'GET', headers: [] } };
    const items = parse([page, h2, { response: { status: 200 } }, { request: {}, response: {} }]);
    expect(items.map(({ kind }) => kind)).toEqual(['skipped', 'request', 'skipped', 'skipped']);
    expect(items[1]).toMatchObject({
      request: {
        httpVersion: '2.0',
        headers: [
          ['Host', 'app.test'],
          ['X-Relyable-Signature', 'abc'],
        ],
      },
    });
  });

  it('of Charles, Fiddler and ngrok: what they add, leave out or write otherwise', () => {
    const text = '{"a":1}';
    const charles = {
      comment: '',
      connection: '1',
      request: {
        ...request,
        cookies: [],
        queryString: [],
        headersSize: 200,
        bodySize: 7,
        postData: { mimeType: 'application/json', params: [], text },
      },
    };
    const fiddler = {
      request: {
        ...request,
        httpVersion: 'HTTP/1.1',
        bodySize: 7,
        postData: { mimeType: '', text, params: null, comment: null },
      },
    };
    const ngrok = {
      request: {
        ...request,
        httpVersion: '',
        bodySize: -1,
        postData: {
          mimeType: 'application/json',
          text: Buffer.from(text).toString('base64'),
          encoding: 'base64',
        },
      },
    };
    const file = `\ufeff${JSON.stringify({ log: { entries: [charles, fiddler, ngrok] } })}`;
    const bodies = parseText(file).map(
      (item) => item.kind === 'request' && item.request.body.toString(),
    );
    expect(bodies).toEqual([text, text, text]);
  });

  it('with another size than was sent say so', () => {
    const [item] = parse([post({ mimeType: '', text: '{ }' }, { bodySize: 2 })]);
    expect(item?.kind === 'request' && item.note).toContain(
      'bodySize is 2, the recorded body has 3',
    );
  });

  it.each([
    ['its bytes', { bodySize: Buffer.byteLength('{"a":"é"}') }],
    ['no size', {}],
    ['an unknown size', { bodySize: -1 }],
    ['a size of 0', { bodySize: 0 }],
  ])('with %s say nothing', (_, size) => {
    const [item] = parse([post({ mimeType: '', text: '{"a":"é"}' }, size)]);
    expect(item?.kind === 'request' && item.note).toBeNull();
  });

  it('with the number of characters for that of bytes say so', () => {
    const [item] = parse([post({ mimeType: '', text: '{"a":"é"}' }, { bodySize: 9 })]);
    expect(item?.kind === 'request' && item.note).toContain('the recorded body has 10 bytes');
  });

  it('with replacement characters say that bytes may be lost', () => {
    const [item] = parse([post({ mimeType: 'text/plain', text: 'a\ufffd' })]);
    expect(item?.kind === 'request' && item.note).toContain('U+FFFD');
  });
});

describe('HAR entries that cannot be read', () => {
  it.each([
    [
      'a header without value',
      { request: { ...request, headers: [{ name: 'a' }] } },
      '$.log.entries[1].request.headers[0].value: expected a text, got nothing',
    ],
    [
      'an unknown encoding',
      post({ text: 'x', encoding: 'rot13' }),
      '$.log.entries[1].request.postData.encoding: ',
    ],
    [
      'base64 that is not base64',
      post({ text: '?', encoding: 'base64' }),
      '$.log.entries[1].request.postData.text: ',
    ],
    ['a missing file', post({ text: '', _file: 'gone' }), 'gone: no such file'],
  ])('name their JSON path and cost no other entry: %s', (_, entry, message) => {
    const good = post({ text: '{}' });
    const items = parse([good, entry, good]);
    expect(items.map(({ kind }) => kind)).toEqual(['request', 'unreadable', 'request']);
    const [, broken] = items;
    expect(broken?.kind === 'unreadable' && broken.error.message).toContain(message);
  });

  it.each([
    ['no entries', '{"log":{}}', 'a.har: $.log.entries: '],
    ['no log', '[]', 'a.har: $: '],
    ['what is not JSON', '{"é": 1,, }', 'a.har: byte 9: expected JSON'],
  ])('are an error for a document with %s', (_, text, message) => {
    expect(() => parseText(text)).toThrow(expect.objectContaining({ code: 'INPUT_UNREADABLE' }));
    expect(() => parseText(text)).toThrow(message);
  });
});

describe('HAR bodies that the recorder lost', () => {
  it.each([
    ['all of a known size', post(undefined, { bodySize: 12 }), 'left the 12 bytes of the body out'],
    ['a text that was emptied', post({ text: '' }, { bodySize: 12 }), 'left the 12 bytes'],
    ['a body of unknown size', post(undefined, { bodySize: -1 }), 'the recorder left the body out'],
    [
      'a size of 0 that Content-Length contradicts',
      post(undefined, {
        bodySize: 0,
        headers: [...headers, { name: 'Content-Length', value: '12' }],
      }),
      'left the body out',
    ],
  ])('are named: %s', (_, entry, message) => {
    const [item] = parse([entry]);
    expect(item?.kind === 'request' && item.bodyMissing).toContain(message);
  });

  it.each([
    ['a size of 0', post(undefined, { bodySize: 0 })],
    ['an unsigned request', { request: { ...request, headers: [] } }],
  ])('are not assumed for %s', (_, entry) => {
    const [item] = parse([entry]);
    expect(item?.kind === 'request' && 'bodyMissing' in item).toBe(false);
  });

  it('come from the file beside the recording that Playwright names', () => {
    const [item] = parse([post({ mimeType: 'application/json', text: '', _file: 'a1.json' })]);
    expect(bodyOf([item].filter((one) => one !== undefined))?.toString()).toBe(
      'the content of a1.json',
    );
    expect(item?.kind === 'request' && item.note).toContain('a1.json');
  });
});

it('takes a body that is announced as base64 and plain for what it is', () => {
  const [item] = parse([post({ text: '{"a":1}', encoding: 'base64' })]);
  expect(bodyOf([item].filter((one) => one !== undefined))?.toString()).toBe('{"a":1}');
  expect(item?.kind === 'request' && item.note).toContain('plain text');
});

it('skips a WebSocket', () => {
  expect(parse([{ request: { ...request, method: 'GET', url: 'wss://a/ws' } }])).toEqual([
    { kind: 'skipped', why: 'a WebSocket' },
  ]);
});
