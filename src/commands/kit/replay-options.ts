import { SETTINGS } from '../../config/settings.ts';
import { parseDuration, parseTargetUrl, parseWhole } from '../../config/values.ts';
import { flag, type OptionsOf, setting, withDefault } from './options.ts';
import { apiOptions, secretOptions, storeOption, tlsOptions } from './shared-options.ts';

/** How requests are sent again; `captures replay` and `logs replay` have the same. */
export const replayOptions = {
  to: setting(
    '--to <url>',
    'target, e.g. 3000/webhooks/relyable (default: config forwardTo, else where it was last sent)',
    parseTargetUrl,
    SETTINGS.forwardTo,
  ),
  dryRun: flag('--dry-run', 'show what would be sent, and send nothing'),
  concurrency: withDefault('--concurrency <n>', 'requests in flight', parseWhole(1, 1000), '1'),
  stopOnFailure: flag('--stop-on-failure', 'end at the first answer other than 200'),
  resign: flag('--resign', 'sign again with the current secret'),
  timeout: setting(
    '--timeout <duration>',
    'for each answer, 0 for none',
    parseDuration,
    SETTINGS.timeout,
  ),
  ...tlsOptions,
  store: storeOption,
  ...secretOptions,
  ...apiOptions,
};

export type ReplayOptions = OptionsOf<typeof replayOptions>;
