import type { Command } from 'commander';
import { addHelpExtras, addSecretOptions, addTlsOptions, collect } from '../kit/help.ts';

export const REPORTERS = ['pretty', 'json', 'junit', 'tap', 'github', 'markdown'] as const;

/** `relyable webhooks check`, as commander hands its options over. */
export interface CheckFlags {
  readonly only?: readonly string[];
  readonly skip?: readonly string[];
  readonly list?: boolean;
  readonly failOn: string;
  readonly bail?: boolean;
  readonly reporter?: readonly string[];
  readonly badge?: string;
  readonly seed?: string;
  readonly allowRemote?: boolean;
  readonly idempotency?: boolean;
  readonly stateUrl?: string;
  readonly stateCommand?: string;
  readonly settle: string;
  readonly header?: readonly string[];
  readonly timeout: string;
  readonly startTimeout: string;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

export function defineCheck(command: Command): Command {
  command
    .description('run a battery of requests against your handler and say what it gets wrong')
    .usage('[options] [url] [-- <command...>]')
    .argument('[url]', 'your handler, e.g. 3000/webhooks/relyable (default: config forwardTo)')
    .argument(
      '[command...]',
      'after --: starts your app, with PORT and RELYABLE_WEBHOOK_SECRET set',
    )
    .option('--only <cases>', 'run these: an id, a section or a pattern (repeatable)', collect)
    .option('--skip <cases>', 'leave these out, likewise (repeatable)', collect)
    .option('--list', 'print the cases, send nothing')
    .option('--fail-on <error|warning>', 'which findings end with exit code 1', 'error')
    .option('--bail', 'stop at the first finding that counts')
    .option(
      '--reporter <name[=file]>',
      'pretty, json, junit, tap, github or markdown (repeatable; default: pretty)',
      collect,
    )
    .option('--badge <file>', 'write the grade as JSON for shields.io')
    .option('--seed <n>', 'the same requests, byte for byte (default: drawn anew)')
    .option('--allow-remote', 'also send to a host that is not this machine')
    .option('--idempotency', 'only look whether repeats have an effect; needs a state')
    .option('--state-url <url>', 'what changes with every event, e.g. a page with a row count')
    .option('--state-command <command>', 'the same, as a command of your shell')
    .option('--settle <duration>', 'how long the state may take to change', '250ms')
    .option('-H, --header <"Name: value">', 'add a header to every request (repeatable)', collect)
    .option('--timeout <duration>', 'for each answer', '10s')
    .option('--start-timeout <duration>', 'for the app of -- <command> to listen', '30s');
  addTlsOptions(command);
  addSecretOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks check 3000/webhooks/relyable', 'the whole battery'],
      [
        "relyable webhooks check 3000/webhooks/relyable --only refuses --skip 'refuses.upper*'",
        'one section without one case',
      ],
      [
        'relyable webhooks check 3000/webhooks/relyable --reporter pretty --reporter junit=check.xml',
        'two reports at once',
      ],
      [
        'relyable webhooks check 3000/webhooks/relyable -- node server.js',
        'start the app, check it, end it',
      ],
    ],
    exitCodes: [
      [0, 'no finding that counts (see --fail-on)'],
      [1, 'at least one'],
      [2, 'usage or configuration; a remote host without --allow-remote'],
      [4, 'nothing answers there'],
      ['any', 'the code of the app behind --, when it ended before it listened'],
    ],
  });
}
