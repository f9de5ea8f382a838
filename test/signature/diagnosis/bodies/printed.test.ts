import { expect, it } from 'vitest';
import { readDocument } from '../../../../src/json/document.ts';
import {
  isPrintedObject,
  printedForms,
  printedHereForms,
} from '../../../../src/signature/diagnosis/bodies/printed.ts';
import { listFile, toList } from '../../../support/lists.ts';

/** Every kind of value and key, at several depths. */
const DOCUMENTS = [
  '{"b":{"a":[1,2.50,"x",[]],"t":true,"f":false,"n":null},"a":[],"0":{"c":{"d":{"e":{}}}},"01":7}',
  '{"wo rd":"#{x} #y \\u001b\\u0007\\u001f\\\\u0007","ok?":"a*b ~&=","é":"ü","a!":-1e3}',
  '[{"b":1,"a":2},[true,null,"x y"],3]',
  '{"__proto__":{"x":1},"long":["aaaaaaaaaaaaaaaaaaaaaaaaa","bbbbbbbbbbbbbbbbbbbbbbbbb","ccccccccccccccccccc"]}',
];

const formsOf = (text: string): ReturnType<typeof printedForms> => {
  const document = readDocument(Buffer.from(text));
  if (document === null) throw new Error(`expected JSON, got ${text}`);
  return printedForms(document);
};

it('lists documents as languages print them', async () => {
  const lines = DOCUMENTS.flatMap((text) =>
    [text].concat(
      formsOf(text).map(
        ({ reason, name, bytes }) => `  ${reason}, ${name}: ${JSON.stringify(bytes.toString())}`,
      ),
    ),
  );
  await expect(toList(lines)).toMatchFileSnapshot(listFile('printed'));
});

it('prints objects and lists alone, up to 64 KB', () => {
  expect(formsOf('"text"')).toEqual([]);
  expect(formsOf('1')).toEqual([]);
  expect(formsOf(`["${'x'.repeat(65_532)}"]`)).not.toEqual([]);
  expect(formsOf(`["${'x'.repeat(65_533)}"]`)).toEqual([]);
});

it.each([
  ["{'a': 1}", '{"a":1}'],
  ['{:a=>1}', '{"a":1}'],
  ['%{"a" => 1}', '{"a":1}'],
  ["{ a: 'b' }", '{"a":"b"}'],
  ["OrderedDict([('a', 1)])", '{"a":1}'],
  ['dict(a=1)', null],
  ['a=1', null],
  ["say {'a': 1}", null],
])('reads %s as %s', (text, json) => {
  const [form] = printedHereForms(Buffer.from(text));
  expect(form?.bytes.toString() ?? null).toBe(json);
  expect(isPrintedObject(Buffer.from(text))).toBe(json !== null);
});

it('knows an object whose inner values were not printed', () => {
  expect(isPrintedObject(Buffer.from('{ a: [Object] }'))).toBe(true);
  expect(isPrintedObject(Buffer.from('nothing of it'))).toBe(false);
  expect(printedHereForms(Buffer.from(`{'a': '${'x'.repeat(65_536)}'}`))).toEqual([]);
});
