import { type JsonNode, literalNode, mapTree, stringNode } from '../../../json/tree.ts';
import { changeMaker, type DocumentChange } from './change.ts';

const cleaned = changeMaker(
  'body_reserialized',
  'Verify the raw bytes before the middleware that cleans the input runs (Laravel: TrimStrings and ConvertEmptyStringsToNull, before which `$request->getContent()` stays as it was; Express: xss-clean, express-validator, express-mongo-sanitize).',
);

type Change = (value: string, key: string | null) => string | null;

/** Changes every string of a document. If `change` returns null, the string becomes JSON's null. */
function strings(change: Change): (root: JsonNode) => JsonNode | null {
  return (root) =>
    mapTree(root, (node, key) => {
      if (node.kind !== 'string') return node;
      const value = node.value ?? '';
      const changed = change(value, key);
      if (changed === value) return node;
      return changed === null ? literalNode('null') : stringNode(changed);
    });
}

function without(isDropped: (node: JsonNode) => boolean): (root: JsonNode) => JsonNode | null {
  return (root) => mapTree(root, (node) => (isDropped(node) ? null : node));
}

function isNull(node: JsonNode): boolean {
  return node.kind === 'literal' && node.text === 'null';
}

function isEmptyString(node: JsonNode): boolean {
  return node.kind === 'string' && node.value === '';
}

function isEmptyContainer(node: JsonNode): boolean {
  return node.kind === 'object'
    ? node.members.length === 0
    : node.kind === 'array' && node.items.length === 0;
}

const trim: Change = (value) => value.trim();
const emptyToNull: Change = (value) => (value === '' ? null : value);
const trimToNull: Change = (value) => emptyToNull(value.trim(), null);

const HTML: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Replaces some characters of each string by HTML entities. */
function escape(pattern: RegExp, others: Readonly<Record<string, string>> = {}): Change {
  const names: Readonly<Record<string, string>> = { ...HTML, ...others };
  return (value) => value.replace(pattern, (char) => names[char] ?? char);
}

/** Every scalar as a string, as form fields and some databases hold them. */
function asString(node: JsonNode): JsonNode {
  return node.kind === 'number' || node.kind === 'literal' ? stringNode(node.text) : node;
}

function numbersAsStrings(root: JsonNode): JsonNode | null {
  return mapTree(root, (node) => (node.kind === 'number' ? stringNode(node.text) : node));
}

function jsNumbersAsStrings(root: JsonNode): JsonNode | null {
  return mapTree(root, (node) =>
    node.kind === 'number' ? stringNode(String(Number(node.text))) : asString(node),
  );
}

function stringsAsNumbers(root: JsonNode): JsonNode | null {
  return mapTree(root, (node) =>
    node.kind === 'string' &&
    /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?|true|false|null)$/.test(node.value ?? '')
      ? {
          kind: /^[-\d]/.test(node.value ?? '') ? 'number' : 'literal',
          text: node.value ?? '',
          value: null,
        }
      : node,
  );
}

function nullAs(text: string): (root: JsonNode) => JsonNode | null {
  return (root) => mapTree(root, (node) => (isNull(node) ? stringNode(text) : node));
}

/** Booleans as numbers, as SQL and PHP forms store them. */
function booleansAsNumbers(root: JsonNode): JsonNode | null {
  return mapTree(root, (node) =>
    node.kind === 'literal' && node.text !== 'null'
      ? { kind: 'number', text: node.text === 'true' ? '1' : '0', value: null }
      : node,
  );
}

