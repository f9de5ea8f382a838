import { DEFAULT_INSPECTOR_PORT } from '../../config/defaults.ts';
import { SETTINGS } from '../../config/settings.ts';
import { parseDuration, parseFetchPort, parseHost, parseTargetUrl } from '../../config/values.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { flag, type OptionsOf, setting, withDefault } from '../kit/options.ts';
import { apiOptions, secretOptions, storeOption, tlsOptions } from '../kit/shared-options.ts';

export const inspectOptions = {
  port: withDefault(
    '-p, --port <n>',
    'port to serve the page on, 0 for any free one',
    parseFetchPort,
    `${DEFAULT_INSPECTOR_PORT}`,
  ),
  host: withDefault('--host <addr>', 'address to serve the page on', parseHost, '127.0.0.1'),
  open: flag('--open', 'open the page in the browser'),
  forwardTo: setting(
    '-f, --forward-to <url>',
    'where replays go, e.g. 3000/webhooks/relyable (none: where each capture was last sent)',
    parseTargetUrl,
    SETTINGS.forwardTo,
  ),
  timeout: setting(
    '--timeout <duration>',
    'time limit of each replay, 0 for none',
    parseDuration,
    SETTINGS.timeout,
  ),
  store: storeOption,
  ...apiOptions,
  ...tlsOptions,
  ...secretOptions,
};

export type InspectOptions = OptionsOf<typeof inspectOptions>;

export const inspectCommand = declareCommand({
  description: 'look at stored webhooks on a page in the browser',
  options: inspectOptions,
  examples: [
    ['relyable webhooks inspect --open', 'the page for everything in the store'],
    ['relyable webhooks inspect --forward-to 3000/webhooks/relyable', 'with replays to your app'],
    ['relyable webhooks listen --inspect', 'the page beside a listener'],
  ],
  exitCodes: [
    [0, 'stopped with Ctrl-C'],
    [2, 'usage, configuration or a store that cannot be opened'],
    [4, 'the port is in use'],
  ],
});
