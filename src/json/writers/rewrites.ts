import { type JsonDocument, tokenText } from '../document.ts';
import {
  type Layout,
  layOut,
  measureLayout,
  WHITESPACE,
  type WhitespaceName,
  writeLayout,
} from './layout.ts';
import { type MemberOrder, orderTokens } from './member-order.ts';
import {
  describeNumberStyle,
  NUMBER_STYLES,
  type NumberStyleName,
  writeNumbers,
} from './number-style.ts';
import { JSON_WRITERS, type JsonWriter } from './json-writers.ts';
import {
  describeStringStyle,
  type Overrides,
  STRING_STYLES,
  type StringStyleName,
  writeStrings,
} from './string-style.ts';

/** A document as one or several writers write it. */
export interface Rewrite {
  /** The known writers with this result; if there are none, the style in words. */
  readonly names: readonly string[];
  /** Valid until the next rewrite, which reuses the memory. */
  readonly bytes: Buffer;
  readonly whitespace: WhitespaceName;
  changes(): Changes;
}

/** The differences that show whether the rewrite was made from the source, or the source from the rewrite. */
export interface Changes {
  /** What the rewrite lost; the source cannot have been made from the rewrite. */
  readonly lost: string | null;
  /** What only the rewrite has; the source may have lost it. */
  readonly gained: string | null;
}

/** One rewrite of this document: the index of each of its styles among the distinct styles. */
interface Choice {
  readonly order: number;
  readonly whitespace: WhitespaceName;
  readonly strings: number;
  readonly numbers: number;
}

/** The most tokens for which layouts are cached; above it they are built for each rewrite. */
const KEPT_LAYOUT_TOKENS = 400_000;

/**
 * Writes one document in many ways. Styles with the same result for this document (most of them)
 * are merged first, so that equal bytes are written once.
 */
export class Rewriter {
  private readonly orders = new Distinct<MemberOrder, readonly number[]>(isEqualList);
  private readonly strings = new Distinct<StringStyleName, Overrides>(isEqualOverrides);
  private readonly numbers = new Distinct<NumberStyleName, Overrides>(isEqualOverrides);
  private readonly layouts = new Map<string, Layout | null>();
  private readonly texts = new Map<number, readonly string[]>();
  private keptTokens = 0;
  private output = Buffer.alloc(0);
  private readonly document: JsonDocument;
  private readonly source: readonly string[];
  /** The tokens that at least one style changes. */
  private readonly varying = new Set<number>();

  /** Null where the document has too many escapes to rewrite in reasonable time. */
  static open(document: JsonDocument): Rewriter | null {
    const strings = writeStrings(document);
    return strings === null ? null : new Rewriter(document, strings);
  }

  private constructor(document: JsonDocument, strings: ReadonlyMap<StringStyleName, Overrides>) {
    this.document = document;
    this.source = document.kinds.map((_, token) => tokenText(document, token));
    for (const [order, tokens] of orderTokens(document)) this.orders.add(order, tokens);
    for (const [name, overrides] of strings) this.strings.add(name, overrides);
    for (const name of NUMBER_STYLES) this.numbers.add(name, writeNumbers(document, name));
    for (const overrides of [...this.strings.all(), ...this.numbers.all()]) {
      // Python's notation changes every string, so its rewrites are joined token by token.
      if (overrides === this.pythonTexts) continue;
      for (const token of overrides.keys()) this.varying.add(token);
    }
  }

  private get pythonTexts(): Overrides {
    return this.strings.value(this.strings.indexOf('pythonRepr'));
  }

  get tokenCount(): number {
    return this.source.length;
  }

  /** The document as each known writer writes it. Writers with the same result share one rewrite. */
  *byWriter(): Generator<Rewrite> {
    for (const { choice, names } of this.writerChoices().values()) {
      const rewrite = this.write(choice, names);
      if (rewrite !== null) yield rewrite;
    }
  }

  /** The document in every other combination of the four styles, common combinations first. */
  *byCombination(): Generator<Rewrite> {
    const done = new Set(this.writerChoices().keys());
    const common = this.combinations(COMMON.whitespace, COMMON.numbers, COMMON.strings);
    const all = this.combinations(
      Object.keys(WHITESPACE) as WhitespaceName[],
      NUMBER_STYLES,
      STRING_STYLES.filter((name) => name !== 'pythonRepr'),
    );
    for (const choices of [common, all]) {
      for (const choice of choices) {
        const key = choiceKey(choice);
        if (done.has(key)) continue;
        done.add(key);
        const rewrite = this.write(choice, [this.describe(choice)]);
        if (rewrite !== null) yield rewrite;
      }
    }
  }

  private *combinations(
    whitespaces: readonly WhitespaceName[],
    numberStyles: readonly NumberStyleName[],
    stringStyles: readonly StringStyleName[],
  ): Generator<Choice> {
    const numbers = new Set(numberStyles.map((name) => this.numbers.indexOf(name)));
    const strings = new Set(stringStyles.map((name) => this.strings.indexOf(name)));
    for (const order of this.orders.indexes()) {
      for (const whitespace of whitespaces) {
        for (const number of numbers) {
          for (const string of strings) {
            yield { order, whitespace, strings: string, numbers: number };
          }
        }
      }
    }
  }

  private writerChoices(): Map<string, { choice: Choice; names: string[] }> {
    const choices = new Map<string, { choice: Choice; names: string[] }>();
    for (const writer of JSON_WRITERS) {
      const choice = this.choose(writer);
      const key = choiceKey(choice);
      const known = choices.get(key);
      if (known === undefined) choices.set(key, { choice, names: [writer.name] });
      else if (!known.names.includes(writer.name)) known.names.push(writer.name);
    }
    return choices;
  }

