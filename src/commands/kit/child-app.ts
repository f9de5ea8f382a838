import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import { describeFileProblem, errorCode, RelyableError } from '../../errors.ts';
import { isListening } from '../../http/client/reachability.ts';
import { portOf } from '../../http/target.ts';
import { quoteCmdIfNeeded } from '../../shell-quote.ts';
import { listeningPorts } from '../../system/listening-ports.ts';

/** How a process ended. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface ChildAppOptions {
  readonly command: readonly [file: string, ...args: string[]];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onLine: (line: string) => void;
}

/** The parts of the context that a child process needs. */
export interface ChildWorld {
  readonly platform: NodeJS.Platform;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Throws where no such process (or group, for a negative id) is left; 0 only asks. */
  signalProcess(pid: number, signal: NodeJS.Signals | 0): void;
  /** Runs at every orderly end of our own process; the returned function cancels it. */
  atExit(callback: () => void): () => void;
}

/** The user's app, started by a command. */
export interface ChildApp {
  readonly exited: Promise<ChildExit>;
  /** null while it runs. */
  exit(): ChildExit | null;
  /** The ports on which the app listens; known on Linux only. */
  ports(): readonly number[];
  /** Signals the whole process tree; what is left of it after `graceMs` is killed. */
  stop(signal: NodeJS.Signals, graceMs: number): Promise<ChildExit>;
}

const POLL_MS = 50;
/** A longer line is printed in parts. */
const MAX_LINE = 64 * 1024;

/** Starts the app in a process group of its own; NOT_FOUND where the command cannot be run. */
export async function startChildApp(
  { command: [file, ...args], cwd, env, onLine }: ChildAppOptions,
  world: ChildWorld,
): Promise<ChildApp> {
  const isWindows = world.platform === 'win32';
  // There `npm` and its like are .cmd files, which only a shell runs.
  const [run, runArgs] = isWindows
    ? [[file, ...args].map(quoteCmdIfNeeded).join(' '), []]
    : [file, args];
  const child = spawn(run, runArgs, {
    cwd,
    env: { ...env },
    // The app's stdin stays open for as long as we run: the end of ours ends nothing.
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: !isWindows,
    shell: isWindows,
    windowsHide: true,
  });
  child.stdin.on('error', () => undefined);
  let exit: ChildExit | null = null;
  let isClosed = false;
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      exit = { code, signal };
    });
    // Once its output is read to the end, too.
    child.once('close', () => {
      isClosed = true;
      resolve(exit ?? { code: null, signal: null });
    });
  });
  try {
    await once(child, 'spawn');
  } catch (cause) {
    const why = errorCode(cause) === 'ENOENT' ? 'no such program' : describeFileProblem(cause);
    throw new RelyableError('NOT_FOUND', `cannot start ${file}: ${why}`, {
      hint: 'the command after -- runs without a shell; for pipes and variables use -- sh -c "…"',
      cause,
    });
  }
  splitLines(child.stdout, onLine);
  splitLines(child.stderr, onLine);
  const withdraw = world.atExit(() => signalTree(child, 'SIGKILL', world));
  return {
    exited,
    exit: () => exit,
    ports: () => (child.pid === undefined ? [] : listeningPorts(child.pid)),
    stop: async (signal, graceMs) => {
      signalTree(child, signal, world);
      // When the output is closed, only zombies that no init process reaps are left of the group.
      const isOver = (): boolean => isClosed || !isTreeAlive(child, world);
      for (let waitedMs = 0; waitedMs < graceMs && !isOver(); waitedMs += POLL_MS) {
        await world.sleep(POLL_MS);
      }
      signalTree(child, 'SIGKILL', world);
      withdraw();
      // A descendant that left the group may hold the pipes open.
      child.stdout.destroy();
      child.stderr.destroy();
      return exited;
    },
  };
}

/** The group outlives its leader: an `npm` that ended may leave the server it started. */
function isTreeAlive({ pid, exitCode, signalCode }: ChildProcess, world: ChildWorld): boolean {
  if (pid === undefined) return false;
  if (world.platform === 'win32') return exitCode === null && signalCode === null;
  try {
    world.signalProcess(-pid, 0);
    return true;
  } catch {
    return false;
  }
}

function signalTree(child: ChildProcess, signal: NodeJS.Signals, world: ChildWorld): void {
  if (child.pid === undefined) return;
  if (world.platform === 'win32') {
    // Windows has no signals; without /F a console program is only asked.
    const force = signal === 'SIGKILL' ? ['/F'] : [];
    if (child.exitCode === null) {
      spawn('taskkill', ['/PID', String(child.pid), '/T', ...force], { stdio: 'ignore' }).on(
        'error',
        () => undefined,
      );
    }
    return;
  }
  try {
    world.signalProcess(-child.pid, signal);
  } catch {
    // The whole group is gone.
  }
}

function splitLines(stream: Readable, onLine: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  const push = (text: string): void => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(line);
    if (rest.length > MAX_LINE) {
      onLine(rest);
      rest = '';
    }
  };
  stream.on('data', (chunk: Buffer) => push(decoder.write(chunk)));
  stream.on('error', () => undefined);
  stream.on('close', () => {
    push(decoder.end());
    if (rest !== '') onLine(rest);
  });
}

/** How often to check whether the app listens on other ports instead, ms. */
const PORTS_EVERY_MS = 500;

/**
 * Waits until the app accepts connections. `ended` when it ended before that; UNREACHABLE when the
 * time is over. Where it listens on another port meanwhile, `onElsewhere` hears of it, once.
 */
export async function waitUntilListening(
  url: URL,
  app: Pick<ChildApp, 'exit' | 'ports'>,
  { timeoutMs, signal, elapsed, sleep, onElsewhere }: WaitOptions,
): Promise<'listening' | 'ended'> {
  const deadline = elapsed() + timeoutMs;
  let others: readonly number[] = [];
  let lookAt = elapsed() + PORTS_EVERY_MS;
  for (;;) {
    signal.throwIfAborted();
    if (app.exit() !== null) return 'ended';
    if (await isListening(url, signal)) return 'listening';
    if (others.length === 0 && elapsed() >= lookAt) {
      lookAt = elapsed() + PORTS_EVERY_MS;
      others = app.ports().filter((port) => port !== portOf(url));
      if (others.length > 0) onElsewhere(others);
    }
    if (elapsed() >= deadline) throw notListening(url, timeoutMs, others);
    await sleep(POLL_MS, signal);
  }
}

function notListening(url: URL, timeoutMs: number, others: readonly number[]): RelyableError {
  const what = others.length === 0 ? 'nothing does' : `it listens on port ${others.join(', ')}`;
  return new RelyableError(
    'UNREACHABLE',
    `expected the app to listen on ${url.host} within ${timeoutMs / 1000} s, ${what}`,
    {
      hint:
        others.length === 0
          ? 'does it listen on that port? It is given PORT; --start-timeout waits longer'
          : 'name the port on which it listens, or let it listen on PORT',
    },
  );
}

export interface WaitOptions {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The app listens, but on these ports. */
  onElsewhere(ports: readonly number[]): void;
  elapsed(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
