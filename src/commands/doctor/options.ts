import { SETTINGS } from '../../config/settings.ts';
import { parseTargetUrl } from '../../config/values.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { natsAccessOptions, readerOption } from '../kit/nats-options.ts';
import { flag, type OptionsOf, setting, text } from '../kit/options.ts';
import { storeOption, tlsOptions } from '../kit/shared-options.ts';

export const doctorOptions = {
  to: setting(
    '--to <url>',
    'the app to reach (default: config forwardTo)',
    parseTargetUrl,
    SETTINGS.forwardTo,
  ),
  probe: flag('--probe', 'send the app a signed sample, which it handles as an event'),
  ...tlsOptions,
  store: storeOption,
  from: text(
    '--from <url>',
    "check also the NATS server of a team's relay, as listen --from (RELYABLE_NATS_URL)",
  ),
  as: readerOption,
  ...natsAccessOptions,
};

export type DoctorOptions = OptionsOf<typeof doctorOptions>;

export const doctorCommand = declareCommand({
  description: 'check everything webhooks depend on here, and say how to fix it',
  options: doctorOptions,
  examples: [
    ['relyable doctor', 'node, config, secret, store, ports, app, tunnels, network, API'],
    ['relyable doctor --to 3000/webhooks/relyable', 'with an app that no config names'],
    ['relyable doctor --probe', 'does the app accept a signed event'],
    [
      'relyable doctor --from nats://127.0.0.1:4222 --as ada',
      'can ada read what the relay published, and how much waits',
    ],
  ],
  exitCodes: [
    [0, 'nothing is broken (there may be warnings)'],
    [1, 'at least one check failed'],
    [2, 'usage'],
  ],
});
