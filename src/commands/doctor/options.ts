import type { Command } from 'commander';
import { addHelpExtras } from '../kit/help.ts';

/** `relyable doctor`, as commander hands its options over. */
export interface DoctorFlags {
  readonly to?: string;
  readonly store?: string;
}

export function defineDoctor(command: Command): Command {
  command
    .description('check everything webhooks depend on here, and say how to fix it')
    .option('--to <url>', 'the app to reach (default: config forwardTo)')
    .option('--store <file>', 'where captures are kept');
  return addHelpExtras(command, {
    examples: [
      ['relyable doctor', 'node, config, secret, store, ports, app, network, API, clock'],
      ['relyable doctor --to 3000/webhooks/relyable', 'with an app that no config names'],
      ['relyable doctor --json', 'one JSON object with every finding'],
    ],
    exitCodes: [
      [0, 'nothing is broken (there may be warnings)'],
      [1, 'at least one check failed'],
      [2, 'usage'],
    ],
  });
}
