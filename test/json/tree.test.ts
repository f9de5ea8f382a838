import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../src/json/document.ts';
import { KEY } from '../../src/json/tokeniser.ts';
import {
  type JsonNode,
  literalNode,
  mapTree,
  numberNode,
  objectNode,
  readTree,
  stringNode,
  writeTree,
} from '../../src/json/tree.ts';

function treeOf(json: string): JsonNode {
  const document = readDocument(Buffer.from(json));
  const tree = document === null ? null : readTree(document);
  if (tree === null) throw new Error(`no tree of ${json}`);
  return tree;
}

/** A tree's text, decoded. */
function textOf(node: JsonNode | null): string | null {
  return node === null ? null : Buffer.from(writeTree(node), 'latin1').toString('utf8');
}

describe('the tree of a JSON text', () => {
  it.each([
    ['70.0', '70.0'],
    ['-1E+2', '-1E+2'],
    [' [ 1 , [ ] , { } ] ', '[1,[],{}]'],
    ['{"b":1,"a":2,"b":3}', '{"b":1,"a":2,"b":3}'],
    ['{"a":{"b":[{"c":null}]},"d":true}', '{"a":{"b":[{"c":null}]},"d":true}'],
    // The source of a string is kept, a key is written again.
    [String.raw`"\u00e9\/"`, String.raw`"\u00e9\/"`],
    [String.raw`{"\u00e9":1}`, '{"é":1}'],
  ])('%s is written as %s', (json, written) => {
    expect(textOf(treeOf(json))).toBe(written);
  });

  it('has kinds, and the value of each string and key', () => {
    expect(treeOf(String.raw`{"\u0061":["\n",-1,false]}`)).toEqual({
      kind: 'object',
      members: [
        {
          key: 'a',
          text: '"a"',
          value: {
            kind: 'array',
            items: [
              { kind: 'string', text: String.raw`"\n"`, value: '\n' },
              { kind: 'number', text: '-1', value: null },
              { kind: 'literal', text: 'false', value: null },
            ],
          },
        },
      ],
    });
  });

  it('is that of one value, from its token on', () => {
    const document = readDocument(Buffer.from('{"a":1,"b":{"c":[2]}}'));
    if (document === null) throw new Error('JSON');
    const keys = [...document.kinds.keys()].filter((token) => document.kinds[token] === KEY);
    expect(textOf(readTree(document, (keys[1] ?? 0) + 1))).toBe('{"c":[2]}');
  });

  it.each([
    [100, true],
    [101, false],
  ])('of %i levels in a list is read: %s', (levels, isRead) => {
    const document = readDocument(Buffer.from(`${'['.repeat(levels)}1${']'.repeat(levels)}`));
    expect(document !== null && readTree(document) !== null).toBe(isRead);
  });

  it('is the value that JSON.parse gives, for any JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const written = textOf(treeOf(JSON.stringify(value, null, 1)));
        expect(written).toBe(JSON.stringify(value));
      }),
    );
  });
});

it('a tree is written with other marks between its parts', () => {
  expect(writeTree(treeOf('{"a":[1,2],"b":3}'), ', ', ': ')).toBe('{"a": [1, 2], "b": 3}');
});

it('nodes are made of values', () => {
  const tree = objectNode([
    ['é', stringNode('ü"')],
    ['n', numberNode('1.0')],
    ['t', literalNode('true')],
  ]);
  expect(textOf(tree)).toBe('{"é":"ü\\"","n":1.0,"t":true}');
});

describe('a changed copy', () => {
  const tree = treeOf('{"a":"x","b":["x",1,{"a":null}],"c":{}}');

  it('has what each node is changed to, with its key, children first', () => {
    const seen: (string | null)[] = [];
    const copy = mapTree(tree, (node, key) => {
      seen.push(key);
      return node.kind === 'string' ? stringNode('y') : node;
    });
    expect(textOf(copy)).toBe('{"a":"y","b":["y",1,{"a":null}],"c":{}}');
    expect(seen).toEqual(['a', null, null, 'a', null, 'b', 'c', null]);
  });

  it('leaves out what is changed to null', () => {
    const without = (kind: JsonNode['kind']): string | null =>
      textOf(mapTree(tree, (node) => (node.kind === kind ? null : node)));
    expect(without('string')).toBe('{"b":[1,{"a":null}],"c":{}}');
    expect(without('literal')).toBe('{"a":"x","b":["x",1,{}],"c":{}}');
    expect(without('array')).toBe('{"a":"x","c":{}}');
    expect(without('object')).toBeNull();
  });

  it('does not change the original', () => {
    mapTree(tree, () => literalNode('null'));
    expect(textOf(tree)).toBe('{"a":"x","b":["x",1,{"a":null}],"c":{}}');
  });
});
