import type { JsonDocument } from '../document.ts';
import { CLOSE_ARRAY, CLOSE_OBJECT, KEY, OPEN_ARRAY, OPEN_OBJECT } from '../tokeniser.ts';

/** Where a writer puts white space. */
export interface Whitespace {
  readonly name: string;
  readonly comma: string;
  readonly colon: string;
  /** The indent of one level, with one line per member; null to write a single line. */
  readonly indent: string | null;
  readonly newline: '\n' | '\r\n';
  /** The space inside the brackets of a single line: `{ "a": 1 }`. */
  readonly padding: '' | ' ';
  /** Arrays are on one line, with padding, and add no indent (Jackson). */
  readonly hasInlineArrays: boolean;
  readonly emptyObject: 'none' | 'space' | 'line';
  readonly emptyArray: 'none' | 'space' | 'line' | 'blank-line';
}

const SINGLE_LINE: Whitespace = {
  name: 'no white space',
  comma: ',',
  colon: ':',
  indent: null,
  newline: '\n',
  padding: '',
  hasInlineArrays: false,
  emptyObject: 'none',
  emptyArray: 'none',
};

const indented = (indent: string, name: string, more: Partial<Whitespace> = {}): Whitespace => ({
  ...SINGLE_LINE,
  colon: ': ',
  indent,
  name,
  ...more,
});

/** The white space of every known writer. */
export const WHITESPACE = {
  compact: SINGLE_LINE,
  spaced: { ...SINGLE_LINE, comma: ', ', colon: ': ', name: 'a space after comma and colon' },
  colonSpaced: { ...SINGLE_LINE, colon: ': ', name: 'a space after the colon' },
  commaSpaced: { ...SINGLE_LINE, comma: ', ', name: 'a space after the comma' },
  padded: {
    ...SINGLE_LINE,
    comma: ', ',
    colon: ': ',
    padding: ' ',
    name: 'spaces inside the brackets',
  },
  indent2: indented('  ', '2 spaces of indent'),
  indent4: indented('    ', '4 spaces of indent'),
  tabs: indented('\t', 'tabs as indent'),
  indent1: indented(' ', '1 space of indent'),
  indent3: indented('   ', '3 spaces of indent'),
  indent2Crlf: indented('  ', '2 spaces of indent and CRLF line ends', { newline: '\r\n' }),
  indent4Crlf: indented('    ', '4 spaces of indent and CRLF line ends', { newline: '\r\n' }),
  rubyPretty: indented('  ', '2 spaces of indent, empty brackets over lines', {
    emptyObject: 'line',
    emptyArray: 'blank-line',
  }),
  jackson: indented('  ', "Jackson's indent", {
    colon: ' : ',
    hasInlineArrays: true,
    emptyObject: 'space',
    emptyArray: 'space',
  }),
  jacksonCrlf: indented('  ', "Jackson's indent with CRLF line ends", {
    colon: ' : ',
    newline: '\r\n',
    hasInlineArrays: true,
    emptyObject: 'space',
    emptyArray: 'space',
  }),
  perlPretty: indented('   ', "Perl's indent", { colon: ' : ' }),
  jsonbPretty: indented('    ', '4 spaces of indent, empty brackets over lines', {
    emptyObject: 'line',
    emptyArray: 'line',
  }),
  swiftPretty: indented('  ', "Foundation's indent", { colon: ' : ', emptyArray: 'blank-line' }),
} as const satisfies Record<string, Whitespace>;

export type WhitespaceName = keyof typeof WHITESPACE;

/**
 * The text of a document, with gaps for the tokens that vary:
 * `literals[0] tokens[0] literals[1] … literals[n]`.
 */
export interface Layout {
  readonly literals: readonly string[];
  readonly tokens: readonly number[];
}

/**
 * A document with this white space; null if it would be longer than `maxLength` characters (the size of
 * the indentation grows quadratically with the depth). `fixedText` returns the text of a token that is
 * the same in every style, so that it is joined with its neighbours only once; undefined for a token
 * that varies.
 */
export function layOut(
  document: JsonDocument,
  sequence: readonly number[],
  whitespace: Whitespace,
  fixedText: (token: number) => string | undefined,
  maxLength: number,
): Layout | null {
  const { kinds } = document;
  const writer = new LayoutWriter(whitespace, fixedText);
  for (let i = 0; i < sequence.length; i++) {
    const token = sequence[i] ?? 0;
    switch (kinds[token]) {
      case OPEN_OBJECT:
      case OPEN_ARRAY: {
        const closing = kinds[sequence[i + 1] ?? -1];
        if (closing === CLOSE_OBJECT || closing === CLOSE_ARRAY) {
          writer.empty(closing === CLOSE_ARRAY);
          i += 1;
        } else writer.open(kinds[token] === OPEN_ARRAY);
        break;
      }
      case CLOSE_OBJECT:
      case CLOSE_ARRAY:
        writer.close(kinds[token] === CLOSE_ARRAY);
        break;
      case KEY:
        writer.key(token);
        break;
      default:
        writer.value(token);
    }
    if (writer.length > maxLength) return null;
  }
  return writer.finish();
}

