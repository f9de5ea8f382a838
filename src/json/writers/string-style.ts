import { decodeString, type JsonDocument, tokenText, toByteText } from '../document.ts';
import { KEY, LITERAL, STRING } from '../tokeniser.ts';

/** How a writer escapes a string. */
export interface StringStyle {
  /** Part of the name of a rewrite, e.g. `everything beyond ASCII as \u00e9`. */
  readonly name: string;
  /** Everything beyond ASCII as `\uXXXX`; otherwise as UTF-8. */
  readonly isAscii: boolean;
  /** Digits of `\uXXXX` in upper case for printable and non-ASCII characters. */
  readonly isUpper: boolean;
  /** The same for control characters below U+0020, which some writers treat differently. */
  readonly isUpperControl: boolean;
  /** Printable ASCII written as `\uXXXX`, e.g. `<>&`. */
  readonly asUnicode: string;
  /** `/` as `\/`. */
  readonly hasEscapedSlash: boolean;
  /** U+007F as `\u007f`. */
  readonly hasEscapedDelete: boolean;
  /** Further characters as `\uXXXX` where the rest stays UTF-8, e.g. U+2028. */
  readonly alsoEscaped: string;
  /** `\b` and `\f`; otherwise `\u0008` and `\u000c`. */
  readonly hasShortBackspace: boolean;
}

const PLAIN: StringStyle = {
  name: 'strings as UTF-8',
  isAscii: false,
  isUpper: false,
  isUpperControl: false,
  asUnicode: '',
  hasEscapedSlash: false,
  hasEscapedDelete: false,
  alsoEscaped: '',
  hasShortBackspace: true,
};

const LINE_SEPARATORS = '\u2028\u2029';

const style = (name: string, changes: Partial<StringStyle>): StringStyle => ({
  ...PLAIN,
  ...changes,
  name,
});

/** The string style of every known writer. */
const ENCODERS = {
  /** JSON.stringify, Ruby's JSON, Python with ensure_ascii=False. */
  plain: PLAIN,
  /** Python's default. */
  ascii: style('non-ASCII as \\u00e9', { isAscii: true, hasEscapedDelete: true }),
  php: style('non-ASCII as \\u00e9 and / as \\/', { isAscii: true, hasEscapedSlash: true }),
  phpSlashes: style('non-ASCII as \\u00e9, DEL as it is', { isAscii: true }),
  phpUnicode: style('/ as \\/', { hasEscapedSlash: true, alsoEscaped: LINE_SEPARATORS }),
  /** PHP's hexadecimal flags, the default of Laravel's and Symfony's JsonResponse. */
  phpHex: style('<, >, &, \' and " as \\u003C, / as \\/', {
    isAscii: true,
    hasEscapedSlash: true,
    asUnicode: '<>&\'"',
    isUpper: true,
  }),
  html: style('<, > and & as \\u003c', { asUnicode: '<>&', alsoEscaped: LINE_SEPARATORS }),
  /** Go before 1.22. */
  htmlLongBackspace: style('<, > and & as \\u003c, backspace as \\u0008', {
    asUnicode: '<>&',
    alsoEscaped: LINE_SEPARATORS,
    hasShortBackspace: false,
  }),
  lines: style('U+2028 as \\u2028', { alsoEscaped: LINE_SEPARATORS }),
  linesLongBackspace: style('U+2028 as \\u2028, backspace as \\u0008', {
    alsoEscaped: LINE_SEPARATORS,
    hasShortBackspace: false,
  }),
  gson: style("<, >, &, = and ' as \\u003c", {
    asUnicode: "<>&='",
    alsoEscaped: LINE_SEPARATORS,
  }),
  upperControl: style('control characters as \\u001F', { isUpperControl: true }),
  asciiUpper: style('non-ASCII as \\u00E9', {
    isAscii: true,
    isUpper: true,
    isUpperControl: true,
  }),
  dotnet: style('non-ASCII and <>&\'+`" as \\u00E9', {
    isAscii: true,
    isUpper: true,
    isUpperControl: true,
    hasEscapedDelete: true,
    asUnicode: '<>&\'+`"',
  }),
  newtonsoft: style('U+0085 and U+2028 as \\u2028', {
    alsoEscaped: `\u0085${LINE_SEPARATORS}`,
  }),
  newtonsoftHtml: style('<, >, &, \' and " as \\u003c', {
    asUnicode: '<>&\'"',
    alsoEscaped: `\u0085${LINE_SEPARATORS}`,
  }),
  ujsonHtml: style('non-ASCII, <, > and & as \\u003c, / as \\/', {
    isAscii: true,
    hasEscapedSlash: true,
    asUnicode: '<>&',
  }),
  slash: style('/ as \\/, all else as UTF-8', { hasEscapedSlash: true }),
  deleteEscaped: style('DEL as \\u007f', { hasEscapedDelete: true }),
} as const satisfies Record<string, StringStyle>;

