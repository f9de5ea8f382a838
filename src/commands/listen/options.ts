import type { Command } from 'commander';
import { addHelpExtras, addSecretOptions, addTlsOptions, collect } from '../kit/help.ts';

/** `relyable webhooks listen`, as commander hands its options over. */
export interface ListenFlags {
  readonly forwardTo?: string;
  readonly port?: string;
  readonly host?: string;
  readonly events?: string;
  readonly header?: readonly string[];
  readonly invalid?: string;
  readonly respond?: string;
  readonly timeout?: string;
  readonly maxBody?: string;
  readonly concurrency?: string;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
  readonly store?: string;
  readonly printSecret?: boolean;
  readonly readyFile?: string;
  readonly expect?: readonly string[];
  readonly where?: readonly string[];
  readonly exitAfter?: string;
  readonly timeoutAfter?: string;
  readonly junit?: string;
  readonly startTimeout: string;
  readonly output: string;
}

export function defineListen(command: Command): Command {
  command
    .description('receive webhooks, keep every one, verify it, forward it to your app')
    .usage('[options] [-- <command...>]')
    .argument(
      '[command...]',
      'after --: starts your app, with PORT and RELYABLE_WEBHOOK_SECRET set',
    )
    .option('-f, --forward-to <url>', 'your app, e.g. 3000/webhooks/relyable (none: only receive)')
    .option('-p, --port <n>', 'port to listen on, 0 for any free one (default: 4400)')
    .option('--host <addr>', 'address to listen on (default: 127.0.0.1)')
    .option('-e, --events <types>', 'forward only these event types, comma-separated')
    .option(
      '-H, --header <"Name: value">',
      'add a header to forwarded requests (repeatable)',
      collect,
    )
    .option(
      '--invalid <reject|forward>',
      'what to do with a bad or missing signature (default: reject)',
    )
    .option(
      '--respond <mirror|ack>',
      "answer with the app's answer, or 200 once stored (default: mirror)",
    )
    .option('--timeout <duration>', 'for each forward, 0 for none (default: 30s)')
    .option('--max-body <size>', 'larger requests are answered 413 (default: 10mb, at most 512mb)')
    .option('--concurrency <n>', 'forwards in flight (default: 64)')
    .option('--store <file>', 'where captures are kept')
    .option('--ready-file <file>', 'write the listener’s URL there once it accepts connections')
    .option('--print-secret', 'print the signing secret alone and exit')
    .option(
      '--expect <type[:n]>',
      'end once n (1) deliveries of this type were verified and answered 200; 0: none may come (repeatable)',
      collect,
    )
    .option(
      '--where <path op value>',
      'expected deliveries must meet this, e.g. data.score>=80; = != > >= < <= ~ (repeatable)',
      collect,
    )
    .option('--exit-after <n>', 'end after n deliveries')
    .option('--timeout-after <duration>', 'end after this time')
    .option('--junit <file>', 'write the expectations as a JUnit report')
    .option('--output <auto|plain>', 'plain: lines without the live view on a terminal', 'auto')
    .option('--start-timeout <duration>', 'for the app of -- <command> to listen', '30s');
  addTlsOptions(command);
  addSecretOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks listen', 'receive and keep; answers 200'],
      [
        'relyable webhooks listen --forward-to 3000/webhooks/relyable',
        'pass events on to your app',
      ],
      [
        'relyable webhooks listen -f 3000 --expect test_run.completed --timeout-after 60s -- node server.js',
        'in CI: start the app, wait for an event, end both',
      ],
      [
        'export RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)"',
        'give your app the secret the listener uses',
      ],
    ],
    exitCodes: [
      [0, 'stopped with Ctrl-C after draining, or everything expected came'],
      [1, 'what was expected cannot come any more'],
      [2, 'usage, configuration or a store that cannot be opened'],
      [4, 'the port is in use, or the app did not start to listen'],
      [5, '--timeout-after ran out before everything expected came'],
      ['any', 'the code of the app behind --, when it ended by itself'],
    ],
  });
}
