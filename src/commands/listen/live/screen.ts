import { stripVTControlCharacters } from 'node:util';
import type { OutputStream } from '../../../system/context.ts';
import { displayWidth } from './width.ts';

/** Lines that scroll away as ever, and under them a block that is drawn anew in place. */
export interface Screen {
  /** Whole lines, without the last newline, above the block. */
  print(text: string): void;
  /** The block has changed. */
  refresh(): void;
  /** Draws for the new size. */
  resized(): void;
  /** Takes the block away and shows the cursor; printed lines still come out. */
  hide(): void;
  /** The block is back after `hide`. */
  show(): void;
}

export interface ScreenOptions {
  readonly output: OutputStream;
  /** The block's lines as they are now; none wider than the terminal. */
  readonly block: () => readonly string[];
  /** When lines wrap anew, the cursor keeps its distance to the end instead of its place in the text. */
  readonly anchorsCursorToEnd: boolean;
  /** Monotonic, ms. */
  elapsed(): number;
}

/** Terminals made of xterm.js. */
const XTERM_JS: ReadonlySet<string> = new Set(['vscode', 'Hyper', 'Tabby']);

/** Whether it is one that keeps the cursor's distance to the end, as far as the environment tells. */
export function anchorsCursorToEnd(env: Readonly<Record<string, string | undefined>>): boolean {
  return XTERM_JS.has(env['TERM_PROGRAM'] ?? '');
}

/** The least time between two drawings, ms. */
const FRAME_MS = 100;
/** So many characters are not kept waiting for the next drawing: they go out above the block as it is. */
const MAX_WAITING = 16 * 1024;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\r\u001b[J';

/**
 * Draws on the normal screen, without scroll regions. The cursor rests at the start of the block,
 * so "erase what is below" is all it takes to be rid of it, however often the terminal has wrapped
 * the lines above anew. Everything due is one write.
 */
export function createScreen(options: ScreenOptions): Screen {
  const { output, block, elapsed } = options;
  let waiting = '';
  let drawn: string | null = null;
  let drawnLines: readonly string[] = [];
  let isHidden = true;
  let lastDrawn = -Infinity;
  let timer: NodeJS.Timeout | undefined;

  const draw = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (isHidden) {
      if (waiting !== '') output.write(waiting);
      waiting = '';
      return;
    }
    const lines = block();
    const text = lines.map((line) => `${line}${ERASE_LINE_END}`).join('\n');
    if (waiting === '' && text === drawn) return;
    lastDrawn = elapsed();
    put(lines, text);
  };

  /** What waits, and the block below it, in one write. */
  const put = (lines: readonly string[], text: string): void => {
    // Without new lines the block is written over itself, which does not flicker.
    const above = waiting === '' ? '\r' : `${ERASE_BELOW}${waiting}`;
    const back = lines.length > 1 ? `\u001b[${lines.length - 1}A\r` : '\r';
    waiting = '';
    drawn = text;
    drawnLines = lines;
    output.write(`${above}${NO_WRAP}${text}\u001b[J${WRAP}${back}`);
  };

  const schedule = (): void => {
    if (timer !== undefined) return;
    timer = setTimeout(draw, Math.max(0, lastDrawn + FRAME_MS - elapsed()));
  };

  return {
    print: (text) => {
      waiting += `${text}\n`;
      if (isHidden) {
        draw();
        return;
      }
      if (waiting.length > MAX_WAITING && drawn !== null) put(drawnLines, drawn);
      schedule();
    },
    refresh: schedule,
    resized: () => {
      if (isHidden) return;
      const columns = output.columns ?? 80;
      const rows = options.anchorsCursorToEnd ? wrappedRows(drawnLines, columns) : 0;
      drawn = null;
      output.write(`${rows === 0 ? '' : `\u001b[${rows}A`}${ERASE_BELOW}`);
      draw();
    },
    hide: () => {
      if (isHidden) return;
      isHidden = true;
      output.write(`${ERASE_BELOW}${SHOW_CURSOR}`);
      draw();
    },
    show: () => {
      isHidden = false;
      drawn = null;
      output.write(HIDE_CURSOR);
      draw();
    },
  };
}

/** How many rows more than lines they take at this width. */
function wrappedRows(lines: readonly string[], columns: number): number {
  const rowsOf = (line: string): number =>
    Math.max(1, Math.ceil(displayWidth(stripVTControlCharacters(line)) / columns));
  return lines.reduce((rows, line) => rows + rowsOf(line) - 1, 0);
}
