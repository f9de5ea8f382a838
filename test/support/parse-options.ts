import { Command } from 'commander';
import type { DeclaredCommand } from '../../src/commands/kit/declare-command.ts';

/** The options that a declared command reads from these arguments. */
export function parseOptions<Options>(
  declared: DeclaredCommand<Options>,
  args: readonly string[],
): Options {
  const command = new Command().exitOverride().allowExcessArguments();
  declared.define(command);
  command.parse(args, { from: 'user' });
  return declared.read(command);
}
