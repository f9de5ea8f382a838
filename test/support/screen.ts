import headless from '@xterm/headless';
import { onTestFinished } from 'vitest';
import { type PtyCli, startPtyCli } from './pty.ts';

/** The built program in an emulated terminal. */
export interface ScreenCli extends PtyCli {
  /** The lines on the screen now, without empty ones at the end. */
  visible(): string[];
  /** All lines since the start, scrolled ones included; a wrapped line is one line. */
  scrollback(): string[];
  isCursorVisible(): boolean;
  /** Resolves once the visible lines pass; rejects if the program ends before. */
  waitUntil(test: (lines: string[]) => boolean): Promise<void>;
  resize(columns: number, rows: number): void;
}

/** Starts the program in a terminal of this size; it is killed when the test ends. */
export function startScreenCli(
  args: readonly string[],
  options: Parameters<typeof startPtyCli>[1] = {},
): ScreenCli {
  const { columns = 80, rows = 24 } = options;
  const terminal = new headless.Terminal({
    cols: columns,
    rows,
    scrollback: 5000,
    allowProposedApi: true,
  });
  onTestFinished(() => terminal.dispose());
  const cli = startPtyCli(args, options);
  let isCursorVisible = true;
  let isOver = false;
  let waiters: Array<() => void> = [];
  const wake = (): void => {
    const woken = waiters;
    waiters = [];
    for (const waiter of woken) waiter();
  };
  for (const [final, isVisible] of [
    ['h', true],
    ['l', false],
  ] as const) {
    terminal.parser.registerCsiHandler({ prefix: '?', final }, ([mode]) => {
      if (mode === 25) isCursorVisible = isVisible;
      return false;
    });
  }
  cli.pty.onData((chunk) => terminal.write(chunk, wake));
  // The terminal takes in what came before the end first.
  void cli.exitCode.then(() => {
    terminal.write('', () => {
      isOver = true;
      wake();
    });
  });

  const read = (from: number, to: number): string[] => {
    const lines: string[] = [];
    for (let y = from; y < to; y++) {
      const line = terminal.buffer.active.getLine(y);
      const text = line?.translateToString(true) ?? '';
      if (line?.isWrapped === true && lines.length > 0) lines.push(`${lines.pop() ?? ''}${text}`);
      else lines.push(text);
    }
    while (lines.at(-1) === '') lines.pop();
    return lines;
  };
  const visible = (): string[] => {
    const { baseY } = terminal.buffer.active;
    return read(baseY, baseY + terminal.rows);
  };
  return {
    ...cli,
    visible,
    scrollback: () => read(0, terminal.buffer.active.length),
    isCursorVisible: () => isCursorVisible,
    resize: (newColumns, newRows) => {
      terminal.resize(newColumns, newRows);
      cli.pty.resize(newColumns, newRows);
    },
    waitUntil: async (test) => {
      while (!test(visible())) {
        if (isOver) throw new Error(`the program ended with:\n${visible().join('\n')}`);
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
  };
}
