import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../../src/json/document.ts';
import { type JsonNode, readTree, writeTree } from '../../../../src/json/tree.ts';
import type { DocumentChange } from '../../../../src/signature/diagnosis/documents/change.ts';
import { ChangedDocuments } from '../../../../src/signature/diagnosis/documents/changed-documents.ts';
import { CLEANED_VALUES } from '../../../../src/signature/diagnosis/documents/cleaned-values.ts';
import { paramsOf } from '../../../../src/signature/diagnosis/documents/params.ts';
import { partsOf, WRAPPED } from '../../../../src/signature/diagnosis/documents/parts.ts';
import { PHP_ARRAYS } from '../../../../src/signature/diagnosis/documents/php-arrays.ts';
import { writeByTree } from '../../../../src/signature/diagnosis/documents/tree-writers.ts';
import { TYPED_MODELS } from '../../../../src/signature/diagnosis/documents/typed-models.ts';
import { listFile, toList } from '../../../support/lists.ts';

function treeOf(text: string): JsonNode {
  const document = readDocument(Buffer.from(text));
  const root = document === null ? null : readTree(document);
  if (root === null) throw new Error(`expected JSON, got ${text}`);
  return root;
}

const bytesOf = (text: string): string => Buffer.from(text, 'latin1').toString();
const numbered = (count: number): string =>
  Array.from({ length: count }, (_, at) => `"k${at}":{"v${at}":${at}}`).join();

/** For each family of changes, documents that each of its changes changes. */
const FAMILIES: Readonly<
  Record<string, readonly (readonly [changes: readonly DocumentChange[], text: string])[]>
> = {
  parts: [
    '{"event":"x","n":70.0,"data":{"id":1,"sub":{"k":"é/"}},"list":[1]}',
    '{"data":1}',
    '[1,{"a":{"b":2},"c":3},"x"]',
    `[${Array.from({ length: 26 }, (_, at) => at).join()}]`,
    `[{${numbered(26)}}]`,
    `{"long key ${'x'.repeat(50)}":{"long key ${'y'.repeat(50)}":1}}`,
    '"text"',
  ].map((text) => [partsOf(treeOf(text)), text]),
  wrapped: [[WRAPPED, '{"event":"é\\"x"}']],
  'php-arrays': [
    [PHP_ARRAYS, '{"a":{},"b":[],"c":[7,[8]],"d":{"0":1,"1":2},"e":{"1":1},"f":{"x":[]}}'],
  ],
  'cleaned-values': [
    '{"a":"  a  b\\t c ","b":"","c":null,"d":{},"e":[],"f":[""," ",null,{}]}',
    '{"t":true,"f":false,"n":null,"i":-7.0,"x":1e2,"s":"12.5","w":"1e5","z":"-0","l":"01","b":"true","m":"1234","k":"12.345"}',
    `{"html":"<b class=\\"x\\">A & 'B' \\"D\\" / \\\\\\\\ \`C\`</b><","bell":"a\\u0007b\\n"}`,
    '{"$set":1,"a.b":2,"b$":3,"c":{"$d":4}}',
  ].map((text) => [CLEANED_VALUES, text]),
  'typed-models': [
    '{"agent_id":1,"viewUrl":2,"API-key":3,"Id":4,"Idle":5,"data":[{"sub_agent_ids":6}]}',
    '["2025-01-16T15:40:00Z","2025-01-16","on 2025-01-16T15:40:00Z"]',
    '["2025-12-31 23:59:59.120+00:00","2025-01-16T15:40:00.1234567+0000","2025-01-16T15:40:07.5"]',
  ].map((text) => [TYPED_MODELS, text]),
  params: [
    [paramsOf('/api/bus-stops/my-app/bad.name?x=/y#z'), '{"a":1}'],
    [paramsOf('/').slice(0, 4), '[1]'],
  ],
};

