import { inspect } from 'node:util';
import { type JsonNode, mapTree, readTree } from '../../../json/tree.ts';
import type { JsonDocument } from '../../../json/document.ts';
import { printedToJson } from '../../../json/printed-value.ts';
import { writeNumber } from '../../../json/writers/number-style.ts';
import { type BodyForm, formMaker } from './form.ts';

const RAW =
  'Verify the raw bytes of the body, not a printed object: take them before the JSON parser runs.';

const printed = formMaker('body_reserialized', { fix: RAW });
const parsedForm = formMaker('body_reserialized', {
  fix: 'Verify the raw bytes instead of this printed object: `relyable webhooks listen` keeps them, and `relyable webhooks verify last` reads them.',
  isInner: true,
});
const query = formMaker('body_urlencoded_form', {
  fix: 'Verify the raw bytes of the body, not the fields that were made of it (http_build_query, URLSearchParams).',
});

/** Larger documents are not printed, because that takes too long. */
const MAX_PRINTED_BYTES = 64 * 1024;

/** The document as languages print an object, for code that signs the result of `to_s`, `str()` or `%v`. */
export function printedForms(document: JsonDocument): BodyForm[] {
  if (document.text.length > MAX_PRINTED_BYTES) return [];
  const root = readTree(document);
  if (root === null || (root.kind !== 'object' && root.kind !== 'array')) return [];
  const value = toValue(root);
  const sorted = withSortedKeys(root);
  const fields = flatten(root, (path, key) => (path === '' ? key : `${path}[${key}]`));
  const dotted = flatten(root, (path, key) => (path === '' ? key : `${path}.${key}`));
  return [
    printed('the body as Ruby prints a hash, {"event"=>…}', rubyInspect(root, '=>', false)),
    printed('the body as Ruby 3.4 prints a hash, {"event" => …}', rubyInspect(root, ' => ', false)),
    printed(
      'the body as Ruby prints a hash with symbols, {:event=>…}',
      rubyInspect(root, '=>', true),
    ),
    printed(
      'the body as Ruby 3.4 prints a hash with symbols, {event: …}',
      rubyInspect(root, ': ', true),
    ),
    printed(
      'the body as Elixir prints a map, %{"event" => …}',
      `%${rubyInspect(sorted, ' => ', false).replace(/(?<=[ [>])\{/g, '%{')}`,
    ),
    printed('the body as util.inspect or console.log prints it', inspect(value)),
    printed('the body as util.inspect prints it at any depth', inspect(value, { depth: null })),
    printed(
      'the body as util.inspect prints it on one line',
      inspect(value, { depth: null, breakLength: Infinity }),
    ),
    printed('the body as Go prints a map, map[…]', goPrint(sorted)),
    printed('the body as Java prints a map, {event=…}', javaPrint(root)),
    printed("the body as PHP's print_r prints it", phpPrintR(root, 0)),
    printed("the body as PHP's serialize writes it", phpSerialize(root)),
    ...queryForms(fields, dotted),
  ];
}

function queryForms(fields: readonly Field[], dotted: readonly Field[]): BodyForm[] {
  const encode = (pairs: readonly Field[], isRfc3986: boolean): string =>
    pairs
      .map(([key, value]) => `${percent(key, isRfc3986)}=${percent(value, isRfc3986)}`)
      .join('&');
  const plain = (pairs: readonly Field[]): string =>
    pairs.map(([key, value]) => `${key}=${value}`).join('&');
  const sorted = [...fields].sort(([a], [b]) => (a < b ? -1 : 1));
  return [
    query(
      'the fields of the body as a query, data[…]=… (PHP http_build_query)',
      encode(fields, false),
    ),
    query('the fields of the body as a query, spaces as %20', encode(fields, true)),
    query('the fields of the body as a query, sorted', encode(sorted, false)),
    query('the fields of the body as a query, not encoded', plain(fields)),
    query('the fields of the body as a query, sorted and not encoded', plain(sorted)),
    query('the fields of the body as a query, data.…=…', encode(dotted, false)),
    query('the fields of the body as a query, data.…=…, not encoded', plain(dotted)),
  ];
}

type Field = readonly [key: string, value: string];

function percent(text: string, isRfc3986: boolean): string {
  const form = new URLSearchParams([['', text]]).toString().slice(1);
  return isRfc3986 ? form.replace(/\+/g, '%20').replace(/\*/g, '%2A') : form;
}

/** Every scalar with its path, as PHP writes it: true as 1, false as 0, and null left out. */
function flatten(node: JsonNode, join: (path: string, key: string) => string, path = ''): Field[] {
  if (node.kind === 'object')
    return node.members.flatMap(({ key, value }) => flatten(value, join, join(path, key)));
  if (node.kind === 'array')
    return node.items.flatMap((item, index) => flatten(item, join, join(path, String(index))));
  if (node.kind === 'string') return [[path, node.value ?? '']];
  if (node.kind === 'number') return [[path, String(Number(node.text))]];
  return node.text === 'null' ? [] : [[path, node.text === 'true' ? '1' : '0']];
}

function toValue(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object': {
      const object: Record<string, unknown> = {};
      for (const { key, value } of node.members) {
        Object.defineProperty(object, key, {
          value: toValue(value),
          enumerable: true,
          configurable: true,
          writable: true,
        });
      }
      return object;
    }
    case 'array':
      return node.items.map(toValue);
    case 'string':
      return node.value;
    case 'number':
      return Number(node.text);
    case 'literal':
      return node.text === 'null' ? null : node.text === 'true';
  }
}

