import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  KEY,
  OPEN_ARRAY,
  OPEN_OBJECT,
  Tokeniser,
} from '../../../json/tokeniser.ts';

/** The deepest level that is indented further; it keeps lines short. */
const MAX_INDENT = 20;

/**
 * Formats valid JSON with two spaces of indent and leaves every token as it is: `70.0` stays
 * `70.0`, repeated keys stay. Ends after `maxLines` lines.
 */
export function prettyJson(text: string, maxLines: number): string[] {
  const bytes = Buffer.from(text, 'utf8');
  const printer = new Printer();
  const tokeniser = new Tokeniser(bytes, (kind, start, end) => {
    printer.add(kind, bytes.toString('utf8', start, end));
  });
  do {
    if (!tokeniser.readNext()) break;
  } while (tokeniser.open.length > 0 && printer.lines.length <= maxLines);
  return printer.lines.slice(0, maxLines);
}

class Printer {
  readonly lines = [''];
  private depth = 0;
  /** What the last token was, as far as the next one's position depends on it. */
  private last: 'open' | 'key' | 'value' = 'key';

  add(kind: number, token: string): void {
    if (kind === CLOSE_OBJECT || kind === CLOSE_ARRAY) {
      this.depth -= 1;
      if (this.last !== 'open') this.breakLine();
      this.append(token);
      this.last = 'value';
      return;
    }
    if (this.last === 'value') this.append(',');
    if (this.last !== 'key') this.breakLine();
    this.append(kind === KEY ? `${token}: ` : token);
    const isOpen = kind === OPEN_OBJECT || kind === OPEN_ARRAY;
    if (isOpen) this.depth += 1;
    this.last = isOpen ? 'open' : kind === KEY ? 'key' : 'value';
  }

  private append(text: string): void {
    this.lines[this.lines.length - 1] += text;
  }

  private breakLine(): void {
    this.lines.push('  '.repeat(Math.min(this.depth, MAX_INDENT)));
  }
}
