import { constants } from 'node:os';
import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, RelyableError } from '../../errors.ts';
import { type ChildApp, type ChildExit, startChildApp, waitUntilListening } from './child-app.ts';
import { isListening } from '../../http/client/reachability.ts';
import { portOf } from '../../http/target.ts';
import { textColumns } from '../../terminal/columns.ts';
import { errorToJson, formatError } from '../../terminal/error.ts';
import { formatAppLine } from './app-line.ts';

/** How long the app may take to end after the first signal; then it is killed. */
const GRACE_MS = 5000;

export interface ManagedAppOptions {
  /** null: nothing to start. */
  readonly command: readonly [string, ...string[]] | null;
  /** Where the app will listen; null: nothing to wait for. */
  readonly target: URL | null;
  readonly secret: string;
  readonly startTimeoutMs: number;
}

/** The app of `-- <command>`, running and accepting connections. */
export interface ManagedApp {
  /** Resolves with its exit code if it ends by itself; never without a command. */
  readonly ended: Promise<number>;
  stop(): Promise<void>;
}

/** The operands before `--`, and the command after it. */
export function splitCommand({ context, args }: Invocation<unknown>): {
  readonly operands: readonly string[];
  readonly command: readonly [string, ...string[]] | null;
} {
  const dashes = context.argv.indexOf('--');
  if (dashes === -1) return { operands: args, command: null };
  const [file, ...rest] = context.argv.slice(dashes + 1);
  if (file === undefined) {
    throw new RelyableError('USAGE', 'expected a command after --, got nothing', {
      hint: 'e.g. -- node server.js',
    });
  }
  return { operands: args.slice(0, args.length - rest.length - 1), command: [file, ...rest] };
}

/**
 * Starts the app and waits until it listens. Resolves with an exit code where the app ended before
 * that: the command then exits with it.
 */
export async function startManagedApp(
  invocation: Invocation<unknown>,
  { command, target, secret, startTimeoutMs }: ManagedAppOptions,
): Promise<ManagedApp | number> {
  const { context, terminal } = invocation;
  if (command === null) {
    return { ended: new Promise(() => undefined), stop: async () => undefined };
  }
  if (target !== null && (await isListening(target, context.interrupt))) {
    throw new RelyableError(
      'PORT_IN_USE',
      `expected ${target.host} to be free for the app, but something listens there already`,
      { hint: 'stop it, or leave out -- <command> to use what is running' },
    );
  }
  const app = await startChildApp(
    {
      command,
      cwd: context.cwd,
      env: {
        ...context.env,
        RELYABLE_WEBHOOK_SECRET: secret,
        ...(target === null || target.port === '' ? {} : { PORT: target.port }),
      },
      onLine: (line) => terminal.info(formatAppLine(line, terminal.errorStyle)),
    },
    context,
  );
  const stop = async (): Promise<void> => {
    await app.stop(context.stoppedBy() ?? 'SIGTERM', GRACE_MS);
  };
  try {
    if (target !== null && (await waitFor(app, target, invocation, startTimeoutMs)) === 'ended') {
      const exit = await app.exited;
      await stop();
      return reportEarlyEnd(invocation, exit, target);
    }
  } catch (error) {
    await stop();
    throw error;
  }
  return { ended: app.exited.then(exitCodeOf), stop };
}

/** Reports the early end itself: the exit code is the app's, not that of a thrown error. */
function reportEarlyEnd(
  { context, terminal }: Invocation<unknown>,
  exit: ChildExit,
  target: URL,
): number {
  const exitCode = exitCodeOf(exit) || EXIT_CHECK_FAILED;
  const what = exit.code === null ? `signal ${exit.signal ?? ''}` : `exit code ${exit.code}`;
  const error = new RelyableError(
    'UNREACHABLE',
    `expected the app to listen on ${target.host}, but it ended with ${what}`,
  );
  const text = terminal.isJson
    ? JSON.stringify({ ...errorToJson(error), exitCode })
    : terminal.legible(formatError(error, textColumns(context.stderr, context.env)));
  context.stderr.write(`${text}\n`);
  return exitCode;
}

function waitFor(
  app: ChildApp,
  target: URL,
  { context, terminal }: Invocation<unknown>,
  timeoutMs: number,
): Promise<'listening' | 'ended'> {
  const { interrupt: signal, elapsed, sleep } = context;
  const onElsewhere = (ports: readonly number[]): void =>
    terminal.warn(
      `the app listens on port ${ports.join(', ')}, not on ${portOf(target)}: name that port, or let the app listen on PORT`,
    );
  return waitUntilListening(target, app, { timeoutMs, signal, elapsed, sleep, onElsewhere });
}

/** As a shell reports it: the code, or 128 + the signal's number. */
function exitCodeOf({ code, signal }: ChildExit): number {
  if (code !== null) return code;
  return signal === null ? EXIT_CHECK_FAILED : 128 + constants.signals[signal];
}
