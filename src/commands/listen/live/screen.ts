import { stripVTControlCharacters } from 'node:util';
import type { OutputStream } from '../../../system/context.ts';
import { columnsOf } from '../../../terminal/columns.ts';
import { displayWidth } from '../../../terminal/width.ts';

export interface ScreenOptions {
  readonly output: OutputStream;
  /** The block's lines as they are now; none wider than the terminal. */
  readonly block: () => readonly string[];
  /**
   * On a resize, the terminal keeps the cursor at its distance from the last line instead of at
   * its place in the text.
   */
  readonly anchorsCursorToEnd: boolean;
  /** Monotonic, ms. */
  elapsed(): number;
}

/** Terminals made of xterm.js. */
const XTERM_JS: ReadonlySet<string> = new Set(['vscode', 'Hyper', 'Tabby']);

/** Whether the terminal keeps the cursor's distance from the end, as far as the environment shows. */
export function anchorsCursorToEnd(env: Readonly<Record<string, string | undefined>>): boolean {
  return XTERM_JS.has(env['TERM_PROGRAM'] ?? '');
}

/** The minimum time between two drawings, ms. */
const FRAME_MS = 100;
/** More characters than these do not wait for the next drawing; the last block is drawn below them. */
const MAX_PENDING = 16 * 1024;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\r\u001b[J';

/**
 * Lines that scroll as usual, and below them a block that is redrawn in place. It draws on the
 * normal screen, without scroll regions. The cursor rests at the start of the block, so "erase
 * below" removes it however the terminal has wrapped the lines above. Each drawing is one write.
 */
export class Screen {
  private readonly options: ScreenOptions;
  /** Printed lines that are not written yet. */
  private pending = '';
  /** The block on the terminal; null where there is none. */
  private drawn: string | null = null;
  private drawnLines: readonly string[] = [];
  private isHidden = true;
  private lastDrawn = -Infinity;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: ScreenOptions) {
    this.options = options;
  }

  /** Prints whole lines, without the last newline, above the block. */
  print(text: string): void {
    this.pending += `${text}\n`;
    if (this.isHidden) {
      this.draw();
      return;
    }
    if (this.pending.length > MAX_PENDING && this.drawn !== null) {
      this.put(this.drawnLines, this.drawn);
    }
    this.refresh();
  }

  /** Draws the block soon: it has changed. */
  refresh(): void {
    if (this.timer !== undefined) return;
    const waitMs = Math.max(0, this.lastDrawn + FRAME_MS - this.options.elapsed());
    this.timer = setTimeout(() => this.draw(), waitMs);
  }

  /** Draws for the new size. */
  resized(): void {
    if (this.isHidden) return;
    const { output } = this.options;
    const columns = columnsOf(output) ?? 80;
    const rows = this.options.anchorsCursorToEnd ? wrappedRows(this.drawnLines, columns) : 0;
    this.drawn = null;
    output.write(`${rows === 0 ? '' : `\u001b[${rows}A`}${ERASE_BELOW}`);
    this.draw();
  }

  /** Removes the block and shows the cursor; lines are still printed. */
  hide(): void {
    if (this.isHidden) return;
    this.isHidden = true;
    this.options.output.write(`${ERASE_BELOW}${SHOW_CURSOR}`);
    this.draw();
  }

  /** Draws the block, at first and after `hide`. */
  show(): void {
    this.isHidden = false;
    this.drawn = null;
    this.options.output.write(HIDE_CURSOR);
    this.draw();
  }

  private draw(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.isHidden) {
      if (this.pending !== '') this.options.output.write(this.pending);
      this.pending = '';
      return;
    }
    const lines = this.options.block();
    const text = lines.map((line) => `${line}${ERASE_LINE_END}`).join('\n');
    if (this.pending === '' && text === this.drawn) return;
    this.lastDrawn = this.options.elapsed();
    this.put(lines, text);
  }

  /** Writes the pending lines and the block below them. */
  private put(lines: readonly string[], text: string): void {
    // Without pending lines the block overwrites itself, which does not flicker.
    const above = this.pending === '' ? '\r' : `${ERASE_BELOW}${this.pending}`;
    const back = lines.length > 1 ? `\u001b[${lines.length - 1}A\r` : '\r';
    this.pending = '';
    this.drawn = text;
    this.drawnLines = lines;
    this.options.output.write(`${above}${NO_WRAP}${text}\u001b[J${WRAP}${back}`);
  }
}

/** The number of rows beyond one per line that the lines take at this width. */
function wrappedRows(lines: readonly string[], columns: number): number {
  const rowsOf = (line: string): number =>
    Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns));
  return lines.reduce((rows, line) => rows + rowsOf(line) - 1, 0);
}
