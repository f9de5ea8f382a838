import { decodeString, type JsonDocument, tokenText, toByteText } from './document.ts';
import { KEY, OPEN_ARRAY, OPEN_OBJECT, STRING } from './tokeniser.ts';

/** A member of an object, with its decoded key and the key's JSON text. */
export interface JsonMember {
  readonly key: string;
  /** The key with its quotes, as `JSON.stringify` writes it; one character per byte. */
  readonly text: string;
  readonly value: JsonNode;
}

/** A JSON text as a tree that keeps the source of each scalar, so that `70.0` does not become `70`. */
export type JsonNode =
  | {
      readonly kind: 'string' | 'number' | 'literal';
      /** The source, one character per byte. */
      readonly text: string;
      /** The value of a string; null for others. */
      readonly value: string | null;
    }
  | { readonly kind: 'object'; readonly members: readonly JsonMember[] }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] };

/** Deeper documents are not read, because trees are processed recursively. */
const MAX_DEPTH = 100;

/** The tree of a document, or of the value that begins at a token; null where it is too deep. */
export function readTree(document: JsonDocument, token = 0, depth = 0): JsonNode | null {
  if (depth > MAX_DEPTH) return null;
  const { kinds, closes } = document;
  const kind = kinds[token];
  if (kind !== OPEN_OBJECT && kind !== OPEN_ARRAY) {
    const text = tokenText(document, token);
    if (kind === STRING) return { kind: 'string', text, value: decodeString(document, token) };
    return { kind: /^[-\d]/.test(text) ? 'number' : 'literal', text, value: null };
  }
  const end = closes[token] ?? token;
  const members: JsonMember[] = [];
  const items: JsonNode[] = [];
  for (let at = token + 1; at < end;) {
    const isMember = kinds[at] === KEY;
    const value = readTree(document, isMember ? at + 1 : at, depth + 1);
    if (value === null) return null;
    if (isMember) members.push(memberOf(decodeString(document, at), value));
    else items.push(value);
    const first = isMember ? at + 1 : at;
    at = (closes[first] ?? first) + 1;
  }
  return kind === OPEN_OBJECT ? { kind: 'object', members } : { kind: 'array', items };
}

/** A string as `JSON.stringify` writes it. */
export function stringNode(value: string): JsonNode {
  return { kind: 'string', text: toByteText(JSON.stringify(value)), value };
}

export function memberOf(key: string, value: JsonNode): JsonMember {
  return { key, text: toByteText(JSON.stringify(key)), value };
}

export function literalNode(text: 'null' | 'true' | 'false'): JsonNode {
  return { kind: 'literal', text, value: null };
}

export function numberNode(text: string): JsonNode {
  return { kind: 'number', text, value: null };
}

export function objectNode(members: readonly (readonly [string, JsonNode])[]): JsonNode {
  return { kind: 'object', members: members.map(([key, value]) => memberOf(key, value)) };
}

/** A copy in which each node, children first, is replaced by the result of `change`; null removes the node. */
export function mapTree(
  node: JsonNode,
  change: (node: JsonNode, key: string | null) => JsonNode | null,
  key: string | null = null,
): JsonNode | null {
  if (node.kind === 'object') {
    const members = node.members.flatMap((member) => {
      const value = mapTree(member.value, change, member.key);
      return value === null ? [] : [value === member.value ? member : { ...member, value }];
    });
    return change({ kind: 'object', members }, key);
  }
  if (node.kind === 'array') {
    const items = node.items.flatMap((item) => mapTree(item, change) ?? []);
    return change({ kind: 'array', items }, key);
  }
  return change(node, key);
}

/** The text of a tree on one line, one character per byte. Scalars are unchanged. */
export function writeTree(node: JsonNode, comma = ',', colon = ':'): string {
  switch (node.kind) {
    case 'object': {
      let text = '';
      for (const member of node.members) {
        if (text !== '') text += comma;
        text += member.text + colon + writeTree(member.value, comma, colon);
      }
      return `{${text}}`;
    }
    case 'array': {
      let text = '';
      for (const item of node.items) {
        if (text !== '') text += comma;
        text += writeTree(item, comma, colon);
      }
      return `[${text}]`;
    }
    default:
      return node.text;
  }
}
