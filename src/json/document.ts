/** What a token is; brackets are tokens too, commas and colons are not. */
export const STRING = 0;
export const KEY = 1;
export const NUMBER = 2;
export const LITERAL = 3;
export const OPEN_OBJECT = 4;
export const CLOSE_OBJECT = 5;
export const OPEN_ARRAY = 6;
export const CLOSE_ARRAY = 7;

/**
 * A JSON text as flat tokens that keep their exact source: nothing is parsed into values, so
 * `70.0`, `1E2`, big integers, duplicate keys and `__proto__` are what they are. The text holds one
 * character per byte (latin1), so that bytes which are not UTF-8 survive as well.
 */
export interface JsonDocument {
  readonly text: string;
  readonly kinds: readonly number[];
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** For an opening bracket the index of its closing one; otherwise the token's own index. */
  readonly closes: readonly number[];
  /** Where the value ends in `text`; only white space or nothing follows unless `isPartial`. */
  readonly end: number;
  /** Brackets left open by a text that ends too early, innermost first, e.g. `}]`; else empty. */
  readonly missing: string;
}

/** Above this many tokens a body is not taken apart: the memory would exceed the use. */
const MAX_TOKENS = 300_000;

const NUMBER_PATTERN = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const LITERAL_PATTERN = /true|false|null/y;
const ESCAPE_PATTERN = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Takes a JSON text (RFC 8259) apart; null when it is not one. Iterative: 100,000 nested levels
 * need no stack. `allowRest` accepts anything after the first value; `allowCut` a text that ends
 * inside its brackets.
 */
export function scanDocument(
  text: string,
  options: { readonly allowRest?: boolean; readonly allowCut?: boolean } = {},
): JsonDocument | null {
  return new Scanner(text).scan(options.allowRest === true, options.allowCut === true);
}

class Scanner {
  private readonly kinds: number[] = [];
  private readonly starts: number[] = [];
  private readonly ends: number[] = [];
  private readonly closes: number[] = [];
  private readonly open: number[] = [];
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  scan(allowRest: boolean, allowCut: boolean): JsonDocument | null {
    do {
      if (!this.readValue()) return allowCut ? this.cut() : null;
      if (this.kinds.length > MAX_TOKENS) return null;
    } while (this.open.length > 0);
    const end = this.at;
    this.skipSpace();
    if (this.at < this.text.length && !allowRest) return null;
    return this.document(end, '');
  }

  /**
   * Reads up to and including the next complete value or opening bracket, with the comma, colon
   * and key before it and the closing brackets after it.
   */
  private readValue(): boolean {
    const inside = this.open.at(-1);
    this.skipSpace();
    if (inside !== undefined && this.kinds[inside] === OPEN_OBJECT && !this.readKey()) return false;
    const char = this.text.charCodeAt(this.at);
    if (char === 0x7b || char === 0x5b) {
      this.open.push(this.kinds.length);
      this.push(char === 0x7b ? OPEN_OBJECT : OPEN_ARRAY, this.at, this.at + 1);
      this.skipSpace();
      if (!this.isAtClose()) return true;
    } else if (!this.readScalar(char)) {
      return false;
    }
    return this.readEndOfValue();
  }

  private readScalar(char: number): boolean {
    const start = this.at;
    if (char === 0x22) return this.readString(STRING);
    const isNumber = char === 0x2d || (char >= 0x30 && char <= 0x39);
    const pattern = isNumber ? NUMBER_PATTERN : LITERAL_PATTERN;
    pattern.lastIndex = start;
    if (!pattern.test(this.text)) return false;
    this.push(isNumber ? NUMBER : LITERAL, start, pattern.lastIndex);
    return true;
  }

  private readKey(): boolean {
    if (!this.readString(KEY)) return false;
    this.skipSpace();
    if (this.text[this.at] !== ':') return false;
    this.at += 1;
    this.skipSpace();
    return true;
  }

  /** A comma, or every bracket that closes here and then a comma or the end. */
  private readEndOfValue(): boolean {
    for (;;) {
      const inside = this.open.at(-1);
      if (inside === undefined) return true;
      this.skipSpace();
      if (this.text[this.at] === ',') {
        this.at += 1;
        return true;
      }
      if (!this.isAtClose()) return false;
      this.open.pop();
      this.closes[inside] = this.kinds.length;
      this.push(
        this.kinds[inside] === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY,
        this.at,
        this.at + 1,
      );
    }
  }

  private isAtClose(): boolean {
    const inside = this.open.at(-1);
    if (inside === undefined) return false;
    return this.text[this.at] === (this.kinds[inside] === OPEN_OBJECT ? '}' : ']');
  }

  private readString(kind: number): boolean {
    const { text } = this;
    const start = this.at;
    if (text.charCodeAt(start) !== 0x22) return false;
    let at = start + 1;
    for (;;) {
      const char = text.charCodeAt(at);
      if (char === 0x22) break;
      if (char === 0x5c) {
        ESCAPE_PATTERN.lastIndex = at;
        if (!ESCAPE_PATTERN.test(text)) return false;
        at = ESCAPE_PATTERN.lastIndex;
      } else if (char >= 0x20) {
        at += 1;
      } else {
        // A control character, or NaN past the end.
        return false;
      }
    }
    this.push(kind, start, at + 1);
    return true;
  }

  private push(kind: number, start: number, end: number): void {
    this.closes.push(this.kinds.length);
    this.kinds.push(kind);
    this.starts.push(start);
    this.ends.push(end);
    this.at = end;
  }

  private skipSpace(): void {
    for (;;) {
      const char = this.text.charCodeAt(this.at);
      if (char !== 0x20 && char !== 0x0a && char !== 0x0d && char !== 0x09) return;
      this.at += 1;
    }
  }

  /** A text cut off right after a complete value inside brackets: what would close it. */
  private cut(): JsonDocument | null {
    this.skipSpace();
    const last = this.kinds.at(-1);
    if (this.at < this.text.length || last === undefined || last === KEY) return null;
    if (/,\s*$/.test(this.text.slice(-16))) return null;
    const missing = this.open.map((token) => (this.kinds[token] === OPEN_OBJECT ? '}' : ']'));
    return this.document(this.at, missing.reverse().join(''));
  }

  private document(end: number, missing: string): JsonDocument {
    const { text, kinds, starts, ends, closes } = this;
    return { text, kinds, starts, ends, closes, end, missing };
  }
}

/** A token's source text. */
export function tokenText(document: JsonDocument, token: number): string {
  return document.text.slice(document.starts[token], document.ends[token]);
}

/** A string or key token's value: escapes resolved, bytes read as UTF-8. */
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
