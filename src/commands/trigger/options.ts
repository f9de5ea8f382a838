import type { Command } from 'commander';
import { addHelpExtras, addSecretOptions, addTlsOptions, collect } from '../kit/help.ts';

/** `relyable webhooks trigger`, as commander hands its options over. */
export interface TriggerFlags {
  readonly to?: string;
  readonly list?: boolean;
  readonly set?: readonly string[];
  readonly data?: string;
  readonly seed?: string;
  readonly timestamp?: string;
  readonly validate: boolean;
  readonly wire?: string;
  readonly tamper?: string;
  readonly expectStatus?: string;
  readonly count?: string;
  readonly concurrency?: string;
  readonly rate?: string;
  readonly duration?: string;
  readonly retry?: boolean;
  readonly retryReading?: string;
  readonly speed?: string;
  readonly duplicate?: string | boolean;
  /** false under `--no-probe`. */
  readonly probe: boolean;
  readonly dryRun?: boolean;
  readonly print?: string;
  readonly header?: readonly string[];
  readonly timeout?: string;
  readonly insecure?: boolean;
  readonly cacert?: string;
  readonly secret?: readonly string[];
  readonly secretFile?: readonly string[];
}

export function defineTrigger(command: Command): Command {
  command
    .description('send a signed sample event to an endpoint')
    .argument(
      '[event]',
      'test_run.completed, test_run.failed, agent.score_dropped, test_case.critical_failure or all',
    )
    .option('--to <url>', 'endpoint (default: config forwardTo, else a running listener)')
    .option('--list', 'print the event types with their fields')
    .option('--set <path=value>', 'change a field, e.g. data.score=12.5 (repeatable)', collect)
    .option('--data <file|->', 'send these bytes as the payload')
    .option('--seed <n>', 'vary the sample; one seed makes the same bytes everywhere')
    .option('--timestamp <iso|now|sample>', "the payload's timestamp (default: now)")
    .option('--no-validate', 'do not check an edited payload against the published fields')
    .option(
      '--wire <format>',
      'bytes of the payload: compact, spaced, pretty, ascii, decimal or reordered (default: compact)',
    )
    .option(
      '--tamper <how>',
      'a request to refuse: body, signature, secret, missing, empty, prefix, uppercase, base64 or truncated',
    )
    .option(
      '--expect-status <n>',
      'status that counts as success (default: 200; 401 or 403 with --tamper)',
    )
    .option('--count <n>', 'how many requests')
    .option('--concurrency <n>', 'requests in flight (default: 1)')
    .option('--rate <per second>', 'at most so many a second')
    .option('--duration <d>', 'for so long, e.g. 30s')
    .option('--retry', 'retry like Relyable: 5 attempts on anything but 200')
    .option('--retry-reading <gaps|offsets>', 'how the published delays are read (default: gaps)')
    .option('--speed <n>x|instant', 'compress the retry schedule, e.g. 60x (default: 1x)')
    .option('--duplicate [n]', 'send the same bytes again, n more times (default: 1)')
    .option(
      '--no-probe',
      'when an app on this machine refuses a correct event, do not send it in other ways (up to 16) to find out why',
    )
    .option('--dry-run', 'show what would be sent, send nothing')
    .option('--print <http|curl|json>', 'show the request in this form, send nothing')
    .option('-H, --header <"Name: value">', 'add a header (repeatable)', collect)
    .option('--timeout <duration>', 'for each attempt, 0 for none (default: 30s)');
  addTlsOptions(command);
  addSecretOptions(command);
  return addHelpExtras(command, {
    examples: [
      [
        'relyable webhooks trigger test_run.completed --to 3000/webhooks/relyable',
        'one signed event',
      ],
      ['relyable webhooks trigger all', 'all four, to a running listener'],
      [
        'relyable webhooks trigger agent.score_dropped --set data.current_score=12.5 --print curl',
        'the same request as a curl command',
      ],
      [
        'relyable webhooks trigger test_run.failed --to 3000 --tamper body',
        'exit 0 only if your app refuses it',
      ],
    ],
    exitCodes: [
      [0, 'the (last) answer was 200, or the expected refusal'],
      [1, 'another answer'],
      [2, 'usage, configuration or a payload that does not fit'],
      [4, 'no answer: refused, DNS, TLS, timeout'],
    ],
  });
}
