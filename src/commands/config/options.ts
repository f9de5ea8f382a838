import { declareCommand } from '../kit/declare-command.ts';
import { SETTING_KEYS } from '../../config/settings.ts';

export const configCommand = declareCommand({
  description: 'show the settings in use, each with where it came from',
  operands: [
    {
      name: '[get|path]',
      help: 'get: one value alone; path: the config files that were read',
      words: ['get', 'path'],
    },
    { name: '[key]', help: 'for get, e.g. forwardTo or api.url', words: SETTING_KEYS },
  ],
  options: {},
  examples: [
    ['relyable config', 'every setting, its value and its origin'],
    ['relyable config get port', 'the value alone, for scripts'],
    ['relyable config path', 'the files that were read'],
  ],
  exitCodes: [
    [0, 'success'],
    [1, 'get: the setting has no value'],
    [2, 'unknown setting, or a config file that is not valid'],
  ],
});
