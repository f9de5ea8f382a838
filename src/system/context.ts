import { setTimeout as sleepFor } from 'node:timers/promises';
import type { Readable } from 'node:stream';
import envPaths from 'env-paths';
import type * as Open from 'open';
import { RelyableError } from '../errors.ts';
import { isForegroundJob } from './foreground.ts';
import { elapsedMs } from './latency.ts';
import { watchPipeReader } from './pipe-reader.ts';

/** A stream we print to, as far as we need to know it. */
export interface OutputStream {
  /** `done` runs once that was taken or could not be. */
  write(text: string | Uint8Array, done?: () => void): boolean;
  /** Bytes that wait to be taken. */
  readonly writableLength?: number;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  /** A terminal reports its new size. */
  on?(event: 'resize', listener: () => void): unknown;
  off?(event: 'resize', listener: () => void): unknown;
}

/** What is read from; a terminal can hand over single keys instead of lines. */
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

/** The signals we end on, in the order of their exit codes. */
export type StopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM';

/** Everything the program may know of the world; tests hand in their own. */
export interface Context {
  /** Arguments after the program's name. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly pid: number;
  readonly platform: NodeJS.Platform;
  /** Node's own version, e.g. `20.19.0`. */
  readonly nodeVersion: string;
  /** The file of the running Node, to start another one. */
  readonly nodeFile: string;
  /** The file of this program, to start it again in a process of its own. */
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
  /** Limits the growth of the heap; for a process that runs for hours, once it is ready. */
  limitHeapGrowth(): void;
  /** Resolves after `ms`; rejects with an AbortError when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  fetch: typeof globalThis.fetch;
  /** Hands a URL to the desktop's browser; resolves once that has started, rejects when none can. */
  openUrl(url: string): Promise<void>;
  /** Aborts on the first SIGINT, SIGTERM or SIGHUP, or when the reader of stdout went away. */
  readonly interrupt: AbortSignal;
  /**
   * Aborts `interrupt` also while nothing is written, soon after the reader of stdout went away; for
   * commands that may have nothing to print for hours. To be called before anything is printed: a
   * reader that has gone already is not missed.
   */
  endWithReader(): void;
  /** What a signal of that kind does: the same drain, and at once the second time. */
  stop(signal: StopSignal): void;
  /** Whether we may read keys and draw; false for a job in the background of its terminal. */
  isForeground(): boolean;
  /** Suspends our job as Ctrl-Z does; comes back when it is continued. Nothing on Windows. */
  suspend(): void;
  /** Runs when the process is continued (SIGCONT); the returned function cancels it. */
  onContinue(callback: () => void): () => void;
  /** Signals a process, or with a negative id its group; 0 only asks. Throws where none is left. */
  signalProcess(pid: number, signal: NodeJS.Signals | 0): void;
  /** Runs at every orderly end of this process; the returned function cancels it. */
  atExit(callback: () => void): () => void;
  /** Why a part of the output did not reach its file, once all of it is written; else null. */
  outputProblem(): Promise<Error | null>;
  /** Which signal aborted `interrupt`; null when none did or the reader of stdout left. */
  stoppedBy(): StopSignal | null;
}

const SIGNAL_EXIT_CODES: Readonly<Record<StopSignal, number>> = {
  SIGHUP: 129,
  SIGINT: 130,
  SIGTERM: 143,
};

/** 128 + the signal's number, as shells report it. */
export function signalExitCode(signal: StopSignal): number {
  return SIGNAL_EXIT_CODES[signal];
}

const POOL_BYTES = 4096;

/** `randomBytes` with one call to the system for many small ones; loads node:crypto when called. */
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

/** Young generation of a process that serves requests; V8 would go to 48 MB. */
const YOUNG_GENERATION_BYTES = 16 * 1024 * 1024;
const YOUNG_GENERATION_CHECK_MS = 50;

/**
 * Stops the growth of V8's young generation once it is as large as requests at thousands a second
 * need it (half as much again is no faster and 12 MB larger), and has the old one collected when it
 * has grown by a tenth or its least step, not fourfold. Node has no options for that which work once
 * it runs; V8 reads these at each growth.
 */
function limitHeapGrowth(): void {
  const v8 = process.getBuiltinModule('node:v8');
  v8.setFlagsFromString('--heap-growing-percent=10');
  // So small a heap is collected faster alone than with helpers that need a core as well.
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
 * The real world. Call once: it takes over the process's stop signals and output errors.
 * `importOpen` imports the package of that name, which code from the cache itself cannot; `saveCode`
 * fills that cache, which does so by itself when the program ends.
 */
export function systemContext(
  importOpen: () => Promise<typeof Open>,
  saveCode: () => void,
): Context {
  const interrupt = new AbortController();
  let stoppedBy: StopSignal | null = null;
  const stop = (signal: StopSignal): void => {
    // A second Ctrl-C means "now".
    if (stoppedBy !== null) process.exit(SIGNAL_EXIT_CODES[signal]);
    stoppedBy = signal;
    interrupt.abort();
  };
  for (const signal of Object.keys(SIGNAL_EXIT_CODES) as StopSignal[]) {
    process.on(signal, () => stop(signal));
  }
  let outputProblem: Error | null = null;
  const guarded = new Set<OutputStream>();
  /** The stream, with our handler for a reader that leaves. */
  const guard = (stream: NodeJS.WriteStream): NodeJS.WriteStream => {
    if (guarded.has(stream)) return stream;
    guarded.add(stream);
    return stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED') interrupt.abort();
      // SIGHUP reports that the terminal went away.
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
    // Getters: merely touching one of the three opens it, which loads node:net or node:tty.
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
      // Compiled code is good only for the flags it was compiled under.
      saveCode();
      limitHeapGrowth();
    },
    sleep: async (ms, signal) => {
      await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
    },
    // Read when called, so that a test's interceptor or a polyfill is honoured.
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

/** Stops the whole process group, as the terminal itself would do it. */
function suspendGroup(): void {
  if (process.platform !== 'win32') process.kill(0, 'SIGTSTP');
}

function onContinue(callback: () => void): () => void {
  process.on('SIGCONT', callback);
  return () => void process.off('SIGCONT', callback);
}

/** The working folder of a shell may have been removed. */
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
