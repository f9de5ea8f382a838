import type { Command } from 'commander';
import { addHelpExtras } from '../kit/help.ts';

/** `relyable config` has no flags of its own; its operands are `get <key>` or `path`. */
export type ConfigFlags = Readonly<Record<string, never>>;

export function defineConfig(command: Command): Command {
  command
    .description('show the settings in use, each with where it came from')
    .argument('[get|path]', 'get: one value alone; path: the config files that count')
    .argument('[key]', 'for get, e.g. forwardTo or api.url');
  return addHelpExtras(command, {
    examples: [
      ['relyable config', 'every setting, its value and its origin'],
      ['relyable config get port', 'the value alone, for scripts'],
      ['relyable config path', 'the files that were read'],
    ],
    exitCodes: [
      [0, 'shown'],
      [1, 'get: the setting has no value'],
      [2, 'no such setting, or a config file that is not valid'],
    ],
  });
}
