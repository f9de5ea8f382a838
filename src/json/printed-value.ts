import { exactNumber } from './exact-number.ts';

/** A number as JSON, Python, JavaScript and Ruby print it. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** The limit on nesting: values are parsed recursively. */
const MAX_DEPTH = 100;

/** The literals of Python, JavaScript, Ruby, PHP and JSON, with the equivalent JSON literal. */
const WORDS: Readonly<Record<string, 'null' | 'true' | 'false'>> = {
  None: 'null',
  null: 'null',
  NULL: 'null',
  nil: 'null',
  undefined: 'null',
  True: 'true',
  true: 'true',
  False: 'false',
  false: 'false',
};

/** A parsed value. Members and numbers keep their source text. */
type PrintedNode =
  | { readonly kind: 'number' | 'word'; readonly text: string }
  | { readonly kind: 'text'; readonly value: string | Buffer }
  | { readonly kind: 'object'; readonly members: ReadonlyArray<readonly [string, PrintedNode]> }
  | { readonly kind: 'array'; readonly items: readonly PrintedNode[] };

/**
 * Parses a value as a language prints it for people: Python's repr, the inspect of Node, Ruby and
 * Elixir, or JSON. Byte strings (`b'…'`) and `<Buffer …>` become Buffers. Undefined if the text is
 * none of these, or if the printer left something out (`…`, `... 12 more`).
 */
export function parsePrinted(text: string): unknown {
  const node = readPrinted(text);
  return node === null ? undefined : toValue(node);
}

