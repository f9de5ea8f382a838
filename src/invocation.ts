import type { Context } from './system/context.ts';
import type { GlobalFlags, Terminal } from './terminal/terminal.ts';

/** What a command is given: the world, a place to print, and what the user typed. */
export interface Invocation<Options> {
  readonly context: Context;
  readonly terminal: Terminal;
  readonly globals: GlobalFlags;
  /** The command's parsed options, as its `options.ts` declares them. */
  readonly options: Options;
  /** The same, for commands that are not declared yet. */
  readonly flags: Options;
  /** Operands, including those after `--`. */
  readonly args: readonly string[];
}

/** A command's module: loaded when the command runs, resolves to an exit code. */
export interface CommandModule {
  // oxlint-disable-next-line typescript/no-explicit-any -- the one place where flags are untyped
  run(invocation: Invocation<any>): Promise<number>;
}
