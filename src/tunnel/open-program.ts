import { RelyableError } from '../errors.ts';
import { type Program, requireProgram } from './program.ts';
import type { OpenTunnel, TunnelStart, TunnelWorld } from './provider.ts';
import { WatchedProcess } from './watched-process.ts';

/** How long a provider may take to state its address, ms. */
const START_LIMIT_MS = 30_000;

/** What a line of a provider's output says. */
export type LineMeaning = { readonly url: URL } | { readonly problem: RelyableError } | null;

export interface ProgramTunnel {
  readonly program: Program;
  readonly args: readonly string[];
  /** Extra variables for it. */
  readonly env?: Readonly<Record<string, string>>;
  /** The meaning of a line of stdout or stderr: the address, what stopped it, or nothing. */
  readonly readLine: (line: string) => LineMeaning;
  /** Further ways to learn the address, asked beside the lines; aborted once one has it. */
  readonly findUrl?: (signal: AbortSignal) => Promise<URL>;
  /** Lines that are not shown where nothing explains the end. */
  readonly isNoise?: (line: string) => boolean;
  /** Why it ended, from its last lines; null where they do not say. */
  readonly explain: (lines: readonly string[]) => RelyableError | null;
}

/** Opens a tunnel by a program that prints its address and then runs until it is stopped. */
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