  private choose(writer: JsonWriter): Choice {
    return {
      order: this.orders.indexOf(writer.order),
      whitespace: writer.whitespace,
      strings: this.strings.indexOf(writer.strings),
      numbers: this.numbers.indexOf(writer.numbers),
    };
  }

  private write(choice: Choice, names: readonly string[]): Rewrite | null {
    const layout = this.layout(choice);
    if (layout === null) return null;
    const texts = this.tokenTexts(choice);
    const length = measureLayout(layout, texts);
    if (this.output.length < length) this.output = Buffer.allocUnsafe(length * 2);
    writeLayout(layout, texts, this.output);
    return {
      names,
      bytes: this.output.subarray(0, length),
      whitespace: choice.whitespace,
      changes: () => this.compare(choice),
    };
  }

  private layout(choice: Choice): Layout | null {
    const isPython = this.strings.value(choice.strings) === this.pythonTexts;
    const key = `${choice.order} ${choice.whitespace} ${isPython}`;
    const known = this.layouts.get(key);
    if (known !== undefined) return known;
    const { document } = this;
    const maxLength = 4 * document.text.length + 65_536;
    const sequence = this.orders.value(choice.order);
    const layout = layOut(
      document,
      sequence,
      WHITESPACE[choice.whitespace],
      (token) => (isPython || this.varying.has(token) ? undefined : this.source[token]),
      maxLength,
    );
    this.keptTokens += layout?.tokens.length ?? 0;
    if (this.keptTokens > KEPT_LAYOUT_TOKENS) {
      this.layouts.clear();
      this.keptTokens = layout?.tokens.length ?? 0;
    }
    this.layouts.set(key, layout);
    return layout;
  }

  private tokenTexts(choice: Choice): readonly string[] {
    const key = choice.strings * 100 + choice.numbers;
    const known = this.texts.get(key);
    if (known !== undefined) return known;
    const texts = [...this.source];
    for (const [token, text] of this.strings.value(choice.strings)) texts[token] = text;
    for (const [token, text] of this.numbers.value(choice.numbers)) texts[token] = text;
    if (this.texts.size * texts.length > KEPT_LAYOUT_TOKENS) this.texts.clear();
    this.texts.set(key, texts);
    return texts;
  }

  private compare(choice: Choice): Changes {
    if (this.orders.value(choice.order).length < this.source.length) {
      return { lost: 'duplicate keys', gained: null };
    }
    let gained: string | null = null;
    for (const [token, text] of this.numbers.value(choice.numbers)) {
      const source = this.source[token] ?? '';
      if (source.includes('.') || !text.includes('.')) {
        return { lost: `${source} (written as ${text})`, gained: null };
      }
      gained ??= `${text} (here ${source})`;
    }
    return { lost: null, gained };
  }

  private describe(choice: Choice): string {
    const order = this.orders.names(choice.order);
    const parts = [
      WHITESPACE[choice.whitespace].name,
      order.includes('source') ? '' : ORDER_NAMES[order[0] ?? 'source'],
      this.strings.isSource(choice.strings)
        ? ''
        : describeStringStyle(this.strings.names(choice.strings)[0] ?? 'source'),
      this.numbers.isSource(choice.numbers)
        ? ''
        : describeNumberStyle(this.numbers.names(choice.numbers)[0] ?? 'source'),
    ];
    return `a JSON writer with ${parts.filter((part) => part !== '').join(', ')}`;
  }
}

/** The styles of most writers. */
const COMMON = {
  whitespace: ['compact', 'spaced', 'indent2', 'indent4'],
  numbers: ['source', 'javascript', 'python', 'decimalFields'],
  strings: ['source', 'plain', 'ascii', 'php', 'html'],
} as const;

const ORDER_NAMES: Readonly<Record<MemberOrder, string>> = {
  source: 'keys in their order',
  insertion: 'only the last of equal keys',
  javascript: 'numeric keys first',
  sorted: 'sorted keys',
  'sorted-outside': 'sorted keys in the outermost object',
  'by-length': 'keys sorted by length',
  reversed: 'keys in reverse',
  documented: "keys in the order of Relyable's documentation",
};

function choiceKey({ order, whitespace, strings, numbers }: Choice): string {
  return `${order} ${whitespace} ${strings} ${numbers}`;
}

/** A list of named values in which equal values share one index. */
class Distinct<Name extends string, Value> {
  private readonly values: Value[] = [];
  private readonly byName = new Map<Name, number>();
  private readonly isEqual: (a: Value, b: Value) => boolean;

  constructor(isEqual: (a: Value, b: Value) => boolean) {
    this.isEqual = isEqual;
  }

  add(name: Name, value: Value): void {
    let index = this.values.findIndex((known) => this.isEqual(known, value));
    if (index === -1) index = this.values.push(value) - 1;
    this.byName.set(name, index);
  }

  indexes(): IterableIterator<number> {
    return this.values.keys();
  }

  all(): readonly Value[] {
    return this.values;
  }

  indexOf(name: Name): number {
    return this.byName.get(name) ?? 0;
  }

  names(index: number): Name[] {
    return [...this.byName].filter(([, at]) => at === index).map(([name]) => name);
  }

  value(index: number): Value {
    const value = this.values[index];
    if (value === undefined) throw new RangeError(`no value ${index}`);
    return value;
  }

  /** Whether the value under this index is the one named `source`. */
  isSource(index: number): boolean {
    return this.byName.get('source' as Name) === index;
  }
}

function isEqualList(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}

function isEqualOverrides(a: Overrides, b: Overrides): boolean {
  if (a === b) return true;
  if (a.size !== b.size) return false;
  for (const [token, text] of a) if (b.get(token) !== text) return false;
  return true;
}
