/** The kinds of tokens. Brackets are tokens; commas and colons are not. */
export const STRING = 0;
export const KEY = 1;
export const NUMBER = 2;
export const LITERAL = 3;
export const OPEN_OBJECT = 4;
export const CLOSE_OBJECT = 5;
export const OPEN_ARRAY = 6;
export const CLOSE_ARRAY = 7;

/** Receives each token: its kind, and where it starts and ends in the bytes. */
export type OnToken = (kind: number, start: number, end: number) => void;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const LEFT_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const RIGHT_BRACKET = 0x5d;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const LEFT_BRACE = 0x7b;
const RIGHT_BRACE = 0x7d;

/** The bytes that may follow a backslash, apart from `u`. */
const ESCAPES = byteTable(Buffer.from('"\\/bfnrt'));
const HEX_DIGITS = byteTable(Buffer.from('0123456789abcdefABCDEF'));
const LITERALS = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);
/** The bytes that end a run of plain characters. Reading past the end gives 0, which also ends a run. */
const SPECIAL = byteTable(Buffer.from([...Array(0x20).keys(), QUOTE, BACKSLASH]));
/** The number of bytes of a string that are read one by one; after them, sixteen are read at a time. */
const SHORT_STRING = 24;

/**
 * Reads JSON (RFC 8259) from bytes, token by token, and accepts exactly what `JSON.parse` accepts.
 * Values are not parsed, so `70.0`, big integers and duplicate keys are preserved, and reading a large
 * body creates no garbage. Inside a string, bytes above ASCII are not checked. The tokeniser does not
 * recurse: 100,000 levels of nesting are possible.
 */
export class Tokeniser {
  /** The next byte to read; after a failure, the first byte that does not fit. */
  at = 0;
  /** The opening brackets that are not closed yet, as token kinds, outermost first. */
  readonly open: number[] = [];
  private readonly bytes: Buffer;
  private readonly onToken: OnToken;
  /** The bytes as 32-bit words, from the first address that is a multiple of four. */
  private readonly words: Int32Array;
  private readonly wordsAt: number;

  constructor(bytes: Buffer, onToken: OnToken) {
    this.bytes = bytes;
    this.onToken = onToken;
    this.wordsAt = -bytes.byteOffset & 3;
    const count = (bytes.length - this.wordsAt) >> 2;
    this.words =
      count <= 0
        ? new Int32Array()
        : new Int32Array(bytes.buffer, bytes.byteOffset + this.wordsAt, count);
  }

  /** Reads one text as a whole; false where it is not JSON. */
  readAll(): boolean {
    do {
      if (!this.readNext()) return false;
    } while (this.open.length > 0);
    this.skipSpace();
    return this.at === this.bytes.length;
  }

  /**
   * Reads up to and including the next scalar or opening bracket, with the key before it, and the
   * closing brackets and the comma after it. False where the bytes do not fit.
   */
  readNext(): boolean {
    this.skipSpace();
    if (this.open.at(-1) === OPEN_OBJECT && !this.readKey()) return false;
    const byte = this.bytes[this.at];
    if (byte !== LEFT_BRACE && byte !== LEFT_BRACKET) {
      return this.readScalar(byte) && this.readEndOfValue();
    }
    const kind = byte === LEFT_BRACE ? OPEN_OBJECT : OPEN_ARRAY;
    this.open.push(kind);
    this.emit(kind, this.at, this.at + 1);
    this.skipSpace();
    return this.isAtClose() ? this.readEndOfValue() : true;
  }

  skipSpace(): void {
    const { bytes } = this;
    let { at } = this;
    while (isSpace(bytes[at])) at += 1;
    this.at = at;
  }

  private readScalar(byte: number | undefined): boolean {
    const start = this.at;
    if (byte === QUOTE) return this.readString(STRING);
    const isNumber = byte === MINUS || isDigit(byte);
    if (!(isNumber ? this.readNumber() : this.readLiteral(byte))) return false;
    this.emit(isNumber ? NUMBER : LITERAL, start, this.at);
    return true;
  }

  private readKey(): boolean {
    if (this.bytes[this.at] !== QUOTE || !this.readString(KEY)) return false;
    this.skipSpace();
    if (this.bytes[this.at] !== COLON) return false;
    this.at += 1;
    this.skipSpace();
    return true;
  }

