import { describe, expect, it } from 'vitest';
import { RelyableError } from '../../../src/errors.ts';
import { parseHar } from '../../../src/request/files/har.ts';
import type { InputItem } from '../../../src/request/files/input.ts';

function parse(entries: readonly unknown[]): InputItem[] {
  return parseText(JSON.stringify({ log: { version: '1.2', creator: {}, entries } }));
}

function parseText(text: string): InputItem[] {
  return [...parseHar(Buffer.from(text), 'a.har')];
}

function refusal(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof RelyableError && error.code === 'INPUT_UNREADABLE') return error.message;
    throw error;
  }
  throw new Error('expected a refusal');
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

  it('of a browser: HTTP/2, its own fields, and requests that are no webhooks', () => {
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

describe('HAR refusals name the JSON path', () => {
  it.each([
    ['no entries', () => parseText('{"log":{}}'), 'a.har: $.log.entries: '],
    ['no log', () => parseText('[]'), 'a.har: $: '],
    [
      'a header without value',
      () => parse([{ request: { ...request, headers: [{ name: 'a' }] } }]),
      '$.log.entries[0].request.headers[0].value: expected a text, got nothing',
    ],
    [
      'a body left out',
      () => parse([{}, post(undefined, { bodySize: 12 })]),
      '$.log.entries[1].request.postData: expected the 12 body bytes',
    ],
    [
      'an emptied body',
      () => parse([post({ text: '' }, { bodySize: 12 })]),
      '[0].request.postData: expected the 12 body bytes',
    ],
    [
      'an unknown encoding',
      () => parse([post({ text: 'x', encoding: 'rot13' })]),
      '$.log.entries[0].request.postData.encoding: ',
    ],
    [
      'base64 that is none',
      () => parse([post({ text: '?', encoding: 'base64' })]),
      '$.log.entries[0].request.postData.text: ',
    ],
  ])('%s', (_, read, place) => {
    expect(refusal(read)).toContain(place);
  });

  it('or the byte where it is no JSON', () => {
    expect(refusal(() => parseText('{"é": 1,, }'))).toMatch(/^a\.har: byte 9: expected JSON/);
  });
});