/** The changes made by middleware that trims, empties or escapes values. */
export const CLEANED_VALUES: readonly DocumentChange[] = [
  cleaned('the body with its strings trimmed', strings(trim)),
  cleaned('the body with its strings trimmed and empty ones as null', strings(trimToNull)),
  cleaned('the body with empty strings as null', strings(emptyToNull)),
  cleaned('the body without its null members', without(isNull)),
  cleaned(
    'the body without its null and empty members',
    without((node) => isNull(node) || isEmptyString(node) || isEmptyContainer(node)),
  ),
  cleaned(
    'the body without its null members and empty strings',
    without((node) => isNull(node) || isEmptyString(node)),
  ),
  cleaned('the body without its empty strings', without(isEmptyString)),
  cleaned('the body without its empty objects and arrays', without(isEmptyContainer)),
  cleaned('the body with null as an empty string', nullAs('')),
  cleaned('the body with null as "null"', nullAs('null')),
  cleaned('the body with its numbers, true, false and null as strings', (root) =>
    mapTree(root, asString),
  ),
  cleaned('the body with its numbers as strings', numbersAsStrings),
  cleaned('the body with its numbers as strings, as JavaScript writes them', jsNumbersAsStrings),
  cleaned('the body with strings that hold numbers as numbers', stringsAsNumbers),
  cleaned('the body with true and false as 1 and 0', booleansAsNumbers),
  cleaned('the body with <, >, & and quotes as HTML entities (&#39;)', strings(escape(/[&<>"']/g))),
  cleaned(
    'the body with <, >, & and quotes as HTML entities (&#x27;)',
    strings(escape(/[&<>"']/g, { "'": '&#x27;' })),
  ),
  cleaned(
    'the body with <, >, & and quotes as HTML entities (&#039;)',
    strings(escape(/[&<>"']/g, { "'": '&#039;' })),
  ),
  cleaned(
    'the body with <, >, & and quotes as HTML entities (&apos;)',
    strings(escape(/[&<>"']/g, { "'": '&apos;' })),
  ),
  cleaned(
    'the body with <, >, & and quotes as HTML entities (&#34; and &#39;)',
    strings(escape(/[&<>"']/g, { '"': '&#34;' })),
  ),
  cleaned(
    'the body with <, >, &, quotes, / and ` as HTML entities (validator.escape)',
    strings(escape(/[&<>"'/\\`]/g, { "'": '&#x27;', '/': '&#x2F;', '\\': '&#x5C;', '`': '&#96;' })),
  ),
  cleaned('the body with <, >, & and double quotes as HTML entities', strings(escape(/[&<>"]/g))),
  cleaned('the body with <, > and & as HTML entities', strings(escape(/[&<>]/g))),
  cleaned('the body with < and > as HTML entities (xss, xss-clean)', strings(escape(/[<>]/g))),
  cleaned('the body with < as an HTML entity', strings(escape(/</g))),
  cleaned('the body with & as an HTML entity', strings(escape(/&/g))),
  cleaned('the body with quotes as HTML entities', strings(escape(/["']/g))),
  cleaned(
    "the body with quotes as numeric HTML entities (PHP's FILTER_SANITIZE_STRING)",
    strings(escape(/["']/g, { '"': '&#34;' })),
  ),
  cleaned(
    'the body without HTML tags',
    strings((value) => value.replace(/<[^>]*>/g, '')),
  ),
  cleaned(
    "the body without HTML tags, with quotes as entities (PHP's FILTER_SANITIZE_STRING)",
    strings((value) => escape(/["']/g, { '"': '&#34;' })(value.replace(/<[^>]*>/g, ''), null)),
  ),
  cleaned(
    'the body with a backslash before its quotes (addslashes)',
    strings((value) => value.replace(/["'\\]/g, '\\$&')),
  ),
  cleaned(
    'the body without its backslashes (stripslashes)',
    strings((value) => value.replace(/\\(.)/g, '$1')),
  ),
  cleaned(
    'the body with runs of white space as one space',
    strings((value) => value.replace(/\s+/g, ' ')),
  ),
  cleaned(
    'the body with runs of white space as one space, trimmed',
    strings((value) => value.replace(/\s+/g, ' ').trim()),
  ),
  cleaned(
    'the body with its strings in lower case',
    strings((value) => value.toLowerCase()),
  ),
  cleaned(
    'the body without control characters in its strings',
    strings((value) => value.replace(/\p{Cc}/gu, '')),
  ),
  cleaned(
    'the body without keys that begin with "$" or have a "." (express-mongo-sanitize)',
    (root) =>
      mapTree(root, (node) =>
        node.kind === 'object'
          ? { kind: 'object', members: node.members.filter(({ key }) => !/^\$|\./.test(key)) }
          : node,
      ),
  ),
];
