/** Deeper objects are not read. */
const MAX_DEPTH = 64;

const LITERALS: Readonly<Record<string, string>> = {
  true: 'true',
  True: 'true',
  false: 'false',
  False: 'false',
  null: 'null',
  None: 'null',
  nil: 'null',
  undefined: 'null',
  NULL: 'null',
};

/**
 * Reads an object as Python, JavaScript and Ruby print it (single quotes, bare keys, `=>`, `True`,
 * `None`) and writes it as compact JSON. Numbers keep their source.
 */
export class RelaxedParser {
  private readonly text: string;
  private at = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The JSON; null where the text is not such an object. */
  parse(): string | null {
    const value = this.value();
    this.space();
    if (this.text[this.at] === ';') this.at += 1;
    return value !== null && this.at === this.text.length ? value : null;
  }

  private value(): string | null {
    this.space();
    if (this.text.startsWith('%{', this.at)) this.at += 1;
    const char = this.text[this.at];
    if (char === '{' || char === '[') return this.collection(char);
    if (char === '"' || char === "'" || char === '`') return this.strings();
    const word = this.match(/[-+\w.]+/y);
    if (word === null) return null;
    if (/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?$/.test(word)) return word;
    return LITERALS[word] ?? null;
  }

  private collection(open: '{' | '['): string | null {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) return null;
    this.at += 1;
    const close = open === '{' ? '}' : ']';
    const parts: string[] = [];
    for (;;) {
      this.space();
      if (this.text[this.at] === close) break;
      const part = open === '{' ? this.member() : this.value();
      if (part === null) return null;
      parts.push(part);
      this.space();
      if (this.text[this.at] === ',') this.at += 1;
      else if (this.text[this.at] !== close) return null;
    }
    this.at += 1;
    this.depth -= 1;
    return `${open}${parts.join(',')}${close}`;
  }

  private member(): string | null {
    const key = this.key();
    if (key === null) return null;
    this.space();
    if (this.match(/=>|:/y) === null) return null;
    const value = this.value();
    return value === null ? null : `${key}:${value}`;
  }

  private key(): string | null {
    this.space();
    if (this.text[this.at] === ':') this.at += 1;
    const char = this.text[this.at];
    if (char === '"' || char === "'") return this.string();
    const word = this.match(/[\p{L}_$][\p{L}\w$]*|\d+/uy);
    return word === null ? null : JSON.stringify(word);
  }

  /** One string, or parts of one joined by `+`, as util.inspect breaks long ones. */
  private strings(): string | null {
    const first = this.string();
    if (first === null) return null;
    let whole = JSON.parse(first) as string;
    for (;;) {
      const start = this.at;
      this.space();
      if (this.text[this.at] !== '+') {
        this.at = start;
        return JSON.stringify(whole);
      }
      this.at += 1;
      this.space();
      const next = this.string();
      if (next === null) return null;
      whole += JSON.parse(next) as string;
    }
  }

  private string(): string | null {
    const quote = this.text[this.at];
    if (quote !== '"' && quote !== "'" && quote !== '`') return null;
    let value = '';
    for (let at = this.at + 1; at < this.text.length; at++) {
      const char = this.text[at] ?? '';
      if (char === quote) {
        this.at = at + 1;
        return JSON.stringify(value);
      }
      if (char !== '\\') {
        value += char;
        continue;
      }
      const escape = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([^]))/.exec(
        this.text.slice(at + 1, at + 10),
      );
      if (escape === null) return null;
      at += escape[0].length;
      value += readEscape(escape);
    }
    return null;
  }

  private space(): void {
    this.match(/\s+/y);
  }

  private match(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at = pattern.lastIndex;
    return found[0];
  }
}

const NAMED: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\u001b',
  '0': '\0',
};

function readEscape([, two, four, eight, char = '']: RegExpExecArray): string {
  const hex = two ?? four ?? eight;
  if (hex === undefined) return NAMED[char] ?? char;
  const code = parseInt(hex, 16);
  return code <= 0x10ffff ? String.fromCodePoint(code) : '\ufffd';
}