class LayoutWriter {
  private readonly literals: string[] = [];
  private readonly tokens: number[] = [];
  private pending = '';
  private depth = 0;
  private state: 'first' | 'next' | 'after-key' = 'first';
  private readonly whitespace: Whitespace;
  private readonly fixedText: (token: number) => string | undefined;
  /** For every open bracket, whether each member is on its own line. */
  private readonly isOnLines: boolean[] = [];
  private readonly breaks: string[] = [];
  length = 0;

  constructor(whitespace: Whitespace, fixedText: (token: number) => string | undefined) {
    this.whitespace = whitespace;
    this.fixedText = fixedText;
  }

  open(isArray: boolean): void {
    this.before();
    this.write(isArray ? '[' : '{');
    const { indent, hasInlineArrays } = this.whitespace;
    const isOnLines = indent !== null && !(isArray && hasInlineArrays);
    this.isOnLines.push(isOnLines);
    if (isOnLines) this.depth += 1;
    this.state = 'first';
  }

  close(isArray: boolean): void {
    if (this.isOnLines.pop() === true) {
      this.depth -= 1;
      this.write(this.lineBreak());
    } else this.write(this.inlinePadding());
    this.write(isArray ? ']' : '}');
    this.state = 'next';
  }

  empty(isArray: boolean): void {
    this.before();
    const { emptyArray, emptyObject, newline, indent } = this.whitespace;
    const style = isArray ? emptyArray : emptyObject;
    const line = indent === null ? '' : this.lineBreak();
    const inner = { none: '', space: ' ', line, 'blank-line': `${newline}${line}` }[style];
    this.write(isArray ? `[${inner}]` : `{${inner}}`);
    this.state = 'next';
  }

  key(token: number): void {
    this.before();
    this.put(token);
    this.write(this.whitespace.colon);
    this.state = 'after-key';
  }

  value(token: number): void {
    this.before();
    this.put(token);
    this.state = 'next';
  }

  finish(): Layout {
    this.literals.push(this.pending);
    return { literals: this.literals, tokens: this.tokens };
  }

  /** The comma and the space or line break before a key or value. */
  private before(): void {
    if (this.state === 'after-key' || this.isOnLines.length === 0) return;
    const isOnLines = this.isOnLines.at(-1) === true;
    if (this.state === 'next') {
      if (isOnLines) this.write(',');
      else this.write(this.whitespace.indent === null ? this.whitespace.comma : ', ');
    }
    if (isOnLines) this.write(this.lineBreak());
    else if (this.state === 'first') this.write(this.inlinePadding());
  }

  private inlinePadding(): string {
    return this.whitespace.hasInlineArrays ? ' ' : this.whitespace.padding;
  }

  private lineBreak(): string {
    const { newline, indent } = this.whitespace;
    return (this.breaks[this.depth] ??=
      `${newline}${(indent ?? '').repeat(Math.min(this.depth, 10_000))}`);
  }

  private put(token: number): void {
    const text = this.fixedText(token);
    if (text !== undefined) {
      this.write(text);
      return;
    }
    this.literals.push(this.pending);
    this.tokens.push(token);
    this.pending = '';
  }

  private write(text: string): void {
    this.pending += text;
    this.length += text.length;
  }
}

/** The length of a layout whose tokens have these texts. */
export function measureLayout(layout: Layout, texts: readonly string[]): number {
  let length = 0;
  for (const literal of layout.literals) length += literal.length;
  for (const token of layout.tokens) length += texts[token]?.length ?? 0;
  return length;
}

/** Pieces are joined to about this length before they are written, to avoid tiny writes and huge strings. */
const JOINED_CHARACTERS = 8192;

/** Writes a layout, one byte per character, from the start of `output`. */
export function writeLayout(layout: Layout, texts: readonly string[], output: Buffer): void {
  const { literals, tokens } = layout;
  let at = 0;
  let joined = '';
  for (let i = 0; i < tokens.length; i++) {
    joined += literals[i] ?? '';
    joined += texts[tokens[i] ?? 0] ?? '';
    if (joined.length < JOINED_CHARACTERS) continue;
    at += output.write(joined, at, 'latin1');
    joined = '';
  }
  output.write(joined + (literals[tokens.length] ?? ''), at, 'latin1');
}
