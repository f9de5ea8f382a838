import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import envPaths from 'env-paths';
import type * as Open from 'open';
import { RelyableError } from '../errors.ts';
import { isForegroundJob } from './foreground.ts';
import { elapsedMs } from './latency.ts';
import { watchPipeReader } from './pipe-reader.ts';

/** The part of an output stream that we use. */
export interface OutputStream {
  /** `done` is called once the text was written or failed to be written. */
  write(text: string | Uint8Array, done?: () => void): boolean;
  /** The bytes that wait to be written. */
  readonly writableLength?: number;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** `resize`: the terminal has a new size. */
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** An input stream. A terminal can report single keys instead of lines. */
export type InputStream = Readable & {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
};

/** Where the platform keeps a program's files (XDG on Linux, Library on macOS, AppData on Windows). */
export interface UserPaths {
  readonly data: string;
  readonly config: string;
  readonly cache: string;
}

/** The signals that end the program, in the order of their exit codes. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** The program's access to its environment. Tests pass their own. */
export interface Context {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  readonly platform: NodeJS.Platform;
  /** Node's own version, e.g. `20.19.0`. */
  readonly nodeVersion: string;
  /** The path of the running Node, for starting another process. */
  readonly nodeFile: string;
  /** The path of this program, for starting it in another process. */
  readonly programFile: string;
  readonly paths: UserPaths;
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Wall clock, ms since 1970. */
  now(): number;
  /** Monotonic clock for durations, ms. */
  elapsed(): number;
  randomBytes(size: number): Buffer;
  /** Limits the growth of the heap. For processes that run for hours; call it once they are ready. */
  limitHeapGrowth(): void;
  /** Resolves after `ms`; rejects with an AbortError when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  fetch: typeof globalThis.fetch;
  /** Opens a URL in the desktop's browser. Resolves once the browser has started; rejects if none can be started. */
  openUrl(url: string): Promise<void>;
  /** Aborts on the first SIGINT, SIGTERM or SIGHUP, or when the reader of stdout has gone. */
  readonly interrupt: AbortSignal;
  /**
   * Makes `interrupt` also abort while nothing is written, soon after the reader of stdout has gone. For
   * commands that may print nothing for hours. Call it before anything is printed: it notices only a reader
   * that leaves after the call.
   */
  endWithReader(): void;
  /** Does the same as this signal: the first call drains, the second one exits at once. */
  stop(signal: StopSignal): void;
  /** Whether we may read keys and draw; false for a background job of the terminal. */
  isForeground(): boolean;
  /** Suspends our job as Ctrl-Z does. Returns when the job is continued. Does nothing on Windows. */
  suspend(): void;
  /** Runs when the process is continued (SIGCONT); the returned function cancels it. */
  onContinue(callback: () => void): () => void;
  /** Sends a signal to a process, or to a process group if the id is negative. Signal 0 only checks that it exists. Throws if it does not. */
  signalProcess(pid: number, signal: NodeJS.Signals | 0): void;
  /** Runs at every orderly end of this process; the returned function cancels it. */
  atExit(callback: () => void): () => void;
  /** Resolves once all output is written: with the error if a part of it did not reach its file, else with null. */
  outputProblem(): Promise<Error | null>;
  /** Which signal aborted `interrupt`; null when none did or the reader of stdout left. */
  stoppedBy(): StopSignal | null;
}

const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/** The exit code for a signal: 128 + its number, as in shells. */
export function signalExitCode(signal: StopSignal): number {
  return SIGNAL_EXIT_CODES[signal];
}

const POOL_BYTES = 4096;

/** A `randomBytes` that serves many small requests from one system call. Loads node:crypto on the first call. */
function createRandomPool(): (size: number) => Buffer {
  let pool = Buffer.alloc(0);
  return (size) => {
    const { randomBytes } = process.getBuiltinModule('node:crypto');
    if (size > POOL_BYTES) return randomBytes(size);
    if (pool.length < size) pool = randomBytes(POOL_BYTES);
    const taken = pool.subarray(0, size);
    pool = pool.subarray(size);
    return taken;
  };
}

/** The limit on the young generation of a process that serves requests. V8 would let it grow to 48 MB. */
const YOUNG_GENERATION_BYTES = 16 * 1024 * 1024;
const YOUNG_GENERATION_CHECK_MS = 50;

/**
 * Limits the heap. V8's young generation stops growing at a size that is enough for thousands of requests per
 * second (1.5 times this size is no faster, and takes 12 MB more). The old generation is collected when it has
 * grown by a tenth or by V8's smallest step, instead of fourfold. Node's own options cannot change a running
 * process, but V8 reads these flags each time the heap grows.
 */
function limitHeapGrowth(): void {
  const v8 = process.getBuiltinModule('node:v8');
  v8.setFlagsFromString('--heap-growing-percent=10');
  // For a small heap, a single thread collects faster than several threads that each need a core.
  v8.setFlagsFromString('--no-parallel-scavenge');
  const check = (): void => {
    const young = v8.getHeapSpaceStatistics().find((space) => space.space_name === 'new_space');
    if ((young?.space_size ?? 0) < YOUNG_GENERATION_BYTES) return;
    v8.setFlagsFromString('--semi-space-growth-factor=1');
    clearInterval(timer);
  };
  const timer = setInterval(check, YOUNG_GENERATION_CHECK_MS).unref();
}

/**
 * The context of the real process. Call it once: it handles the process's stop signals and output errors.
 * `importOpen` imports the package `open`, because code from the compile cache cannot import. `saveCode` fills
 * the compile cache, which is otherwise filled when the program ends.
 */
export function systemContext(
  importOpen: () => Promise<typeof Open>,
  saveCode: () => void,
): Context {
  const interrupt = new AbortController();
  let stoppedBy: StopSignal | null = null;
  const stop = (signal: StopSignal): void => {
    // A second signal exits at once.
    if (stoppedBy !== null) process.exit(SIGNAL_EXIT_CODES[signal]);
    stoppedBy = signal;
    interrupt.abort();
  };
  for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
    process.on(signal, () => stop(signal));
  }
  let outputProblem: Error | null = null;
  const guarded = new Set<OutputStream>();
  /** Adds our error handler to a stream, for a reader that leaves. */
  const guard = (stream: NodeJS.WriteStream): NodeJS.WriteStream => {
    if (guarded.has(stream)) return stream;
    guarded.add(stream);
    return stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') interrupt.abort();
      // If the terminal closes, SIGHUP reports it.
      else if (stream === process.stdout && !stream.isTTY) outputProblem ??= error;
    });
  };
  return {
    argv: process.argv.slice(2),
    env: process.env,
    get cwd() {
      return currentFolder();
    },
    pid: process.pid,
    platform: process.platform,
    nodeVersion: process.versions.node,
    nodeFile: process.execPath,
    programFile: process.argv[1] ?? '',
    paths: envPaths('relyable', { suffix: '' }),
    // Getters, because reading `process.stdin` and the others opens the stream and loads node:net or node:tty.
    get stdin() {
      return process.stdin;
    },
    get stdout() {
      return guard(process.stdout);
    },
    get stderr() {
      return guard(process.stderr);
    },
    now: Date.now,
    elapsed: elapsedMs,
    randomBytes: createRandomPool(),
    limitHeapGrowth: () => {
      // Compiled code is valid only with the V8 flags under which it was compiled, so it is saved first.
      saveCode();
      limitHeapGrowth();
    },
    sleep: async (ms, signal) => {
      await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
    },
    // Looked up at each call, so that a test's interceptor or a polyfill is used.
    fetch: (...args) => globalThis.fetch(...args),
    openUrl: async (url) => {
      const { default: open } = await importOpen();
      await open(url);
    },
    interrupt: interrupt.signal,
    outputProblem: () =>
      // Streams report an error in the turn after the write.
      new Promise((done) => {
        setImmediate(() => done(outputProblem));
      }),
    stoppedBy: () => stoppedBy,
    endWithReader: () => watchPipeReader(process.stdout.fd, process.pid, () => interrupt.abort()),
    stop,
    isForeground: () => isForegroundJob(process.platform, process.pid),
    suspend: suspendGroup,
    onContinue,
    signalProcess: (pid, signal) => void process.kill(pid, signal),
    atExit: (callback) => {
      process.on('exit', callback);
      return () => void process.off('exit', callback);
    },
  };
}

/** Stops the whole process group, as the terminal does for Ctrl-Z. */
function suspendGroup(): void {
  if (process.platform !== 'win32') process.kill(0, 'SIGTSTP');
}

function onContinue(callback: () => void): () => void {
  process.on('SIGCONT', callback);
  return () => void process.off('SIGCONT', callback);
}

/** The current folder, which may have been removed since the shell entered it. */
function currentFolder(): string {
  try {
    return process.cwd();
  } catch (error) {
    throw new RelyableError('INPUT_UNREADABLE', 'expected a current folder, but it is gone', {
      hint: 'cd to one that exists',
      cause: error,
    });
  }
}