/** The bytes of a text that is a byte string literal, a quoted text or `<Buffer …>`; else null. */
export function parsePrintedBytes(text: string): Buffer | null {
  if (!/^\s*(?:[bru]{0,2}['"]|<Buffer[ >]|bytearray\(|\()/i.test(text)) return null;
  const value = parsePrinted(text.trim());
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' ? Buffer.from(value) : null;
}

/** A printed value as compact JSON, with its numbers unchanged; null where JSON cannot represent it. */
export function printedToJson(text: string): string | null {
  const node = readPrinted(text);
  return node === null ? null : toJson(node);
}

function readPrinted(text: string): PrintedNode | null {
  const parser = new PrintedParser(text);
  try {
    const node = parser.value(0);
    return parser.isAtEnd() ? node : null;
  } catch (error) {
    if (error instanceof NotPrinted) return null;
    throw error;
  }
}

function toValue(node: PrintedNode): unknown {
  switch (node.kind) {
    case 'number':
      return exactNumber(node.text);
    case 'word':
      return JSON.parse(node.text);
    case 'text':
      return node.value;
    case 'array':
      return node.items.map(toValue);
    case 'object':
      return Object.fromEntries(node.members.map(([key, value]) => [key, toValue(value)]));
  }
}

function toJson(node: PrintedNode): string | null {
  switch (node.kind) {
    case 'number':
    case 'word':
      return node.text;
    case 'text':
      return typeof node.value === 'string' ? JSON.stringify(node.value) : null;
    case 'array': {
      const items = node.items.map(toJson);
      return items.includes(null) ? null : `[${items.join(',')}]`;
    }
    case 'object': {
      const values = node.members.map(([, value]) => toJson(value));
      if (values.includes(null)) return null;
      const members = node.members.map(([key], at) => `${JSON.stringify(key)}:${values[at] ?? ''}`);
      return `{${members.join(',')}}`;
    }
  }
}

class NotPrinted extends Error {}

/** Python before 3.12 prints an OrderedDict as a list of pairs. */
function fromPairs(node: PrintedNode): PrintedNode {
  if (node.kind !== 'array') return node;
  const members: [string, PrintedNode][] = [];
  for (const item of node.items) {
    const [key, value] = item.kind === 'array' && item.items.length === 2 ? item.items : [];
    if (key?.kind !== 'text' || value === undefined) return node;
    members.push([key.value.toString(), value]);
  }
  return { kind: 'object', members };
}

class PrintedParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Whether only white space and a semicolon are left. */
  isAtEnd(): boolean {
    this.take(/\s*;?\s*/y);
    return this.at === this.text.length;
  }

  value(depth: number): PrintedNode {
    if (depth > MAX_DEPTH) throw new NotPrinted();
    this.space();
    if (this.take(/%?\{/y) !== null) return this.members(depth);
    if (this.take(/\[Object: null prototype\] \{/y) !== null) return this.members(depth);
    if (this.take(/\[/y) !== null) return { kind: 'array', items: this.items(/\]/y, depth) };
    if (this.take(/\(/y) !== null) return this.parenthesised(depth);
    const call = this.take(/(?:bytearray|OrderedDict|CaseInsensitiveDict)\(/y);
    if (call !== null) {
      const inner = this.value(depth + 1);
      this.space();
      this.require(/\)/y);
      return call === 'bytearray(' ? inner : fromPairs(inner);
    }
    const buffer = this.take(/<Buffer((?: [0-9a-f]{2})*)>/y);
    if (buffer !== null) {
      return { kind: 'text', value: Buffer.from(buffer.slice(7, -1).replaceAll(' ', ''), 'hex') };
    }
    const quoted = this.quoted();
    return quoted === undefined ? this.word() : { kind: 'text', value: quoted };
  }

  private members(depth: number): PrintedNode {
    const members: [string, PrintedNode][] = [];
    for (;;) {
      this.space();
      if (this.take(/\}/y) !== null) return { kind: 'object', members };
      const key = this.key();
      this.space();
      this.require(/=>|:|=/y);
      members.push([key, this.value(depth + 1)]);
      this.space();
      if (this.take(/,/y) === null && this.text[this.at] !== '}') this.fail();
    }
  }

  /** A quoted or bare key; Ruby puts a colon in front of a symbol, Node writes `['__proto__']`. */
  private key(): string {
    this.take(/:(?=["\w])/y);
    const isBracketed = this.take(/\[(?=["'`])/y) !== null;
    const key = this.quoted() ?? this.take(/[\p{L}\w$-]+/uy) ?? this.fail();
    if (isBracketed) this.require(/\]/y);
    return Buffer.isBuffer(key) ? key.toString() : key;
  }

  private items(end: RegExp, depth: number): PrintedNode[] {
    const items: PrintedNode[] = [];
    for (;;) {
      this.space();
      if (this.take(end) !== null) return items;
      items.push(this.value(depth + 1));
      this.space();
      if (this.take(/,/y) === null && !/[\])]/.test(this.text[this.at] ?? '')) this.fail();
    }
  }

  /** A tuple, or one literal in several pieces: Python's pprint splits long literals. */
  private parenthesised(depth: number): PrintedNode {
    const items = this.items(/\)/y, depth);
    const [only] = items;
    return items.length === 1 && only?.kind === 'text' ? only : { kind: 'array', items };
  }

  /**
   * A quoted text, or a Buffer for `b'…'`. Adjacent literals, and literals that Node joins with `+`, are
   * one value. Undefined if no literal begins here.
   */
  private quoted(): string | Buffer | undefined {
    let whole: string | Buffer | undefined;
    for (;;) {
      const before = this.at;
      if (whole !== undefined) this.take(/\s*\+/y);
      this.space();
      const open = this.take(/(?:[bB][rR]?|[rR][bB]?|[uU])?(?:"""|'''|["'`])/y);
      if (open === null) {
        this.at = before;
        return whole;
      }
      const [, prefix = '', quote = ''] = /^([a-z]*)(.*)$/i.exec(open) ?? [];
      const raw = this.upTo(quote);
      const piece = /b/i.test(prefix)
        ? Buffer.from(/r/i.test(prefix) ? raw : unescape(raw, true), 'latin1')
        : unescape(raw, false);
      if (whole === undefined) whole = piece;
      else if (typeof whole === 'string' && typeof piece === 'string') whole += piece;
      else if (Buffer.isBuffer(whole) && Buffer.isBuffer(piece)) {
        whole = Buffer.concat([whole, piece]);
      } else this.fail();
    }
  }

  /** The source up to the closing quote; the quote is consumed, too. */
  private upTo(quote: string): string {
    const start = this.at;
    for (let at = start; at < this.text.length; at++) {
      if (this.text[at] === '\\') at += 1;
      else if (this.text.startsWith(quote, at)) {
        this.at = at + quote.length;
        return this.text.slice(start, at);
      }
    }
    return this.fail();
  }

  private word(): PrintedNode {
    const number = this.take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?n?(?![\w-])/y);
    if (number !== null) {
      const text = number.replace('n', '');
      return NUMBER.test(text) ? { kind: 'number', text } : this.fail();
    }
    const word = this.take(/[A-Za-z]+/y) ?? this.fail();
    const text = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
    return text === undefined ? this.fail() : { kind: 'word', text };
  }

  private space(): void {
    this.take(/\s*/y);
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  private require(pattern: RegExp): void {
    if (this.take(pattern) === null) this.fail();
  }

  private fail(): never {
    throw new NotPrinted();
  }
}

const SHORT: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  e: '\u001b',
  '0': '\0',
};

/** Resolves the escapes of Python, JavaScript, Ruby and JSON; in a byte string, only those of byte strings. */
function unescape(source: string, isBytes: boolean): string {
  if (!source.includes('\\')) return source;
  return source.replace(
    /\\(?:x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(\r?\n)|([\s\S]))/g,
    (
      whole,
      x?: string,
      braces?: string,
      u?: string,
      U?: string,
      octal?: string,
      end?: string,
      char = '',
    ) => {
      if (x !== undefined) return String.fromCharCode(Number.parseInt(x, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      if (end !== undefined) return '';
      const code = braces ?? u ?? U;
      if (code === undefined) return SHORT[char] ?? char;
      const point = Number.parseInt(code, 16);
      return isBytes || point > 0x10ffff ? whole : String.fromCodePoint(point);
    },
  );
}
