import { SETTINGS } from '../../config/settings.ts';
import { parseTargetUrl } from '../../config/values.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { flag, type OptionsOf, setting } from '../kit/options.ts';
import { storeOption } from '../kit/shared-options.ts';

export const doctorOptions = {
  to: setting(
    '--to <url>',
    'the app to reach (default: config forwardTo)',
    parseTargetUrl,
    SETTINGS.forwardTo,
  ),
  probe: flag('--probe', 'send the app a signed sample, which it handles as an event'),
  store: storeOption,
};

export type DoctorOptions = OptionsOf<typeof doctorOptions>;

export const doctorCommand = declareCommand({
  description: 'check everything webhooks depend on here, and say how to fix it',
  options: doctorOptions,
  examples: [
    ['relyable doctor', 'node, config, secret, store, ports, app, tunnels, network, API'],
    ['relyable doctor --to 3000/webhooks/relyable', 'with an app that no config names'],
    ['relyable doctor --probe', 'does the app accept a signed event'],
    ['relyable doctor --json', 'one JSON object with every finding'],
  ],
  exitCodes: [
    [0, 'nothing is broken (there may be warnings)'],
    [1, 'at least one check failed'],
    [2, 'usage'],
  ],
});
