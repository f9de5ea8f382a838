import type { Context } from './system/context.ts';
import type { Terminal, TerminalOptions } from './terminal/terminal.ts';

/** The options that every command takes. */
export interface GlobalOptions extends TerminalOptions {
  readonly config?: string | undefined;
  readonly profile?: string | undefined;
}

/** What a command is given: its context, the terminal to print to, and what the user typed. */
export interface Invocation<Options> {
  readonly context: Context;
  readonly terminal: Terminal;
  readonly globals: GlobalOptions;
  /** The command's parsed options, as its `options.ts` declares them. */
  readonly options: Options;
  /** Operands, including those after `--`. */
  readonly args: readonly string[];
}

/** A command's module: loaded when the command runs, resolves to an exit code. */
export interface CommandModule {
  // oxlint-disable-next-line typescript/no-explicit-any -- each command has options of its own type
  run(invocation: Invocation<any>): Promise<number>;
}
