import type { Command } from 'commander';
import { addHelpExtras } from '../kit/help.ts';

/** What every `relyable webhooks logs` command takes, as commander hands it over. */
export interface LogsFlags {
  readonly apiUrl?: string;
  readonly apiKeyFile?: string;
  readonly store?: string;
}

/** `relyable webhooks logs list`. */
export interface LogsListFlags extends LogsFlags {
  readonly event?: string;
  readonly status?: string;
  readonly since?: string;
  readonly limit?: string;
}

/** `relyable webhooks logs tail`. */
export interface LogsTailFlags extends LogsListFlags {
  readonly interval?: string;
  readonly resume?: boolean;
  readonly exitOnFailure?: boolean;
}

const EXIT_CODES = [
  [0, 'shown'],
  [2, 'usage, configuration, or no log at that path'],
  [3, 'the API refused the key'],
  [4, 'the API cannot be reached or answers with errors'],
] as const;

/** The group: alone it is `list`. */
export function defineLogs(command: Command): Command {
  command.description('delivery logs from the API: attempts, answers, retries');
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks logs', 'the newest attempts, as logs list'],
      ['relyable webhooks logs show dlv_1a2b3c', 'one delivery with its request'],
    ],
    exitCodes: EXIT_CODES,
  });
}

export function defineLogsList(command: Command): Command {
  command.description('the newest attempts, newest first (the same as logs alone)');
  addFilterOptions(command);
  command.option('--limit <n>', 'at most so many attempts (default: 25)');
  addLogsOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks logs', 'the newest attempts'],
      ['relyable webhooks logs list --status failed --since 7d', 'deliveries given up this week'],
      [
        'relyable webhooks logs list --api-url http://127.0.0.1:4500/api --json',
        'from an emulator, one JSON object per line',
      ],
    ],
    exitCodes: EXIT_CODES,
  });
}

export function defineLogsTail(command: Command): Command {
  command.description('print attempts as they come, each once, until stopped');
  addFilterOptions(command);
  command
    .option('--limit <n>', 'show so many of the newest attempts first (default: 10)')
    .option('--interval <duration>', 'how often to ask (default: 5s)')
    .option('--resume', 'go on where the last tail of this profile ended')
    .option('--exit-on-failure', 'end with 1 at the first delivery that failed for good');
  addLogsOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks logs tail', 'the last 10 attempts, then what comes'],
      ['relyable webhooks logs tail --resume --json', 'nothing missed since the last tail'],
      [
        'relyable webhooks logs tail --api-url http://127.0.0.1:4500/api --interval 1s',
        'from an emulator',
      ],
      [
        'relyable webhooks logs tail --limit 0 --exit-on-failure',
        'for a script: fails with the first delivery given up from now on',
      ],
    ],
    exitCodes: [
      [0, 'stopped with Ctrl-C'],
      [1, 'with --exit-on-failure: a delivery failed for good'],
      [2, 'usage, configuration, or no log at that path'],
      [3, 'the API refused the key'],
      [4, 'the API did not answer at the start'],
    ],
  });
}

export function defineLogsShow(command: Command): Command {
  command
    .description('one delivery: its request and every attempt')
    .argument('<delivery id>', 'as logs list shows it');
  addLogsOptions(command);
  return addHelpExtras(command, {
    examples: [
      ['relyable webhooks logs show dlv_1a2b3c', 'request, attempts, response bodies'],
      ['relyable webhooks logs show dlv_1a2b3c --json', 'the same as one JSON object'],
    ],
    exitCodes: [
      ...EXIT_CODES.slice(0, 1),
      [2, 'usage, or no such delivery'],
      ...EXIT_CODES.slice(2),
    ],
  });
}

function addFilterOptions(command: Command): Command {
  return command
    .option('--event <type>', 'only this event type')
    .option(
      '--status <filter>',
      '200, 4xx, none (no answer), delivered, retrying or failed; several with commas',
    )
    .option('--since <duration|iso>', 'only attempts since, e.g. 2h or 2026-01-31T10:00Z');
}

function addLogsOptions(command: Command): Command {
  return command
    .option('--api-url <url>', 'the API (default: https://app.relyable.ai/api)')
    .option('--api-key-file <file>', 'file that holds the API key (else RELYABLE_API_KEY)')
    .option('--store <file>', 'captures to tie attempts to');
}