/** The document with sorted keys: Go prints every map in this order, Elixir only small ones. */
function withSortedKeys(root: JsonNode): JsonNode {
  const sorted = mapTree(root, (node) =>
    node.kind === 'object'
      ? { kind: 'object', members: [...node.members].sort((a, b) => (a.key < b.key ? -1 : 1)) }
      : node,
  );
  return sorted ?? root;
}

/** Control characters for which Ruby has a short escape and JSON does not. */
const RUBY_ESCAPES: Readonly<Record<string, string>> = { '07': '\\a', '0b': '\\v', '1b': '\\e' };

function rubyText(value: string): string {
  return JSON.stringify(value)
    .replace(/#(?=[{$@])/g, '\\#')
    .replace(/\\(?:u00([01][0-9a-f])|[^u])/g, (escape, code: string | undefined) =>
      code === undefined ? escape : (RUBY_ESCAPES[code] ?? `\\u00${code.toUpperCase()}`),
    );
}

function rubyInspect(node: JsonNode, arrow: string, hasSymbols: boolean): string {
  switch (node.kind) {
    case 'object': {
      const members = node.members.map(({ key, value }) => {
        const isWord = /^[A-Za-z_]\w*[?!]?$/.test(key);
        const symbol =
          arrow === ': ' ? (isWord ? key : rubyText(key)) : `:${isWord ? key : rubyText(key)}`;
        return `${hasSymbols ? symbol : rubyText(key)}${arrow}${rubyInspect(value, arrow, hasSymbols)}`;
      });
      return `{${members.join(', ')}}`;
    }
    case 'array':
      return `[${node.items.map((item) => rubyInspect(item, arrow, hasSymbols)).join(', ')}]`;
    case 'string':
      return rubyText(node.value ?? '');
    case 'number':
      return writeNumber(node.text, 'ruby');
    case 'literal':
      return node.text === 'null' ? 'nil' : node.text;
  }
}

/** `fmt.Sprint` of a `map[string]any` whose keys are sorted: spaces, no quotes. */
function goPrint(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return `map[${node.members.map(({ key, value }) => `${key}:${goPrint(value)}`).join(' ')}]`;
    case 'array':
      return `[${node.items.map(goPrint).join(' ')}]`;
    case 'string':
      return node.value ?? '';
    case 'number':
      return String(Number(node.text));
    case 'literal':
      return node.text === 'null' ? '<nil>' : node.text;
  }
}

/** A document as Java's `AbstractMap.toString` prints it. */
function javaPrint(node: JsonNode): string {
  switch (node.kind) {
    case 'object':
      return `{${node.members.map(({ key, value }) => `${key}=${javaPrint(value)}`).join(', ')}}`;
    case 'array':
      return `[${node.items.map(javaPrint).join(', ')}]`;
    case 'string':
      return node.value ?? '';
    case 'number':
      return writeNumber(node.text, 'java');
    case 'literal':
      return node.text;
  }
}

function phpPrintR(node: JsonNode, depth: number): string {
  if (node.kind !== 'object' && node.kind !== 'array') {
    if (node.kind === 'string') return node.value ?? '';
    return node.text === 'true' ? '1' : node.kind === 'number' ? String(Number(node.text)) : '';
  }
  const indent = ' '.repeat(depth * 8);
  const entries =
    node.kind === 'object'
      ? node.members.map(({ key, value }): [string, JsonNode] => [key, value])
      : node.items.map((item, index): [string, JsonNode] => [String(index), item]);
  const lines = entries.map(
    ([key, value]) => `${indent}    [${key}] => ${phpPrintR(value, depth + 1)}\n`,
  );
  return `Array\n${indent}(\n${lines.join('')}${indent})\n`;
}

function phpSerialize(node: JsonNode): string {
  const text = (value: string): string => `s:${Buffer.byteLength(value)}:"${value}";`;
  switch (node.kind) {
    case 'object':
      return `a:${node.members.length}:{${node.members.map(({ key, value }) => `${/^(?:0|[1-9]\d{0,17})$/.test(key) ? `i:${key};` : text(key)}${phpSerialize(value)}`).join('')}}`;
    case 'array':
      return `a:${node.items.length}:{${node.items.map((item, index) => `i:${index};${phpSerialize(item)}`).join('')}}`;
    case 'string':
      return text(node.value ?? '');
    case 'number':
      return /[.eE]/.test(node.text) ? `d:${String(Number(node.text))};` : `i:${node.text};`;
    case 'literal':
      return node.text === 'null' ? 'N;' : `b:${node.text === 'true' ? 1 : 0};`;
  }
}

/** The JSON of a received body that is an object as Python, JavaScript, Ruby or PHP prints it. */
export function printedHereForms(body: Buffer): BodyForm[] {
  if (body.length > MAX_PRINTED_BYTES) return [];
  const text = body.toString('utf8').trim();
  if (!/^%?[{[]|^\w+\(?[{[]|^(?:Object|Array|OrderedDict|#<\w)/.test(text)) return [];
  const json = printedToJson(text);
  return json === null ? [] : [parsedForm('the printed object that is here, as JSON', json)];
}

/** Whether a body is text that a language prints for an object, and not JSON. */
export function isPrintedObject(body: Buffer): boolean {
  return (
    printedHereForms(body).length > 0 ||
    /\[(?:Object|Array)\]/.test(body.toString('latin1', 0, 4096))
  );
}