/** Styles that keep most of a string's source text, and Python's own notation. */
const OTHERS = {
  source: 'strings unchanged',
  lowerHex: 'the digits of \\u escapes in lower case',
  upperHex: 'the digits of \\u escapes in upper case',
  pythonRepr: "Python's notation, not JSON",
} as const;

export type StringStyleName = keyof typeof ENCODERS | keyof typeof OTHERS;

export const STRING_STYLES = [
  ...Object.keys(ENCODERS),
  ...Object.keys(OTHERS),
] as readonly StringStyleName[];

export function describeStringStyle(name: StringStyleName): string {
  return isOther(name) ? OTHERS[name] : ENCODERS[name].name;
}

function isOther(name: StringStyleName): name is keyof typeof OTHERS {
  return name in OTHERS;
}

/** The tokens that a style changes, with their new text; one character per byte. */
export type Overrides = ReadonlyMap<number, string>;

/**
 * The strings that each style changes, with their new text. Python's notation changes every string and
 * literal. Null if there are too many characters to escape.
 */
export function writeStrings(
  document: JsonDocument,
): ReadonlyMap<StringStyleName, Overrides> | null {
  const touched = touchedStrings(document);
  if (touched === null) return null;
  const sample = sampleOf(touched.values());
  const byEffect = new Map<string, Overrides>();
  const write = (name: StringStyleName): Overrides => {
    if (name === 'source') return new Map();
    if (name === 'pythonRepr') return writePython(document);
    if (name === 'lowerHex' || name === 'upperHex') {
      return overridesOf(document, touched, (_, source) =>
        changeHexCase(source, name === 'upperHex'),
      );
    }
    const encode = encoderOf(name);
    // Most styles write the characters of this document in the same way.
    const effect = encode(sample);
    const overrides = byEffect.get(effect) ?? overridesOf(document, touched, encode);
    byEffect.set(effect, overrides);
    return overrides;
  };
  return new Map(STRING_STYLES.map((name) => [name, write(name)]));
}

/** Matches the source of a string that at least one style changes. */
const TOUCHED = /[\\\u007f-\u00ff/<>&='+`]/;
const IS_TOUCHED = Uint8Array.from({ length: 256 }, (_, code) =>
  TOUCHED.test(String.fromCharCode(code)) ? 1 : 0,
);
/** The cost of writing one character that matches `TOUCHED`, in plain characters. */
const TOUCHED_CHARACTERS = 10;
/** The most characters that are rewritten, which takes about a second for all styles. */
const MAX_CHARACTERS = 20_000_000;

/** The values of the strings that at least one style changes; null where they are too long. */
function touchedStrings(document: JsonDocument): ReadonlyMap<number, string> | null {
  const touched = new Map<number, string>();
  let characters = 0;
  for (const [token, kind] of document.kinds.entries()) {
    if (kind !== STRING && kind !== KEY) continue;
    const text = tokenText(document, token);
    if (!TOUCHED.test(text)) continue;
    characters += text.length;
    for (let at = 0; at < text.length; at++) {
      if (IS_TOUCHED[text.charCodeAt(at)] === 1) characters += TOUCHED_CHARACTERS;
    }
    if (characters > MAX_CHARACTERS) return null;
    touched.set(token, decodeString(document, token));
  }
  return touched;
}

/** Marks the UTF-16 units found during a call of `sampleOf`; all zero between two calls. */
const occurs = new Uint8Array(0x1_0000);

/** Every character of the texts once. Encoders with the same result for this sample have the same result for the texts. */
function sampleOf(texts: Iterable<string>): string {
  const units: number[] = [];
  for (const text of texts) {
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (occurs[unit] === 1) continue;
      occurs[unit] = 1;
      units.push(unit);
    }
  }
  for (const unit of units) occurs[unit] = 0;
  // The sample separates the halves of surrogate pairs, so one whole pair is added.
  const sorted = units.sort((a, b) => a - b).map((unit) => String.fromCharCode(unit));
  return [...sorted, '\u{1f600}'].join(' ');
}

