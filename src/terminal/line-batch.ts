import type { OutputStream } from '../system/context.ts';
import { formatCount } from './format.ts';

/** Limits on the lines that wait for one write: milliseconds and characters. */
const WRITE_EVERY_MS = 5;
const MAX_WAITING = 64 * 1024;
/** The most bytes that may wait for a slow reader. Further lines are left out. */
const MAX_UNREAD = 8 * 1024 * 1024;

/**
 * Writes lines to stdout and never waits for the reader. The lines of a few milliseconds are one write. If the
 * reader is too slow, lines are left out and counted.
 */
export interface LineBatch {
  line(text: string): void;
  /** Writes the waiting lines. Call it before anything else is written to the same terminal. */
  flush(): void;
  /** Writes the rest at the end, and warns of lines that were left out. */
  end(): void;
}

export function createLineBatch(output: OutputStream, warn: (message: string) => void): LineBatch {
  let waiting = '';
  let omitted = 0;
  const write = (): void => {
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    output.write(text);
  };
  const tellOmitted = (): void => {
    if (omitted === 0) return;
    warn(`${formatCount(omitted, 'line')} not printed: the reader of stdout was too slow`);
    omitted = 0;
  };
  return {
    line: (text) => {
      if ((output.writableLength ?? 0) > MAX_UNREAD) {
        if (omitted === 0)
          warn('the reader of stdout is too slow: nothing is printed until it reads');
        omitted += 1;
        return;
      }
      tellOmitted();
      if (waiting === '') setTimeout(write, WRITE_EVERY_MS);
      waiting += `${text}\n`;
      if (waiting.length > MAX_WAITING) write();
    },
    flush: write,
    end: () => {
      tellOmitted();
      write();
    },
  };
}
