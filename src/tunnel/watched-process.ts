import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TunnelWorld } from './provider.ts';

/**
 * The source of the watcher, which runs in its own process. It runs a program and stops it when its stdin is
 * closed. The system closes this pipe when our process ends, even after kill -9.
 */
const WATCHER = `
const { spawn } = require('node:child_process');
const [file, ...args] = process.argv.slice(1);
const child = spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'], windowsHide: true });
child.on('error', (error) => { console.error(error.message); process.exit(127); });
child.on('exit', (code) => process.exit(code ?? 1));
const stop = () => { child.kill('SIGTERM'); setTimeout(() => child.kill('SIGKILL'), 500); };
process.stdin.on('end', stop).on('error', stop).resume();
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, stop);
`;

/** The number of last output lines that are kept to explain the program's end. */
const KEPT_LINES = 40;

export interface WatchedOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called for each line of the program's stdout and stderr. */
  readonly onLine: (line: string) => void;
}

/** A program that ends when our process ends. */
export class WatchedProcess {
  /** Resolves with the exit code when the program has ended and its output was read. */
  readonly ended: Promise<number>;
  /** The last lines of its output, oldest first. */
  readonly lines: string[] = [];
  private readonly child: ChildProcess;

  constructor({ file, args, env, onLine }: WatchedOptions, world: TunnelWorld) {
    const child = spawn(world.nodeFile, ['-e', WATCHER, '--', file, ...args], {
      // The user's NODE_OPTIONS must not affect the watcher.
      env: { ...env, NODE_OPTIONS: undefined },
      stdio: ['pipe', 'pipe', 'pipe'],
      // In its own process group, so that Ctrl-C reaches only us, and requests in flight keep their tunnel.
      detached: world.platform !== 'win32',
      windowsHide: true,
    });
    this.child = child;
    child.stdin.on('error', () => undefined);
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('error', () => undefined);
      createInterface({ input: stream, crlfDelay: Infinity }).on('line', (line) => {
        this.lines.push(line);
        if (this.lines.length > KEPT_LINES) this.lines.shift();
        onLine(line);
      });
    }
    const withdraw = world.atExit(() => this.kill(world));
    this.ended = new Promise((resolve) => {
      child.once('error', (error) => this.lines.push(error.message));
      child.once('close', (code) => {
        withdraw();
        // Ends processes that a killed watcher left behind.
        this.kill(world);
        resolve(code ?? 1);
      });
    });
  }

  /** Stops the program and waits for its end. */
  async stop(): Promise<void> {
    this.child.stdin?.end();
    await this.ended;
  }

  private kill({ platform, signalProcess }: TunnelWorld): void {
    if (platform === 'win32' || this.child.pid === undefined) return;
    try {
      signalProcess(-this.child.pid, 'SIGKILL');
    } catch {
      // The whole group is gone.
    }
  }
}
