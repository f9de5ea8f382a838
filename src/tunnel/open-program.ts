import { RelyableError } from '../errors.ts';
import { type Program, requireProgram } from './program.ts';
import type { OpenTunnel, TunnelStart, TunnelWorld } from './provider.ts';
import { WatchedProcess } from './watched-process.ts';

/** The time limit for a program to print its address, ms. */
const START_LIMIT_MS = 30_000;

/** The meaning of one line of a program's output. */
export type LineMeaning = { readonly url: URL } | { readonly problem: RelyableError } | null;

export interface ProgramTunnel {
  readonly program: Program;
  readonly args: readonly string[];
  /** Additional environment variables for the program. */
  readonly env?: Readonly<Record<string, string>>;
  /** The meaning of a line of stdout or stderr: the address, the problem that stops the program, or null. */
  readonly readLine: (line: string) => LineMeaning;
  /** Another way to find the address. It runs at the same time, and is aborted once the address is known. */
  readonly findUrl?: (signal: AbortSignal) => Promise<URL>;
  /** Whether to leave a line out of the message about an unexplained end. */
  readonly isNoise?: (line: string) => boolean;
  /** Explains the end of the program from its last lines; null if they are not known. */
  readonly explain: (lines: readonly string[]) => RelyableError | null;
}

/** Opens a tunnel with a program that prints its address and then runs until it is stopped. */
export async function openProgramTunnel(
  { program, args, env = {}, readLine, findUrl, isNoise = () => false, explain }: ProgramTunnel,
  { signal }: TunnelStart,
  world: TunnelWorld,
): Promise<OpenTunnel> {
  const file = requireProgram(program, world);
  let onMeaning: (meaning: Exclude<LineMeaning, null>) => void;
  const meaning = new Promise<Exclude<LineMeaning, null>>((resolve) => (onMeaning = resolve));
  const process = new WatchedProcess(
    {
      file,
      args,
      env: { ...world.env, ...env },
      onLine: (line) => {
        const found = readLine(line);
        if (found !== null) onMeaning(found);
      },
    },
    world,
  );
  const lines = (): string[] => process.lines.filter((line) => !isNoise(line));
  const closed = process.ended.then(
    (code) => explain(process.lines) ?? unexplainedEnd(program, code, lines()),
  );
  const found = new AbortController();
  const whileOpening = AbortSignal.any([signal, found.signal]);
  try {
    const first = await Promise.race([
      meaning,
      closed.then((problem) => ({ problem })),
      ...(findUrl === undefined ? [] : [findUrl(whileOpening).then((url) => ({ url }))]),
      world
        .sleep(START_LIMIT_MS, whileOpening)
        .then(() => ({ problem: noAddress(program, lines()) })),
    ]);
    if ('problem' in first) throw first.problem;
    return { url: first.url, closed, stop: () => process.stop() };
  } catch (error) {
    await process.stop();
    throw error;
  } finally {
    found.abort();
  }
}

function unexplainedEnd(program: Program, code: number, lines: readonly string[]): RelyableError {
  return new RelyableError(
    'UNREACHABLE',
    `${program.name} ended with exit code ${code}${lastLines(lines)}`,
  );
}

function noAddress(program: Program, lines: readonly string[]): RelyableError {
  return new RelyableError(
    'UNREACHABLE',
    `${program.name} stated no address within ${START_LIMIT_MS / 1000} s${lastLines(lines)}`,
    {
      hint: `this version of ${program.name} may print it in another form; update it, or relyable`,
    },
  );
}

/** `; its last lines:` and the lines. */
function lastLines(lines: readonly string[]): string {
  const shown = lines.filter((line) => line.trim() !== '').slice(-5);
  return shown.length === 0
    ? ' and printed nothing'
    : `; its last lines:\n${shown.map((line) => `  ${line}`).join('\n')}`;
}
