import type { OutputStream } from '../../context.ts';

/** Lines that scroll away as ever, and under them a block that is drawn anew in place. */
export interface Screen {
  /** Whole lines, without the last newline, above the block. */
  print(text: string): void;
  /** The block has changed. */
  refresh(): void;
  /** Draws now: the size has changed, or something else wrote to the terminal. */
  redraw(): void;
  /** Takes the block away and shows the cursor; printed lines still come out. */
  hide(): void;
  /** The block is back after `hide`. */
  show(): void;
}

export interface ScreenOptions {
  readonly output: OutputStream;
  /** The block's lines as they are now; none wider than the terminal. */
  readonly block: () => readonly string[];
  /** Monotonic, ms. */
  elapsed(): number;
}

/** The least time between two drawings, ms. */
const FRAME_MS = 100;
/** So many characters are not kept waiting for the next drawing. */
const MAX_WAITING = 256 * 1024;

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const NO_WRAP = '\u001b[?7l';
const WRAP = '\u001b[?7h';
const ERASE_LINE_END = '\u001b[K';
const ERASE_BELOW = '\r\u001b[J';

/**
 * Draws on the normal screen, without scroll regions. The cursor rests at the start of the block,
 * so "erase what is below" is all it takes to be rid of it, however the terminal has wrapped the
 * lines meanwhile. Everything due is one write.
 */
export function createScreen({ output, block, elapsed }: ScreenOptions): Screen {
  let waiting = '';
  let drawn: string | null = null;
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
    // Without new lines the block is written over itself, which does not flicker.
    const above = waiting === '' ? '\r' : `${ERASE_BELOW}${waiting}`;
    const back = lines.length > 1 ? `\u001b[${lines.length - 1}A\r` : '\r';
    waiting = '';
    drawn = text;
    output.write(`${above}${NO_WRAP}${text}\u001b[J${WRAP}${back}`);
  };

  const schedule = (): void => {
    if (timer !== undefined) return;
    timer = setTimeout(draw, Math.max(0, lastDrawn + FRAME_MS - elapsed()));
  };

  return {
    print: (text) => {
      waiting += `${text}\n`;
      if (waiting.length > MAX_WAITING || isHidden) draw();
      else schedule();
    },
    refresh: schedule,
    redraw: () => {
      drawn = null;
      if (isHidden) return;
      output.write(ERASE_BELOW);
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
