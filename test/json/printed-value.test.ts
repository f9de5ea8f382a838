import { execFileSync } from 'node:child_process';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePrinted, parsePrintedBytes, printedToJson } from '../../src/json/printed-value.ts';
import { hasPython } from '../support/stacks.ts';

describe('a value as it is printed', () => {
  it.each<[printer: string, text: string, value: unknown]>([
    ['JSON', '{"a": [1, 2.5, true, null]}', { a: [1, 2.5, true, null] }],
    [
      'Python',
      "{'a': 'it\\'s', 'b': None, 'c': True, 'd': False}",
      { a: "it's", b: null, c: true, d: false },
    ],
    ['a tuple of Python', "('a', 1)", ['a', 1]],
    ['a tuple of one', '(1,)', [1]],
    ['pprint', "('a long '\n 'text')", 'a long text'],
    ['an OrderedDict', "OrderedDict({'a': 1})", { a: 1 }],
    ['an OrderedDict of Python before 3.12', "OrderedDict([('a', 1), ('b', [])])", { a: 1, b: [] }],
    ['an empty one', 'OrderedDict([])', {}],
    ['one of what is not pairs', "OrderedDict([('a', 1), 'b'])", [['a', 1], 'b']],
    ['headers of requests', "CaseInsensitiveDict({'A': 'b'})", { A: 'b' }],
    [
      'util.inspect',
      "{ a: 'x', 'b-c': undefined, 1: [ 'y', ], }",
      { a: 'x', 'b-c': null, 1: ['y'] },
    ],
    ['util.inspect of a long text', "{ a: 'one ' +\n    'two' }", { a: 'one two' }],
    ['an object without a prototype', '[Object: null prototype] { a: 1 }', { a: 1 }],
    [
      'a bigint',
      '{ a: 12345678901234567890n }',
      { a: expect.objectContaining({ value: '12345678901234567890' }) },
    ],
    ['Ruby', '{"a"=>1, "b"=>nil}', { a: 1, b: null }],
    ['Ruby 3.4', '{"a" => 1, b: 2}', { a: 1, b: 2 }],
    ['symbols of Ruby', '{:a=>1, :"b c"=>2}', { a: 1, 'b c': 2 }],
    ['Elixir', '%{"a" => %{"b" => nil}}', { a: { b: null } }],
    ['a statement', "{'a': 1};\n", { a: 1 }],
    ['keys beyond ASCII', '{ größe: 1 }', { größe: 1 }],
    ['white space', '  [ ]  ', []],
    ['an empty object', '{}', {}],
  ])('%s', (_, text, value) => {
    expect(parsePrinted(text)).toEqual(value);
  });

  it.each<[source: string, value: string]>([
    [String.raw`'\n\r\t\b\f\v\a\e\0'`, '\n\r\t\b\f\v\u0007\u001b\0'],
    [String.raw`'\x41\u00e9\u{1f600}\U0001F600'`, 'A\u00e9\u{1f600}\u{1f600}'],
    [String.raw`'\101\'\"\\\q'`, `A'"\\q`],
    [String.raw`'\U00110000'`, String.raw`\U00110000`],
    ["'a\\\nb'", 'ab'],
    ["'''it's'''", "it's"],
    ['"""a "b" c"""', 'a "b" c'],
    ["u'é' 'x'", 'éx'],
    ['`a`', 'a'],
  ])('the text %j', (source, value) => {
    expect(parsePrinted(source)).toBe(value);
  });

  it.each<[source: string, bytes: string]>([
    [String.raw`b'\xc3\xa9'`, 'c3a9'],
    [String.raw`b'\u0041'`, Buffer.from(String.raw`\u0041`).toString('hex')],
    [String.raw`rb'\n'`, '5c6e'],
    [String.raw`b'a' b"b"`, '6162'],
    ['<Buffer 7b 7d>', '7b7d'],
    ['<Buffer>', ''],
    ["bytearray(b'x')", '78'],
    ["(b'a'\n b'b')", '6162'],
  ])('the bytes %s', (source, bytes) => {
    expect(parsePrinted(source)).toEqual(Buffer.from(bytes, 'hex'));
    expect(parsePrintedBytes(` ${source}\n`)).toEqual(Buffer.from(bytes, 'hex'));
  });

  it.each([
    '',
    'hello',
    '{',
    '[1',
    '[1 2]',
    '{a}',
    '{a: }',
    '{a: 1 b: 2}',
    "{'a': 1} x",
    "'open",
    "'a' b'b'",
    '01',
    '1.',
    '+1',
    '1x',
    'NaN',
    '[1, ... 12 more]',
    '{ a: [Object] }',
    "{ ['a': 1 }",
    '{ [Symbol(a)]: 1 }',
    '<Buffer 7b ... 3 more bytes>',
    'bytearray(1',
    '['.repeat(200) + ']'.repeat(200),
  ])('is not %j', (text) => {
    expect(parsePrinted(text)).toBeUndefined();
    expect(printedToJson(text)).toBeNull();
    expect(parsePrintedBytes(text)).toBeNull();
  });

  it('is not bytes where it is an object or a number', () => {
    expect(parsePrintedBytes('{}')).toBeNull();
    expect(parsePrintedBytes('(1, 2)')).toBeNull();
  });

  it.each(["{'__proto__': {'x': 1}}", "{ ['__proto__']: { x: 1 } }"])(
    'never makes a member of the prototype: %s',
    (text) => {
      const value = parsePrinted(text);
      expect(Object.hasOwn(value as object, '__proto__')).toBe(true);
      expect(({} as Record<string, unknown>)['x']).toBeUndefined();
    },
  );
});

describe('a printed value as JSON', () => {
  it.each([
    ["{'b': 1.50, 'a': 'é', 2: [None, True]}", '{"b":1.50,"a":"é","2":[null,true]}'],
    ["{'a': 1, 'a': 2}", '{"a":1,"a":2}'],
    ['{ a: 1e+21, b: -0.0, }', '{"a":1e+21,"b":-0.0}'],
    ['{:a=>"\\e"}', '{"a":"\\u001b"}'],
    ["('a', 1)", '["a",1]'],
    ['12345678901234567890', '12345678901234567890'],
  ])('%s is %s', (text, json) => {
    expect(printedToJson(text)).toBe(json);
  });

  it.each(["b'x'", "[b'x']", "{'a': b'x'}", '<Buffer 7b>'])('has no bytes: %s', (text) => {
    expect(printedToJson(text)).toBeNull();
  });
});

// As JSON: without -0.
const values = fc.json({ maxDepth: 4 }).map((text) => JSON.parse(text) as unknown);

it('reads what util.inspect prints, at any width', () => {
  fc.assert(
    fc.property(values, fc.constantFrom(20, 80, Infinity), (value, breakLength) => {
      const options = { depth: null, breakLength, maxStringLength: null, maxArrayLength: null };
      expect(parsePrinted(inspect(value, options))).toEqual(value);
    }),
    { numRuns: 200 },
  );
});

it.skipIf(!hasPython)('reads what repr of Python prints', () => {
  const sample = fc.sample(values, { numRuns: 100, seed: 7 });
  const script = 'import json, sys\nfor line in sys.stdin: print(repr(json.loads(line)))';
  const input = sample.map((value) => `${JSON.stringify(value)}\n`).join('');
  const lines = execFileSync('python3', ['-c', script], {
    input,
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
  }).split('\n');
  for (const [at, value] of sample.entries()) {
    const read = printedToJson(lines[at] ?? '');
    expect(JSON.parse(read ?? 'undefined'), lines[at]).toEqual(value);
  }
});