describe('the changes of a document', () => {
  it.each(Object.entries(FAMILIES))('%s', async (name, documents) => {
    const lines = documents.flatMap(([changes, text]) => {
      const root = treeOf(text);
      return [
        text,
        ...changes.flatMap(({ reason, name, change }) => {
          const changed = change(root);
          const now = changed === null ? 'nothing' : writeTree(changed);
          return now === writeTree(root) ? [] : [`  ${reason}, ${name}: ${bytesOf(now)}`];
        }),
      ];
    });
    await expect(toList(lines)).toMatchFileSnapshot(listFile(`documents/${name}`));
  });
});

describe('the texts of a changed document', () => {
  it.each([
    [
      '{"a":"é/","n":70.0}',
      [
        ['JSON.stringify', '{"a":"é/","n":70}'],
        ['a JSON library without spaces', '{"a":"é/","n":70.0}'],
        ['Python json.dumps', '{"a": "\\u00e9/", "n": 70.0}'],
        ['Python json.dumps(ensure_ascii=False)', '{"a": "é/", "n": 70.0}'],
        ['PHP json_encode', '{"a":"\\u00e9\\/","n":70}'],
        ['PHP json_encode(JSON_UNESCAPED_UNICODE)', '{"a":"é\\/","n":70}'],
        ['a JSON library without spaces, in ASCII', '{"a":"\\u00e9/","n":70.0}'],
        ['a JSON library without spaces, / as \\/', '{"a":"é\\/","n":70.0}'],
      ],
    ],
    [
      '{"a":"x\\/"}',
      [
        ['JSON.stringify', '{"a":"x\\/"}'],
        ['Python json.dumps', '{"a": "x\\/"}'],
      ],
    ],
    ['[1]', [['JSON.stringify', '[1]']]],
  ])('%s, as each library writes it, each text once', (text, expected) => {
    const written = writeByTree(treeOf(text)).map(({ name, text }) => [name, bytesOf(text)]);
    expect(written).toEqual(expected);
  });

  it('are those of every family, each once, without the document itself', () => {
    const all = [...new ChangedDocuments(treeOf('{"a_b":"é"}'), '/hook').texts()];
    const textsOf = (name: string): (readonly [string | null, string])[] =>
      all
        .filter(({ change }) => change.name === name)
        .map(({ writer, bytes }) => [writer, bytes.toString()]);
    // The text of a string, and the string as JSON.
    expect(textsOf('only "a_b" of the body')).toEqual([
      [null, 'é'],
      ['JSON.stringify', '"é"'],
      ['Python json.dumps', '"\\u00e9"'],
    ]);
    const joined = new ChangedDocuments(treeOf('{"a":"é","b":"y"}'), '/').texts();
    expect(joined.next().value).toMatchObject({ writer: null, bytes: Buffer.from('é.y') });
    expect(textsOf('the body inside an array, [<body>]')).toEqual([
      ['JSON.stringify', '[{"a_b":"é"}]'],
      ['Python json.dumps', '[{"a_b": "\\u00e9"}]'],
      ['Python json.dumps(ensure_ascii=False)', '[{"a_b": "é"}]'],
      ['PHP json_encode', '[{"a_b":"\\u00e9"}]'],
    ]);
    expect(textsOf('the body with its keys in camelCase').at(0)?.[1]).toBe('{"aB":"é"}');
    // The same as camelCase here.
    expect(textsOf('the body with its keys in camelCase with ID and URL')).toEqual([]);
    expect(textsOf('the body with its strings trimmed')).toEqual([]);
    // Every change gives another document than the one it began with.
    expect(all.filter(({ bytes }) => bytes.toString() === '{"a_b":"é"}')).toEqual([]);
    const params = 'Rails\' params, with controller "hook" and action "create"';
    expect(textsOf(params)).toEqual([
      ['a JSON library without spaces', '{"a_b":"é","controller":"hook","action":"create"}'],
    ]);
    expect(new ChangedDocuments(treeOf('{ "a": 1 }'), '').size).toBe(7);
  });
});