function overridesOf(
  document: JsonDocument,
  touched: ReadonlyMap<number, string>,
  write: (value: string, source: string) => string,
): Overrides {
  const texts = new Map<number, string>();
  for (const [token, value] of touched) {
    const source = tokenText(document, token);
    const text = write(value, source);
    if (text !== source) texts.set(token, text);
  }
  return texts;
}

function changeHexCase(text: string, isUpper: boolean): string {
  return text.replace(/\\(u[0-9a-fA-F]{4}|.)/g, (escape) =>
    escape.length < 6
      ? escape
      : `\\u${isUpper ? escape.slice(2).toUpperCase() : escape.slice(2).toLowerCase()}`,
  );
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
};

/** A cache of encoders: a search writes hundreds of documents. */
const encoders = new Map<keyof typeof ENCODERS, (value: string) => string>();

function encoderOf(name: keyof typeof ENCODERS): (value: string) => string {
  const encoder = encoders.get(name) ?? createEncoder(ENCODERS[name]);
  encoders.set(name, encoder);
  return encoder;
}

function createEncoder(style: StringStyle): (value: string) => string {
  const pattern = escapedCharacters(style);
  const known = new Map<string, string>();
  const escape = (char: string): string => {
    let text = known.get(char);
    if (text === undefined) {
      text = escapeCharacter(style, char);
      known.set(char, text);
    }
    return text;
  };
  return (value) => toByteText(`"${value.replace(pattern, escape)}"`);
}

function escapedCharacters(style: StringStyle): RegExp {
  const classes = [
    '\\u0000-\\u001f"\\\\',
    style.asUnicode.replace(/["`]/g, (char) => (char === '"' ? '' : '\\u0060')),
    style.hasEscapedSlash ? '/' : '',
    style.hasEscapedDelete ? '\\u007f' : '',
    style.isAscii ? '\\u0080-\\uffff' : style.alsoEscaped,
  ];
  // Half of a surrogate pair cannot be encoded as UTF-8, so every writer escapes it.
  const halves = '[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]';
  return new RegExp(`[${classes.join('')}]${style.isAscii ? '' : `|${halves}`}`, 'g');
}

function escapeCharacter(style: StringStyle, char: string): string {
  const code = char.charCodeAt(0);
  const short = SHORT_ESCAPES[char];
  const isLong =
    style.asUnicode.includes(char) || (!style.hasShortBackspace && (code === 8 || code === 12));
  if (short !== undefined && !isLong) return short;
  const isUpper = code < 0x20 ? style.isUpperControl : isUpperDigit(style, code);
  const digits = code.toString(16).padStart(4, '0');
  return `\\u${isUpper ? digits.toUpperCase() : digits}`;
}

/** Whether an escape has upper-case digits. PHP uses them for the characters of its JSON_HEX_* flags, not beyond ASCII. */
function isUpperDigit(style: StringStyle, code: number): boolean {
  return style.isUpper && (style.isUpperControl || code < 0x80);
}

/** Python's `str(dict)`: single quotes where possible, and `True`, `False`, `None`. */
function writePython(document: JsonDocument): Overrides {
  const texts = new Map<number, string>();
  for (const [token, kind] of document.kinds.entries()) {
    if (kind === LITERAL) {
      const text = tokenText(document, token);
      texts.set(token, text === 'null' ? 'None' : text === 'true' ? 'True' : 'False');
    } else if (kind === STRING || kind === KEY) {
      texts.set(token, toByteText(pythonRepr(decodeString(document, token))));
    }
  }
  return texts;
}

/** `repr` of a Python string, for the characters that payloads hold. */
export function pythonRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  // Python's `str.isprintable` excludes separators other than the space, and the category "other".
  const escaped = text.replace(/(?! )[\p{C}\p{Z}'\\]/gu, (char) => {
    if (char === "'") return quote === "'" ? "\\'" : char;
    if (char === '\\') return '\\\\';
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char];
    return short ?? pythonEscape(char.codePointAt(0) ?? 0);
  });
  return `${quote}${escaped}${quote}`;
}

function pythonEscape(code: number): string {
  const digits = code.toString(16);
  if (code < 0x100) return `\\x${digits.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${digits.padStart(4, '0')}` : `\\U${digits.padStart(8, '0')}`;
}
