/** Texts and numbers by their paths: a key of the top level, or `data.` and a key of that object. */
export type PayloadFields = Pick<ReadonlyMap<string, string | number>, 'get'>;

const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
const LOWER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** What may follow a backslash, apart from `u`. */
const ESCAPES = flags(Buffer.from('"\\/bfnrt'));
const HEX_DIGITS = flags(Buffer.from('0123456789abcdefABCDEF'));
const WORDS = new Map(
  ['true', 'false', 'null'].map((word) => [word.charCodeAt(0), Buffer.from(word)]),
);
/** What does not stand for itself in a text; a byte behind the end counts as 0, so it ends a text, too. */
const SPECIAL = flags(Buffer.from([...Array(0x20).keys(), QUOTE, BACKSLASH]));
/** So many bytes are looked at one by one before sixteen are taken at a time. */
const SHORT_TEXT = 24;
/** A character of a key takes at most so many bytes: `\u0065`. */
const ESCAPE_BYTES = 6;

/**
 * Finds the texts and numbers at the wanted paths, straight in a payload's bytes: parsing a large
 * body makes several times its size of garbage, for each event that passes. Undefined when the body is
 * not JSON (RFC 8259), exactly where `JSON.parse` of its text throws; of equal keys the last one
 * counts, as there.
 */
export function scanPayload(body: Buffer, wanted: ReadonlySet<string>): PayloadFields | undefined {
  return new Scanner(body, wanted).scan();
}

class Scanner {
  private readonly body: Buffer;
  private readonly wanted: ReadonlySet<string>;
  private readonly longestKey: number;
  private readonly fields = new Map<string, string | number>();
  /** The same bytes by fours, from the first address that allows it. */
  private readonly words: Int32Array;
  private readonly wordsAt: number;
  private at = 0;
  /** For each container that is open whether it is an object. */
  private readonly open: boolean[] = [];
  private isInData = false;
  /** Where the value that comes next is wanted; null where it is not. */
  private path: string | null = null;

  constructor(body: Buffer, wanted: ReadonlySet<string>) {
    this.body = body;
    this.wanted = wanted;
    this.wordsAt = -body.byteOffset & 3;
    const count = (body.length - this.wordsAt) >> 2;
    this.words =
      count <= 0
        ? new Int32Array()
        : new Int32Array(body.buffer, body.byteOffset + this.wordsAt, count);
    this.longestKey = 2 + ESCAPE_BYTES * Math.max(...Array.from(wanted, ({ length }) => length));
  }

  scan(): PayloadFields | undefined {
    do {
      if (!this.value()) return undefined;
    } while (this.open.length > 0);
    this.space();
    return this.at === this.body.length ? this.fields : undefined;
  }

  /** A scalar or the begin of a container, and on to where the next value begins. */
  private value(): boolean {
    this.space();
    const from = this.at;
    const byte = this.body[from];
    if (byte === OPEN_OBJECT) return this.enter(true);
    if (byte === OPEN_LIST) return this.enter(false);
    if (!(byte === QUOTE ? this.text() : this.token())) return false;
    if (this.path !== null) this.keep(this.path, this.read(from));
    return this.next();
  }

  private enter(isObject: boolean): boolean {
    this.open.push(isObject);
    this.path = null;
    this.at += 1;
    this.space();
    const isEmpty = this.body[this.at] === (isObject ? CLOSE_OBJECT : CLOSE_LIST);
    if (isEmpty) return this.next();
    return !isObject || this.key();
  }

  /** Behind a value: closes what ends here, up to the next value or the end of all. */
  private next(): boolean {
    for (let isObject = this.open.at(-1); isObject !== undefined; isObject = this.open.at(-1)) {
      this.space();
      const byte = this.body[this.at];
      this.at += 1;
      if (byte === COMMA) return !isObject || this.key();
      if (byte !== (isObject ? CLOSE_OBJECT : CLOSE_LIST)) return false;
      this.open.pop();
    }
    return true;
  }

  private key(): boolean {
    this.space();
    const from = this.at;
    if (this.body[from] !== QUOTE || !this.text()) return false;
    const depth = this.open.length;
    if (depth === 1) this.atTopLevel(this.name(from));
    else if (depth === 2 && this.isInData) this.expect(`data.${this.name(from)}`);
    this.space();
    this.at += 1;
    return this.body[this.at - 1] === COLON;
  }

