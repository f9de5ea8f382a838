import { exactNumber } from '../../json/exact-number.ts';

/** As JSON, Python, JavaScript and Ruby print a number. */
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?(e[+-]?\d+)?$/i;

/** How deep values may be nested. */
const MAX_DEPTH = 200;

/** Words for values in Python, JavaScript, Ruby and JSON. */
const WORDS: Readonly<Record<string, unknown>> = {
  None: null,
  null: null,
  nil: null,
  undefined: null,
  True: true,
  true: true,
  False: false,
  false: false,
};

/**
 * A value as a language prints it for people: Python's repr, Node's inspect, Ruby's inspect, JSON.
 * Byte strings (`b'…'`) and `<Buffer …>` become Buffers. Undefined where the text is none of them,
 * or the printer left something out (`…`, `... 12 more`).
 */
export function parsePrinted(text: string): unknown {
  const parser = new PrintedParser(text);
  try {
    const value = parser.value(0);
    parser.space();
    return parser.isAtEnd ? value : undefined;
  } catch (error) {
    if (error instanceof NotPrinted) return undefined;
    throw error;
  }
}

/** The bytes of a text that is one byte string literal, one quoted text or `<Buffer …>`; else null. */
export function parsePrintedBytes(text: string): Buffer | null {
  if (!/^\s*(b?r?['"]|B['"]|<Buffer |bytearray\(|\()/.test(text)) return null;
  const value = parsePrinted(text.trim());
  if (Buffer.isBuffer(value)) return value;
  return typeof value === 'string' ? Buffer.from(value) : null;
}

class NotPrinted extends Error {}

class PrintedParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  get isAtEnd(): boolean {
    return this.at === this.text.length;
  }

  space(): void {
    this.take(/[\s]*/y);
  }

  value(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new NotPrinted();
    this.space();
    if (this.take(/\{/y) !== null) return this.members(depth);
    if (this.take(/\[(?:Object: null prototype\] \{)/y) !== null) return this.members(depth);
    if (this.take(/\[/y) !== null) return this.items(/\]/y, depth);
    if (this.take(/\(/y) !== null) return this.parenthesised(depth);
    const wrapped = this.take(/bytearray\(|OrderedDict\(|CaseInsensitiveDict\(/y);
    if (wrapped !== null) {
      const inner = this.value(depth + 1);
      this.space();
      return this.require(/\)/y, inner);
    }
    const buffer = this.take(/<Buffer((?: [0-9a-f]{2})*)>/y);
    if (buffer !== null) return Buffer.from(buffer.slice(7, -1).replaceAll(' ', ''), 'hex');
    const quoted = this.quoted();
    if (quoted !== undefined) return quoted;
    return this.word();
  }

  private members(depth: number): Record<string, unknown> {
    const members: [string, unknown][] = [];
    for (;;) {
      this.space();
      if (this.take(/\}/y) !== null) return Object.fromEntries(members);
      const key = this.quoted() ?? this.take(/:?[\w$-]+/y) ?? this.fail();
      this.space();
      this.require(/=>|:|=/y, null);
      members.push([Buffer.isBuffer(key) ? key.toString() : key, this.value(depth + 1)]);
      this.space();
      if (this.take(/,/y) === null && !/\}/.test(this.text[this.at] ?? '')) this.fail();
    }
  }

  private items(end: RegExp, depth: number): unknown[] {
    const items: unknown[] = [];
    for (;;) {
      this.space();
      if (this.take(end) !== null) return items;
      items.push(this.value(depth + 1));
      this.space();
      if (this.take(/,/y) === null && !/[\])]/.test(this.text[this.at] ?? '')) this.fail();
    }
  }

  /** A tuple; or one literal in several pieces, as Python's pprint breaks long ones. */
  private parenthesised(depth: number): unknown {
    const items = this.items(/\)/y, depth);
    return items.length === 1 && isTextOrBytes(items[0]) ? items[0] : items;
  }

  /** A quoted text, or a Buffer for `b'…'`; adjacent literals are one. Undefined where there is none. */
  private quoted(): string | Buffer | undefined {
    let whole: string | Buffer | undefined;
    for (;;) {
      const before = this.at;
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

  /** The source up to the closing quote, which is taken too. */
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

  private word(): unknown {
    const number = this.take(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?n?(?![\w-])/y);
    if (number !== null) return printedNumber(number.replace('n', ''));
    const word = this.take(/[A-Za-z]+/y) ?? this.fail();
    if (!Object.hasOwn(WORDS, word)) this.fail();
    return WORDS[word];
  }

  private take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found === undefined) return null;
    this.at += found.length;
    return found;
  }

  private require<T>(pattern: RegExp, result: T): T {
    return this.take(pattern) === null ? this.fail() : result;
  }

  private fail(): never {
    throw new NotPrinted();
  }
}

function printedNumber(digits: string): unknown {
  if (!NUMBER.test(digits)) throw new NotPrinted();
  return exactNumber(digits);
}

function isTextOrBytes(value: unknown): boolean {
  return typeof value === 'string' || Buffer.isBuffer(value);
}

const SHORT: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\u0007',
  '0': '\0',
};

/** Escapes of Python, JavaScript and JSON; in bytes only those of bytes. */
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
