import { type IPty, spawn } from '@lydell/node-pty';
import { onTestFinished } from 'vitest';
import { BIN, cleanEnvironment, temporaryHome } from './cli.ts';

export interface PtyCli {
  readonly pty: IPty;
  readonly home: string;
  /** All output so far, as the program wrote it. */
  screen(): string;
  /** Resolves once the text stands in the output after the text of the last call; rejects if the program ends without it. */
  waitFor(text: string): Promise<void>;
  /** Types keys; `\r` is Enter. */
  type(keys: string): void;
  readonly exitCode: Promise<number>;
}

export interface PtyOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  /** Runs the program through a shell script as `"$@"`, so that other commands can follow it. */
  readonly script?: string;
}

/** Starts the built program in a pseudo-terminal; it is killed when the test ends. */
export function startPtyCli(args: readonly string[], options: PtyOptions = {}): PtyCli {
  const home = temporaryHome();
  const program = [process.execPath, BIN, ...args];
  const [file, fileArgs] =
    options.script === undefined
      ? [process.execPath, program.slice(1)]
      : ['/bin/sh', ['-c', options.script, 'sh', ...program]];
  const pty = spawn(file, fileArgs, {
    cwd: options.cwd ?? home,
    cols: options.columns ?? 80,
    rows: options.rows ?? 24,
    env: cleanEnvironment(home, { TERM: 'xterm-256color', ...options.env }),
  });
  onTestFinished(() => {
    try {
      pty.kill('SIGKILL');
    } catch {
      // It has ended already.
    }
  });
  let text = '';
  let seen = 0;
  let isOver = false;
  let waiters: Array<() => void> = [];
  const wake = (): void => {
    const woken = waiters;
    waiters = [];
    for (const waiter of woken) waiter();
  };
  pty.onData((chunk) => {
    text += chunk;
    wake();
  });
  const exitCode = new Promise<number>((resolve) => {
    pty.onExit((exit) => {
      isOver = true;
      wake();
      // As a shell reports it.
      resolve(exit.signal ? 128 + exit.signal : exit.exitCode);
    });
  });
  return {
    pty,
    home,
    screen: () => text,
    type: (keys) => pty.write(keys),
    exitCode,
    waitFor: async (wanted) => {
      for (;;) {
        const at = text.indexOf(wanted, seen);
        if (at !== -1) {
          seen = at + wanted.length;
          return;
        }
        if (isOver) throw new Error(`the program ended without "${wanted}":\n${text}`);
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
  };
}

const END = '(the end)';

/**
 * Runs the built program to its end in a pseudo-terminal. A shell holds the terminal open until all was read:
 * what a program wrote just before it ended can otherwise be lost with it on a busy machine.
 */
export async function runOnTerminal(
  args: readonly string[],
  options: Omit<PtyOptions, 'script'> = {},
): Promise<{ readonly code: number; readonly screen: string }> {
  const script = `"$@"; code=$?; printf '%s' '${END}'; read -r _; exit "$code"`;
  const cli = startPtyCli(args, { ...options, script });
  await cli.waitFor(END);
  const screen = cli.screen().slice(0, -END.length);
  cli.type('\r');
  return { code: await cli.exitCode, screen };
}