  private atTopLevel(name: string): void {
    this.isInData = name === 'data';
    // A key with a point in it is no path.
    this.expect(name.includes('.') ? '' : name);
    if (!this.isInData) return;
    // A second `data` takes the place of the first.
    for (const path of this.fields.keys()) if (path.startsWith('data.')) this.fields.delete(path);
  }

  private expect(path: string): void {
    this.path = this.wanted.has(path) ? path : null;
    if (this.path !== null) this.fields.delete(path);
  }

  private keep(path: string, value: unknown): void {
    if (typeof value === 'string' || typeof value === 'number') this.fields.set(path, value);
  }

  /** The key that was just read; an empty text for one that is longer than any wanted. */
  private name(from: number): string {
    return this.at - from > this.longestKey ? '' : String(this.read(from));
  }

  private read(from: number): unknown {
    return JSON.parse(this.body.toString('utf8', from, this.at));
  }

  private space(): void {
    const { body } = this;
    let { at } = this;
    while (isSpace(body[at])) at += 1;
    this.at = at;
  }

  /** Any byte above ASCII may stand in a text: what is not UTF-8 is read as U+FFFD. */
  private text(): boolean {
    const { body } = this;
    for (let at = this.at + 1; ; at++) {
      at = this.plainEnd(at);
      const byte = body[at];
      if (byte === QUOTE) {
        this.at = at + 1;
        return true;
      }
      if (byte !== BACKSLASH) return false;
      at += 1;
      if (body[at] === LOWER_U && areHexDigits(body, at + 1)) at += 4;
      else if (ESCAPES[body[at] ?? 0] !== 1) return false;
    }
  }

  /** Where the bytes end that stand for themselves in a text. */
  private plainEnd(from: number): number {
    const { body, words, wordsAt } = this;
    let at = from;
    for (const end = from + SHORT_TEXT; at < end || (at - wordsAt) % 4 !== 0; at++) {
      if (SPECIAL[body[at] ?? 0] === 1) return at;
    }
    let index = (at - wordsAt) / 4;
    // Four words a round: looking where to stop costs as much as looking at them.
    for (const end = words.length - 3; index < end; index += 4) {
      const found =
        special(words[index] ?? 0) |
        special(words[index + 1] ?? 0) |
        special(words[index + 2] ?? 0) |
        special(words[index + 3] ?? 0);
      if ((found & 0x80_80_80_80) !== 0) break;
    }
    at = wordsAt + index * 4;
    while (SPECIAL[body[at] ?? 0] !== 1) at += 1;
    return at;
  }

  private token(): boolean {
    const word = WORDS.get(this.body[this.at] ?? 0);
    if (word === undefined) return this.number();
    const from = this.at;
    this.at += word.length;
    return word.every((byte, index) => byte === this.body[from + index]);
  }

  private number(): boolean {
    const { body } = this;
    if (body[this.at] === MINUS) this.at += 1;
    if (body[this.at] === ZERO) this.at += 1;
    else if (!this.digits()) return false;
    if (body[this.at] === POINT) {
      this.at += 1;
      if (!this.digits()) return false;
    }
    if (body[this.at] !== LOWER_E && body[this.at] !== UPPER_E) return true;
    this.at += 1;
    if (body[this.at] === PLUS || body[this.at] === MINUS) this.at += 1;
    return this.digits();
  }

  /** At least one. */
  private digits(): boolean {
    const { body, at: from } = this;
    let at = from;
    for (let byte = body[at] ?? 0; byte >= ZERO && byte <= NINE; byte = body[at] ?? 0) at += 1;
    this.at = at;
    return at > from;
  }
}

/** The highest bit of a byte is set where any of the four is a quote, a backslash or a control character. */
function special(word: number): number {
  // Exchanges quotes and spaces: then quotes and controls are all that is below 0x21.
  const low = word ^ 0x02_02_02_02;
  const backslash = word ^ 0x5c_5c_5c_5c;
  return ((low - 0x21_21_21_21) & ~low) | ((backslash - 0x01_01_01_01) & ~backslash);
}

function flags(bytes: Buffer): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of bytes) table[byte] = 1;
  return table;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function areHexDigits(body: Buffer, at: number): boolean {
  for (let i = at; i < at + 4; i++) if (HEX_DIGITS[body[i] ?? 0] !== 1) return false;
  return true;
}
