import type { OutputStream } from '../context.ts';

/** Lines written in one go, at the latest when so many characters wait. */
const MAX_WAITING = 64 * 1024;

/** A stream of lines to one output: what comes within one turn of the event loop is one write. */
export interface LineBatch {
  line(text: string): void;
  /** Writes what waits; call it before anything else goes to the same terminal. */
  flush(): void;
}

export function createLineBatch(output: OutputStream): LineBatch {
  let waiting = '';
  const flush = (): void => {
    if (waiting === '') return;
    const text = waiting;
    waiting = '';
    output.write(text);
  };
  return {
    line: (text) => {
      if (waiting === '') setImmediate(flush);
      waiting += `${text}\n`;
      if (waiting.length > MAX_WAITING) flush();
    },
    flush,
  };
}