  /** Reads the closing brackets after a value, and then a comma or the end of the text. */
  private readEndOfValue(): boolean {
    for (let kind = this.open.at(-1); kind !== undefined; kind = this.open.at(-1)) {
      this.skipSpace();
      if (this.bytes[this.at] === COMMA) {
        this.at += 1;
        return true;
      }
      if (!this.isAtClose()) return false;
      this.open.pop();
      this.emit(kind === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_ARRAY, this.at, this.at + 1);
    }
    return true;
  }

  private isAtClose(): boolean {
    const close = this.open.at(-1) === OPEN_OBJECT ? RIGHT_BRACE : RIGHT_BRACKET;
    return this.bytes[this.at] === close;
  }

  private readString(kind: number): boolean {
    const { bytes, at: start } = this;
    for (let at = start + 1; ; at++) {
      at = this.plainEnd(at);
      const byte = bytes[at];
      if (byte === QUOTE) {
        this.emit(kind, start, at + 1);
        return true;
      }
      this.at = at;
      if (byte !== BACKSLASH) return false;
      at += 1;
      if (bytes[at] === LOWER_U && areHexDigits(bytes, at + 1)) at += 4;
      else if (ESCAPES[bytes[at] ?? 0] !== 1) return false;
    }
  }

  /** The end of the run of plain string characters that begins at `from`. */
  private plainEnd(from: number): number {
    const { bytes, words, wordsAt } = this;
    let at = from;
    for (const end = from + SHORT_STRING; at < end || (at - wordsAt) % 4 !== 0; at++) {
      if (SPECIAL[bytes[at] ?? 0] === 1) return at;
    }
    let index = (at - wordsAt) / 4;
    // Four words per iteration: the loop overhead costs as much as comparing one word.
    for (const end = words.length - 3; index < end; index += 4) {
      const found =
        markSpecial(words[index] ?? 0) |
        markSpecial(words[index + 1] ?? 0) |
        markSpecial(words[index + 2] ?? 0) |
        markSpecial(words[index + 3] ?? 0);
      if ((found & 0x80_80_80_80) !== 0) break;
    }
    at = wordsAt + index * 4;
    while (SPECIAL[bytes[at] ?? 0] !== 1) at += 1;
    return at;
  }

  private readLiteral(first: number | undefined): boolean {
    const word = LITERALS.get(first ?? 0);
    if (word === undefined) return false;
    for (const byte of word) {
      if (this.bytes[this.at] !== byte) return false;
      this.at += 1;
    }
    return true;
  }

  private readNumber(): boolean {
    const { bytes } = this;
    if (bytes[this.at] === MINUS) this.at += 1;
    if (bytes[this.at] === ZERO) this.at += 1;
    else if (!this.readDigits()) return false;
    if (bytes[this.at] === POINT) {
      this.at += 1;
      if (!this.readDigits()) return false;
    }
    if (bytes[this.at] !== LOWER_E && bytes[this.at] !== UPPER_E) return true;
    this.at += 1;
    if (bytes[this.at] === PLUS || bytes[this.at] === MINUS) this.at += 1;
    return this.readDigits();
  }

  /** Reads digits; false if there is not at least one. */
  private readDigits(): boolean {
    const { bytes, at: start } = this;
    let at = start;
    while (isDigit(bytes[at])) at += 1;
    this.at = at;
    return at > start;
  }

  private emit(kind: number, start: number, end: number): void {
    this.at = end;
    this.onToken(kind, start, end);
  }
}

/** Sets the highest bit of a byte where any of the four bytes is a quote, a backslash or below 0x20. */
function markSpecial(word: number): number {
  // Exchanges quotes and spaces, so that only quotes and control characters are below 0x21.
  const low = word ^ 0x02_02_02_02;
  const backslash = word ^ 0x5c_5c_5c_5c;
  return ((low - 0x21_21_21_21) & ~low) | ((backslash - 0x01_01_01_01) & ~backslash);
}

function byteTable(bytes: Buffer): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= NINE;
}

function areHexDigits(bytes: Buffer, at: number): boolean {
  for (let i = at; i < at + 4; i++) if (HEX_DIGITS[bytes[i] ?? 0] !== 1) return false;
  return true;
}
