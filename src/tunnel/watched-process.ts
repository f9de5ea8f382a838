import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { TunnelWorld } from './provider.ts';

/**
 * Runs a program for as long as its stdin is open. The pipe is closed by the system when our
 * process ends, however it ends, kill -9 included; then the program is stopped. Text, because the
 * watcher runs in a process of its own.
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

/** How many of its last lines are kept to explain its end. */
const KEPT_LINES = 40;

export interface WatchedOptions {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Called for each line of its stdout and stderr. */
  readonly onLine: (line: string) => void;
}

/** A program that ends with us. */
export class WatchedProcess {
  /** Resolves when it has ended and its output is read, with its exit code. */
  readonly ended: Promise<number>;
  /** Its last lines, oldest first. */
  readonly lines: string[] = [];
  private readonly child: ChildProcess;

  constructor({ file, args, env, onLine }: WatchedOptions, world: TunnelWorld) {
    const child = spawn(world.nodeFile, ['-e', WATCHER, '--', file, ...args], {
      // Options of the user's own Node are not for the watcher.
      env: { ...env, NODE_OPTIONS: undefined },
      stdio: ['pipe', 'pipe', 'pipe'],
      // A group of its own: Ctrl-C reaches us alone, and requests in flight keep their tunnel.
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
        // What a killed watcher leaves behind.
        this.kill(world);
        resolve(code ?? 1);
      });
    });
  }

  /** Stops it and waits for its end. */
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
