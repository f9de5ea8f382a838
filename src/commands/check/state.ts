import { exec } from 'node:child_process';
import { promisify } from 'node:util';
import { errorMessage, RelyableError } from '../../errors.ts';
import { describeFailure } from '../../http/target.ts';

/** How the user's state is read: text that changes with every event handled. */
export type StateSource =
  | { readonly kind: 'url'; readonly url: URL }
  | { readonly kind: 'command'; readonly command: string };

export interface StateWorld {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly fetch: typeof globalThis.fetch;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface StateOptions {
  readonly source: StateSource;
  /** How long to wait before each reading: a handler may work after its answer. */
  readonly settleMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

const execute = promisify(exec);

/** Reads the state as text; one that cannot be read is INPUT_UNREADABLE. */
export function createStateReader(
  { source, settleMs, timeoutMs, signal }: StateOptions,
  world: StateWorld,
): () => Promise<string> {
  return async () => {
    await world.sleep(settleMs, signal);
    return source.kind === 'url'
      ? readUrl(source.url, timeoutMs, signal, world)
      : runCommand(source.command, timeoutMs, signal, world);
  };
}

async function readUrl(
  url: URL,
  timeoutMs: number,
  signal: AbortSignal,
  world: StateWorld,
): Promise<string> {
  try {
    const timed = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const response = await world.fetch(url, { signal: timed });
    if (!response.ok) throw new Error(`expected status 200, got ${response.status}`);
    return await response.text();
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(`--state-url ${url.href}: ${describeFailure(error, url)}`, error);
  }
}

async function runCommand(
  command: string,
  timeoutMs: number,
  signal: AbortSignal,
  { cwd, env }: StateWorld,
): Promise<string> {
  try {
    const { stdout } = await execute(command, { cwd, env: { ...env }, signal, timeout: timeoutMs });
    return stdout;
  } catch (error) {
    signal.throwIfAborted();
    throw unreadable(`--state-command ${command}: ${errorMessage(error)}`, error);
  }
}

function unreadable(message: string, cause: unknown): RelyableError {
  return new RelyableError('INPUT_UNREADABLE', message, {
    hint: 'it must answer with something that changes with every event, e.g. a row count',
    cause,
  });
}
