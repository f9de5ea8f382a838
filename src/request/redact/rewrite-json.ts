import {
  decodeString,
  type JsonDocument,
  readDocument,
  tokenText,
  toByteText,
} from '../../json/document.ts';
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  KEY,
  NUMBER,
  OPEN_ARRAY,
  OPEN_OBJECT,
  STRING,
} from '../../json/tokeniser.ts';

/** A token of a JSON text that may be replaced. */
export interface JsonToken {
  readonly kind: 'key' | 'string' | 'number' | 'boolean';
  /** The keys from the root to the token; for a value, including its own key. List positions are left out. */
  readonly path: readonly string[];
  /** A string's or key's characters; a number or boolean as it is written. */
  readonly value: string;
}

/** The limit on nesting: a path is made for each token. */
const MAX_DEPTH = 1000;

/**
 * Replaces strings, keys, numbers and booleans in a JSON text, and keeps everything else (white space,
 * order, duplicates). `replace` returns the new JSON of a token, or null to keep the token. Returns null
 * if the text is not JSON, or is nested too deeply.
 */
export function rewriteJson(
  text: string,
  replace: (token: JsonToken) => string | null,
): string | null {
  const document = readDocument(Buffer.from(text, 'utf8'), { maxTokens: Infinity });
  if (document === null) return null;
  const { text: source, kinds, starts, ends } = document;
  /** For each open bracket, the key of the current member; null in a list. */
  const keys: (string | null)[] = [];
  const parts: string[] = [];
  let copied = 0;
  for (const [token, kind] of kinds.entries()) {
    if (kind === OPEN_OBJECT || kind === OPEN_ARRAY) {
      keys.push(null);
      if (keys.length > MAX_DEPTH) return null;
    } else if (kind === CLOSE_OBJECT || kind === CLOSE_ARRAY) {
      keys.pop();
    } else {
      if (kind === KEY) keys[keys.length - 1] = null;
      const found = tokenOf(document, token, keys);
      const made = found === null ? null : replace(found);
      if (made !== null) {
        parts.push(source.slice(copied, starts[token]), toByteText(made));
        copied = ends[token] ?? copied;
      }
      if (found?.kind === 'key') keys[keys.length - 1] = found.value;
    }
  }
  parts.push(source.slice(copied));
  return Buffer.from(parts.join(''), 'latin1').toString('utf8');
}

/** A token with its path; null for `null`. */
function tokenOf(
  document: JsonDocument,
  token: number,
  keys: readonly (string | null)[],
): JsonToken | null {
  const path = keys.filter((key) => key !== null);
  switch (document.kinds[token]) {
    case KEY:
      return { kind: 'key', path, value: decodeString(document, token) };
    case STRING:
      return { kind: 'string', path, value: decodeString(document, token) };
    case NUMBER:
      return { kind: 'number', path, value: tokenText(document, token) };
    default: {
      const value = tokenText(document, token);
      return value === 'null' ? null : { kind: 'boolean', path, value };
    }
  }
}
