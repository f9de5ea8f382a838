/** One command of a script: its words as latin1, and the words of the command that is piped into it. */
export interface ShellCommand {
  readonly words: readonly string[];
  readonly pipedFrom: readonly string[] | null;
  /** The text of a here-document, as latin1. */
  readonly stdin: string | null;
}

/** A command that is still being read. */
interface Draft extends ShellCommand {
  readonly words: string[];
  stdin: string | null;
}

/** The error for a `$NAME` that the script does not set. */
export class OpenVariable extends Error {
  readonly variable: string;

  constructor(variable: string) {
    super(variable);
    this.variable = variable;
  }
}

/** The operators that separate commands in bash. */
const OPERATOR = /\|\||&&|;|&|\|/y;

/**
 * The commands of a shell script (latin1), split into words as bash does: with quotes, `$'…'`, line
 * continuations, here-documents, and variables that the script itself sets.
 */
export function readPosixCommands(script: string): ShellCommand[] {
  return new PosixReader(script).read();
}

class PosixReader {
  private readonly script: string;
  private at = 0;
  private current: Draft = { words: [], pipedFrom: null, stdin: null };
  private readonly heredocs: { readonly delimiter: string; readonly target: Draft }[] = [];
  private readonly variables = new Map<string, string>();
  private readonly commands: ShellCommand[] = [];

  constructor(script: string) {
    this.script = script.replaceAll('\r\n', '\n');
  }

  read(): ShellCommand[] {
    while (this.at < this.script.length) this.readOne();
    this.endCommand(null);
    return this.commands;
  }

  private readOne(): void {
    const char = this.script[this.at] ?? '';
    if (char === '\n') {
      this.at += 1;
      for (const { delimiter, target } of this.heredocs.splice(0)) {
        target.stdin = this.readHeredoc(delimiter);
      }
      this.endCommand(null);
    } else if (/\s/.test(char)) {
      this.at += 1;
    } else if (char === '#') {
      this.at = this.lineEnd();
    } else if (this.script.startsWith('\\\n', this.at)) {
      this.at += 2;
    } else if (!this.takeHeredoc() && !this.takeOperator()) {
      this.current.words.push(this.readWord());
    }
  }

