import type { Command } from 'commander';
import { addHelpExtras, addSecretOptions, collect } from '../kit/help.ts';

/** `relyable webhooks emulate`, as commander hands its options over. */
export interface EmulateFlags {
  readonly port?: string;
  readonly host?: string;
  readonly speed?: string;
  readonly apiKey?: string;
  readonly endpoint?: readonly string[];
  readonly rateLimit?: string;
  readonly faults?: string;
  readonly seed?: string;
  readonly readyFile?: string;
  /** true for `--store` without a file: the captures' own. */
  readonly store?: string | boolean;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

export function defineEmulate(command: Command): Command {
  command
    .description('a Relyable on this machine: its API, real deliveries, the retry schedule')
    .option('--endpoint <url>', 'register an endpoint for all events (repeatable)', collect)
    .option('-p, --port <n>', 'port of the API, 0 for any free one (default: 4500)')
    .option('--host <addr>', 'address to listen on (default: 127.0.0.1)')
    .option(
      '--speed <n>x|instant',
      'compress the retry schedule of 0, +1m, +5m, +15m, +1h; instant: no waiting, production times (default: 1x)',
    )
    .option('--api-key <key>', 'the one key that is accepted (default: any)')
    .option('--rate-limit <n>', 'API requests per minute (default: no limit)')
    .option(
      '--faults <spec>',
      'of the API: 429, 500, slow, reset, garbage, html, shift; each with :<times>, :<n>% or nothing for always',
    )
    .option('--seed <n>', 'the same ids, samples and faults each time')
    .option('--ready-file <file>', 'write the URL of the API there once it accepts connections')
    .option('--store [file]', 'keep state over a restart, in this file or with the captures');
  addSecretOptions(command);
  return addHelpExtras(command, {
    examples: [
      [
        'relyable webhooks emulate --endpoint 4400 --speed 60x',
        'deliver to a listener, a retry minute takes a second',
      ],
      [
        "curl -X POST -H 'Authorization: Bearer any' http://127.0.0.1:4500/api/webhooks/<id>/test",
        'Send Test Event of the dashboard; the id is shown at start',
      ],
      [
        'relyable webhooks logs tail --api-url http://127.0.0.1:4500/api',
        'watch the attempts as the API tells them',
      ],
      ['relyable webhooks emulate --faults 429:3,500:10%', 'an API that has bad days'],
    ],
    exitCodes: [
      [0, 'stopped with Ctrl-C after draining'],
      [2, 'usage, configuration, an endpoint that is neither HTTPS nor on this machine'],
      [4, 'the port is in use'],
    ],
  });
}
