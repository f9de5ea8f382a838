import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  KEY,
  NUMBER,
  OPEN_ARRAY,
  OPEN_OBJECT,
  STRING,
  Tokeniser,
} from './tokeniser.ts';

/**
 * A JSON text as a flat list of tokens that keep their exact source. Nothing is parsed into values, so
 * `70.0`, `1E2`, big integers, duplicate keys and `__proto__` are preserved.
 */
export interface JsonDocument {
  /** The text with one character per byte (latin1), so that bytes that are not UTF-8 survive. */
  readonly text: string;
  /** The kind of each token, as `tokeniser.ts` names them. */
  readonly kinds: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** For an opening bracket the index of its closing one; otherwise the token's own index. */
  readonly closes: readonly number[];
  /** Where the value ends in `text`. */
  readonly end: number;
  /** What closes the brackets that a truncated text leaves open, e.g. `}]`; empty for a whole text. */
  readonly missing: string;
}

export interface DocumentOptions {
  /** Ignores anything after the first value. */
  readonly allowRest?: boolean;
  /** Accepts a text that ends inside its brackets, after a complete value. */
  readonly allowCut?: boolean;
  /** The most tokens; a body with more is refused. */
  readonly maxTokens?: number;
}

/** The default limit on tokens. Larger documents would take too much memory. */
const MAX_TOKENS = 300_000;

/** The tokens of a JSON text (RFC 8259); null where it is not one, or has too many tokens. */
export function readDocument(
  body: Buffer,
  { allowRest = false, allowCut = false, maxTokens = MAX_TOKENS }: DocumentOptions = {},
): JsonDocument | null {
  const tokens = new TokenLists();
  const tokeniser = new Tokeniser(body, (kind, start, end) => tokens.add(kind, start, end));
  do {
    if (!tokeniser.readNext()) return allowCut ? tokens.truncated(body) : null;
    if (tokens.kinds.length > maxTokens) return null;
  } while (tokeniser.open.length > 0);
  const end = tokeniser.at;
  tokeniser.skipSpace();
  if (tokeniser.at < body.length && !allowRest) return null;
  return tokens.document(body, end, '');
}

class TokenLists {
  readonly kinds: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly closes: number[] = [];
  /** The brackets that are open, as tokens. */
  private readonly open: number[] = [];

  add(kind: number, start: number, end: number): void {
    const token = this.kinds.length;
    this.kinds.push(kind);
    this.starts.push(start);
    this.ends.push(end);
    this.closes.push(token);
    if (kind === OPEN_OBJECT || kind === OPEN_ARRAY) this.open.push(token);
    else if (kind === CLOSE_OBJECT || kind === CLOSE_ARRAY) {
      this.closes[this.open.pop() ?? token] = token;
    }
  }

  /** The document of a text that ends right after a complete value inside brackets. */
  truncated(body: Buffer): JsonDocument | null {
    const last = this.kinds.at(-1);
    if (last === undefined || last === KEY) return null;
    if (!/^[ \n\r\t]*$/.test(body.toString('latin1', this.ends.at(-1)))) return null;
    const missing = this.open.map((token) => (this.kinds[token] === OPEN_OBJECT ? '}' : ']'));
    return this.document(body, body.length, missing.reverse().join(''));
  }

  document(body: Buffer, end: number, missing: string): JsonDocument {
    const { kinds, starts, ends, closes } = this;
    return { text: body.toString('latin1'), kinds, starts, ends, closes, end, missing };
  }
}

/** A token's source text. */
export function tokenText(document: JsonDocument, token: number): string {
  return document.text.slice(document.starts[token], document.ends[token]);
}

/** Converts a text to the form of a document: its UTF-8 with one character per byte. */
export function toByteText(text: string): string {
  const isAscii = Buffer.byteLength(text, 'utf8') === text.length;
  return isAscii ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The value of a string or key token: escapes resolved, bytes read as UTF-8. */
export function decodeString(document: JsonDocument, token: number): string {
  const raw = document.text.slice(
    (document.starts[token] ?? 0) + 1,
    (document.ends[token] ?? 1) - 1,
  );
  const text = /[\u0080-\u00ff]/.test(raw) ? Buffer.from(raw, 'latin1').toString('utf8') : raw;
  if (!text.includes('\\')) return text;
  return text.replace(/\\(?:u([0-9a-fA-F]{4})|(.))/g, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (SHORT_ESCAPES[char] ?? char) : String.fromCharCode(parseInt(hex, 16)),
  );
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/** The value of a top-level member that is a string or number, as text; the last one wins. */
export function topLevelText(document: JsonDocument, name: string): string | null {
  if (document.kinds[0] !== OPEN_OBJECT) return null;
  let found: string | null = null;
  for (let at = 1; document.kinds[at] === KEY; at = (document.closes[at + 1] ?? at + 1) + 1) {
    const kind = document.kinds[at + 1];
    if ((kind !== STRING && kind !== NUMBER) || decodeString(document, at) !== name) continue;
    found = kind === STRING ? decodeString(document, at + 1) : tokenText(document, at + 1);
  }
  return found;
}
