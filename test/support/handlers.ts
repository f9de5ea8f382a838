import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { ROOT } from './cli.ts';
import { hasFlask, hasPython } from './stacks.ts';

const FOLDER = join(ROOT, 'fixtures/handlers');

/** The handlers in fixtures/handlers: correct ones, the vendor's samples, and faulty ones. */
export const HANDLERS = {
  'vendor-express': 'vendor-express.cjs',
  'vendor-flask': 'vendor-flask.py',
  express: 'express.mjs',
  fastify: 'fastify.mjs',
  hono: 'hono.mjs',
  'node-http': 'node-http.mjs',
  flask: 'flask-raw.py',
  'http-server': 'http-server.py',
  'no-verification': 'no-verification.mjs',
  'parsed-json': 'parsed-json.mjs',
  'no-content': 'no-content.mjs',
  'verify-late': 'verify-late.mjs',
  'no-dedupe': 'no-dedupe.mjs',
  'redirect-login': 'redirect-login.mjs',
} as const;

export type HandlerName = keyof typeof HANDLERS;

/** The secret every handler is started with unless the caller names another. */
export const HANDLER_SECRET = 'whsec_test_4f6c1b2a9d8e7f60';

export interface RunningHandler {
  /** The webhook's URL, path included. */
  readonly url: string;
  readonly origin: string;
  readonly port: number;
  /** What it wrote to stderr so far. */
  errors(): string;
}

/** How a handler file is run. */
export function handlerCommand(name: HandlerName): readonly [command: string, file: string] {
  const file = join(FOLDER, HANDLERS[name]);
  return [file.endsWith('.py') ? 'python3' : process.execPath, file];
}

/** Whether this machine has what a handler is written in. */
export function isRunnable(name: HandlerName): boolean {
  if (!HANDLERS[name].endsWith('.py')) return true;
  return name === 'http-server' ? hasPython : hasFlask;
}

/** Starts a handler on a loopback port and waits until it listens; it is killed when the test ends. */
export async function startHandler(
  name: HandlerName,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningHandler> {
  const [command, file] = handlerCommand(name);
  return startProcess(command, [file], env);
}

/**
 * Starts the handler with this fault of `faults.mjs`. `whenFinished` is that of the test, which a test that
 * runs beside others has to name.
 */
export function startFaulty(fault: string, whenFinished = onTestFinished): Promise<RunningHandler> {
  const args = [join(FOLDER, 'faults.mjs'), fault];
  return startProcess(process.execPath, args, {}, READY, whenFinished);
}

/** Starts the handlers of `faults.py`, all in one process: the first part of a path names the fault. */
export function startFaultyPython(whenFinished: WhenFinished): Promise<RunningHandler> {
  return startProcess('python3', [join(FOLDER, 'faults.py')], {}, READY, whenFinished);
}

/** What a handler prints on stdout once it listens. */
const READY = /^ready (\d+)$/;
/** The server of PHP says on stderr where it listens. */
const PHP_READY = /Development Server \(http:\/\/127\.0\.0\.1:(\d+)\) started/;

/** Starts a handler that a test wrote, in JavaScript, Python, PHP or Go. */
export function startFile(file: string): Promise<RunningHandler> {
  const env = { HANDLERS: FOLDER };
  if (file.endsWith('.php')) {
    return startProcess('php', ['-S', '127.0.0.1:0', file], {}, PHP_READY);
  }
  if (!file.endsWith('.go')) {
    return startProcess(file.endsWith('.py') ? 'python3' : process.execPath, [file], env);
  }
  const program = file.slice(0, -'.go'.length);
  const built = spawnSync('go', ['build', '-o', program, file], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(built.stderr);
  return startProcess(program, [], env);
}

/** Is given what stops the handler, for when its test has finished. */
type WhenFinished = (stop: () => Promise<void>) => void;

async function startProcess(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  ready = READY,
  whenFinished: WhenFinished = onTestFinished,
): Promise<RunningHandler> {
  const child = spawn(command, args, {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      RELYABLE_WEBHOOK_SECRET: HANDLER_SECRET,
      PYTHONDONTWRITEBYTECODE: '1',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('utf8');
  });
  whenFinished(() => stop(child));
  const output = ready === PHP_READY ? child.stderr : child.stdout;
  for await (const line of createInterface({ input: output })) {
    const port = Number(ready.exec(line)?.[1]);
    if (!(port > 0)) continue;
    child.stdout.resume();
    child.stderr.resume();
    const origin = `http://127.0.0.1:${port}`;
    return { url: `${origin}/webhooks/relyable`, origin, port, errors: () => stderr };
  }
  throw new Error(`handler ${args.join(' ')} ended before it was ready: ${stderr}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
