import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeString, readDocument, tokenText } from '../../src/json/document.ts';
import { findSyntaxError } from '../../src/json/syntax-error.ts';
import { KEY, STRING } from '../../src/json/tokeniser.ts';

const read = (text: string, options = {}): ReturnType<typeof readDocument> =>
  readDocument(Buffer.from(text), options);

function textsOf(text: string): string[] | undefined {
  const document = read(text);
  return document?.kinds.map((_, token) => tokenText(document, token));
}

describe('a document', () => {
  it('keeps the source of every token', () => {
    expect(textsOf('{"a" : [70.0, 1E2],"a":{ } , "b":null}')).toEqual([
      '{',
      '"a"',
      '[',
      '70.0',
      '1E2',
      ']',
      '"a"',
      '{',
      '}',
      '"b"',
      'null',
      '}',
    ]);
  });

  it('decodes strings and keys as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const text = Buffer.from(value).toString();
        const document = read(JSON.stringify({ [text]: text }));
        const strings = document?.kinds.flatMap((kind, token) =>
          kind === KEY || kind === STRING ? [decodeString(document, token)] : [],
        );
        expect(strings).toEqual([text, text]);
      }),
    );
  });

  it.each([
    ['{"a":[1', ']}'],
    ['{"a":[{"b":"c"} ', ']}'],
    ['[', ']'],
    ['{"a":1}', ''],
  ])('says what closes %s', (text, missing) => {
    expect(read(text, { allowCut: true })?.missing).toBe(missing);
  });

  it.each(['{"a":', '{"a"', '{"a":1,', '[1.', '["a', '', '[1}'])(
    'does not close %s, which ends inside a member',
    (text) => {
      expect(read(text, { allowCut: true })).toBeNull();
    },
  );

  it('ends where its value ends, and refuses what follows unless it is allowed', () => {
    expect(read('{"a":1} rest')).toBeNull();
    expect(read('{"a":1} rest', { allowRest: true })?.end).toBe(7);
  });

  it('refuses more tokens than it may have', () => {
    expect(read('[1,2,3]', { maxTokens: 4 })).toBeNull();
    expect(read('[1,2,3]', { maxTokens: 5 })).not.toBeNull();
  });
});

it.each([
  ['{"a":1,}', 7],
  ['{"é":tru}', 8],
  ['[1 2]', 3],
  ['["a\nb"]', 3],
  ['["a\\x"]', 3],
  ['[01]', 2],
  ['{"a"', 4],
  ['', 0],
  ['{} x', 3],
])('the syntax error of %j is at character %i', (text, at) => {
  expect(findSyntaxError(text)).toBe(at);
});

it('JSON has no syntax error, duplicate keys included', () => {
  expect(findSyntaxError('{"a":1,"a":2}')).toBeUndefined();
});