  private takeHeredoc(): boolean {
    const found = this.match(/<<-?\s*(['"]?)(\w+)\1/y);
    if (found === null) return false;
    this.heredocs.push({ delimiter: found[2] ?? '', target: this.current });
    return true;
  }

  private takeOperator(): boolean {
    const operator = this.match(OPERATOR)?.[0];
    if (operator === undefined) return false;
    this.endCommand(operator === '|' ? this.current.words : null);
    return true;
  }

  private match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.script);
    if (found !== null) this.at += found[0].length;
    return found;
  }

  /** Ends the current command and begins the next one. `pipedFrom` is the command that is piped into it. */
  private endCommand(pipedFrom: readonly string[] | null): void {
    const { words } = this.current;
    const assignment = /^([A-Za-z_]\w*)=([^]*)$/.exec(words.at(-1) ?? '');
    const isAssignment = words.length === 1 || words[0] === 'export';
    if (assignment !== null && isAssignment) {
      this.variables.set(assignment[1] ?? '', assignment[2] ?? '');
    } else if (words.length > 0) this.commands.push(this.current);
    this.current = { words: [], pipedFrom, stdin: null };
  }

  private readHeredoc(delimiter: string): string {
    const lines: string[] = [];
    while (this.at < this.script.length) {
      const end = this.lineEnd();
      const line = this.script.slice(this.at, end);
      this.at = Math.min(end + 1, this.script.length);
      if (line.trim() === delimiter) break;
      lines.push(`${line}\n`);
    }
    return lines.join('');
  }

  private readWord(): string {
    let word = '';
    for (;;) {
      const char = this.script[this.at];
      if (char === undefined || /[\s;|&]/.test(char)) return word;
      this.at += 1;
      if (char === "'") word += this.upTo("'");
      else if (char === '"') word += this.doubleQuoted();
      else if (char === '$' && this.script[this.at] === "'") word += this.ansiQuoted();
      else if (char === '$') word += this.substitution();
      else if (char === '\\') word += this.escaped();
      else word += char;
    }
  }

  private escaped(): string {
    const char = this.script[this.at] ?? '';
    this.at += 1;
    return char === '\n' ? '' : char;
  }

  private upTo(quote: string): string {
    const end = this.script.indexOf(quote, this.at);
    const stop = end === -1 ? this.script.length : end;
    const text = this.script.slice(this.at, stop);
    this.at = stop + 1;
    return text;
  }

  private doubleQuoted(): string {
    let text = '';
    while (this.at < this.script.length) {
      const char = this.script[this.at] ?? '';
      this.at += 1;
      if (char === '"') break;
      if (char === '\\') {
        const next = this.script[this.at] ?? '';
        this.at += 1;
        if (next !== '\n') text += /["\\$`]/.test(next) ? next : `\\${next}`;
      } else if (char === '$') text += this.substitution();
      else text += char;
    }
    return text;
  }

  /** A `$'…'` text, which browsers write for values that need escapes. */
  private ansiQuoted(): string {
    const start = this.at + 1;
    let end = start;
    while (end < this.script.length && this.script[end] !== "'") {
      end += this.script[end] === '\\' ? 2 : 1;
    }
    this.at = end + 1;
    return decodeAnsi(this.script.slice(start, end));
  }

  /** The value after a `$`: a variable of the script, or the output of `printf`. */
  private substitution(): string {
    const found = this.match(/\{?([A-Za-z_]\w*)\}?/y);
    if (found !== null) {
      const value = this.variables.get(found[1] ?? '');
      if (value === undefined) throw new OpenVariable(found[1] ?? '');
      return value;
    }
    if (this.script[this.at] !== '(') return '$';
    const inner = new PosixReader(this.script.slice(this.at + 1, this.closing()));
    const [command] = inner.read();
    const output = command === undefined ? null : printfOutput(command.words);
    if (output === null) throw new OpenVariable('(…)');
    this.at = this.closing() + 1;
    // A command substitution removes trailing newlines.
    return output.replace(/\n+$/, '');
  }

  /** The offset of the `)` that ends a command substitution; a `)` in quotes does not count. */
  private closing(): number {
    let quote = '';
    for (let at = this.at + 1; at < this.script.length; at++) {
      const char = this.script[at] ?? '';
      if (quote !== '') {
        if (char === quote) quote = '';
      } else if (char === "'" || char === '"') quote = char;
      else if (char === ')') return at;
    }
    return this.script.length;
  }

  private lineEnd(): number {
    const end = this.script.indexOf('\n', this.at);
    return end === -1 ? this.script.length : end;
  }
}

/** The output of `printf` or `echo`, as latin1; null for any other command, and for a format with values. */
export function printfOutput(words: readonly string[]): string | null {
  const [name, ...rest] = words;
  if (name === 'echo') {
    const isBare = rest[0] === '-n';
    return `${(isBare ? rest.slice(1) : rest).join(' ')}${isBare ? '' : '\n'}`;
  }
  if (name !== 'printf') return null;
  const [format = '', ...values] = rest;
  if (format === '%s' && values.length === 1) return values[0] ?? '';
  if (format === '%b' && values.length === 1) return decodeAnsi(values[0] ?? '');
  return values.length === 0 && !/%(?!%)/.test(format)
    ? decodeAnsi(format).replaceAll('%%', '%')
    : null;
}

const SHORT: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  v: '\v',
};

/** The escapes of `$'…'` and `printf`; `\u` gives the UTF-8 of a character, one byte each. */
function decodeAnsi(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|(0?[0-7]{1,3})|([^]))/g,
    (_, hex?: string, u?: string, long?: string, octal?: string, char = '') => {
      const byte = hex === undefined ? octal : `0x${hex}`;
      if (hex !== undefined) return String.fromCharCode(Number(byte));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 255);
      const code = u ?? long;
      if (code === undefined) return SHORT[char as string] ?? (char as string);
      return utf8(Number.parseInt(code, 16));
    },
  );
}

function utf8(point: number): string {
  const isPoint = point <= 0x10ffff;
  return Buffer.from(isPoint ? String.fromCodePoint(point) : '\ufffd').toString('latin1');
}

/**
 * The commands of a cmd.exe script (latin1). `^` escapes a character or a line end; inside quotes, `""`
 * and `\"` are a quote.
 */
export function readCmdCommands(script: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  // A line end inside a value is written as `^` and two line ends.
  const joined = script
    .replaceAll('\r\n', '\n')
    .replaceAll('^\n\n', VALUE_LINE_END)
    .replace(/\^\n[ \t]*/g, ' ');
  for (const line of joined.split('\n')) {
    const words = cmdWords(line.replace(/\^([^])/g, '$1').trim());
    if (words.length === 0) continue;
    const exact = words.map((word) => word.replaceAll(VALUE_LINE_END, '\n'));
    commands.push({ words: exact, pipedFrom: null, stdin: null });
  }
  return commands;
}

/** Stands for a line end while lines are split. No command line can contain it. */
const VALUE_LINE_END = '\u0000';

/** Words as a Windows program splits its command line. */
function cmdWords(line: string): string[] {
  const words: string[] = [];
  let word: string | null = null;
  let isQuoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? '';
    if (char === '\\' && line[at + 1] === '"') {
      word = `${word ?? ''}"`;
      at += 1;
    } else if (char === '\\' && line[at + 1] === '\\' && /^\\+"/.test(line.slice(at))) {
      word = `${word ?? ''}\\`;
      at += 1;
    } else if (char === '"' && isQuoted && line[at + 1] === '"') {
      word = `${word ?? ''}"`;
      at += 1;
    } else if (char === '"') {
      isQuoted = !isQuoted;
      word ??= '';
    } else if (/\s/.test(char) && !isQuoted) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = `${word ?? ''}${char}`;
    }
  }
  return word === null ? words : [...words, word];
}
