import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { inject, onTestFinished } from 'vitest';

export const ROOT = resolve(import.meta.dirname, '../..');
export const BIN = join(ROOT, 'bin/relyable.js');

/** A fresh folder, removed when the test ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'relyable-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A home for the started program, empty but for the compiled code that all share: to compile is a third of what a
 * start costs.
 */
export function temporaryHome(): string {
  const home = temporaryFolder();
  if (process.platform === 'linux') {
    const cache = join(home, '.cache/relyable');
    mkdirSync(cache, { recursive: true });
    symlinkSync(inject('codeFolder'), join(cache, 'code'));
  }
  return home;
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly stdin?: string | Buffer;
  /** Shell commands to run in the process before the program, e.g. `ulimit -f 300;`. */
  readonly shellPrefix?: string;
  /** HOME of the process; by default an empty folder of its own. */
  readonly home?: string;
  /** A different Node and a different copy of the program; by default those of this checkout. */
  readonly program?: { readonly node: string; readonly bin: string };
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The environment of a user with this home and without settings for the program. */
export function cleanEnvironment(
  home: string,
  extra: Readonly<Record<string, string>> = {},
): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: home,
    USERPROFILE: home,
    LOCALAPPDATA: join(home, 'AppData', 'Local'),
    APPDATA: join(home, 'AppData', 'Roaming'),
    // No test sends a request to a package registry.
    RELYABLE_NO_UPDATE_CHECK: '1',
    ...extra,
  };
}

export interface RunningCli {
  readonly child: ChildProcessWithoutNullStreams;
  readonly home: string;
  /** Takes the first line of stdout that passes and was not taken before; rejects if the program ends without it. */
  nextLine(test: (line: string) => boolean): Promise<string>;
  /** The same for stderr. */
  nextErrorLine(test: (line: string) => boolean): Promise<string>;
  readonly done: Promise<CliResult>;
}

/** Starts the built program; it is killed when the test ends. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const home = options.home ?? temporaryHome();
  const { node, bin } = options.program ?? { node: process.execPath, bin: BIN };
  const command = [node, bin, ...args];
  // In bash, "$0" "$@" are the words after the script.
  const [program = '', ...words] =
    options.shellPrefix === undefined
      ? command
      : ['bash', '-c', `${options.shellPrefix} exec "$0" "$@"`, ...command];
  const child = spawn(program, words, {
    cwd: options.cwd ?? home,
    env: cleanEnvironment(home, options.env),
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const stdout = collectLines(child.stdout);
  const stderr = collectLines(child.stderr);
  const done = new Promise<CliResult>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      stdout.end();
      stderr.end();
      resolve({ code, stdout: stdout.text(), stderr: stderr.text() });
    });
  });
  child.stdin.on('error', () => undefined);
  if (options.stdin !== undefined) child.stdin.end(options.stdin);
  const describe = (): string =>
    `${args.join(' ')}\nstdout: ${stdout.text()}\nstderr: ${stderr.text()}`;
  return {
    child,
    home,
    nextLine: (test) => stdout.next(test, describe),
    nextErrorLine: (test) => stderr.next(test, describe),
    done,
  };
}

/** Runs the built program to its end: for what only a process shows. */
export function spawnCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const running = startCli(args, { stdin: '', ...options });
  return running.done;
}

interface Lines {
  next(test: (line: string) => boolean, describe: () => string): Promise<string>;
  text(): string;
  end(): void;
}

function collectLines(stream: NodeJS.ReadableStream): Lines {
  let all = '';
  let isOver = false;
  const unread: string[] = [];
  let waiters: Array<() => void> = [];
  const wake = (): void => {
    const woken = waiters;
    waiters = [];
    for (const waiter of woken) waiter();
  };
  stream.on('data', (chunk: Buffer) => {
    all += chunk.toString('utf8');
  });
  createInterface({ input: stream }).on('line', (line) => {
    unread.push(line);
    wake();
  });
  return {
    text: () => all,
    end: () => {
      isOver = true;
      wake();
    },
    next: async (test, describe) => {
      for (;;) {
        const index = unread.findIndex(test);
        if (index !== -1) return unread.splice(index, 1)[0] ?? '';
        if (isOver) throw new Error(`the program ended without that line: ${describe()}`);
        await new Promise<void>((resolve) => waiters.push(resolve));
      }
    },
  };
}
