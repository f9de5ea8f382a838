import { parseDuration, parseSinceTime, parseWhole } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { DELIVERY_STATES } from '../../relyable/delivery.ts';
import { EVENT_TYPES } from '../../relyable/event-type.ts';
import { parseStatusFilter } from './entry-filter.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { parseExpectation } from '../kit/expectations/expectations.ts';
import { flag, list, type OptionsOf, text, value, withDefault } from '../kit/options.ts';
import { replayOptions } from '../kit/replay-options.ts';
import { apiOptions } from '../kit/shared-options.ts';

/** A shorter interval would only use up the rate limit. */
const SHORTEST_INTERVAL_MS = 50;

/** How often `tail` asks the API, ms. */
function parseInterval(given: string, name: string): number {
  const intervalMs = parseDuration(given, name);
  if (intervalMs >= SHORTEST_INTERVAL_MS) return intervalMs;
  throw new RelyableError(
    'USAGE',
    `${name}: expected at least ${SHORTEST_INTERVAL_MS}ms, got "${given}"`,
  );
}

/** The words of `--status` besides single statuses. */
const STATUS_WORDS = [...DELIVERY_STATES, 'none', '2xx', '3xx', '4xx', '5xx'];

/** The options of every `logs` command: where the log is. */
const logOptions = {
  ...apiOptions,
  store: text('--store <file>', 'the captures to match attempts with'),
};

const filterOptions = {
  event: text('--event <type>', 'only this event type', { words: EVENT_TYPES }),
  status: list(
    '--status <filter>',
    '200, 4xx, none (no answer), delivered, retrying or failed; several with commas',
    parseStatusFilter,
    { words: STATUS_WORDS, isCommaList: true },
  ),
  since: value(
    '--since <duration|iso>',
    'only what was attempted since, e.g. 2h or 2026-01-31T10:00Z',
    parseSinceTime,
  ),
};

const listOptions = {
  ...filterOptions,
  attempts: flag('--attempts', 'one line for each attempt, with its response'),
  reverse: flag('--reverse', 'oldest first'),
  limit: withDefault('--limit <n>', 'maximum number of lines', parseWhole(1, 100_000), '25'),
  ...logOptions,
};

const tailOptions = {
  ...filterOptions,
  limit: withDefault(
    '--limit <n>',
    'number of newest attempts to show first',
    parseWhole(0, 100_000),
    '10',
  ),
  interval: withDefault('--interval <duration>', 'how often to ask', parseInterval, '5s'),
  resume: flag('--resume', 'resume where the previous tail stopped (per profile)'),
  exitOnFailure: flag(
    '--exit-on-failure',
    'exit with 1 at the first delivery that failed for good',
  ),
  expect: list(
    '--expect <type[:n]>',
    'exit once n (1) new attempts of this type were answered 200; 0: expect none',
    parseExpectation,
    { words: EVENT_TYPES },
  ),
  exitAfter: value('--exit-after <n>', 'exit after n new attempts', parseWhole(1, 1_000_000)),
  timeoutAfter: value('--timeout-after <duration>', 'exit after this time', parseDuration),
  ...logOptions,
};

/** Which deliveries to send again. */
const selectOptions = {
  failed: flag('--failed', 'every delivery that was given up and not sent again since'),
  since: value(
    '--since <duration|iso>',
    'with --failed: only those attempted since, e.g. 2h',
    parseSinceTime,
  ),
};

const resendOptions = {
  ...selectOptions,
  dryRun: flag('--dry-run', 'show what would be asked for, and ask for nothing'),
  ...apiOptions,
};

const replayLogsOptions = { ...selectOptions, ...replayOptions };

export type LogsSelectOptions = OptionsOf<typeof selectOptions>;
export type LogsResendOptions = OptionsOf<typeof resendOptions>;
export type LogsReplayOptions = OptionsOf<typeof replayLogsOptions>;
export type LogsShowOptions = OptionsOf<typeof logOptions>;
export type LogsListOptions = OptionsOf<typeof listOptions>;
export type LogsTailOptions = OptionsOf<typeof tailOptions>;

const SHARED_EXIT_CODES = [
  [3, 'the API refused the key'],
  [4, 'the API cannot be reached or answers with errors'],
] as const;

/** The group: alone it is `list`. */
export const logsGroup = declareCommand({
  description: 'delivery logs from the API: attempts, answers, retries',
  options: {},
  examples: [
    ['relyable webhooks logs', 'the newest deliveries, as logs list'],
    ['relyable webhooks logs show dlv_1a2b3c', 'one delivery with its request'],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'usage, configuration, or no log at that path'],
    ...SHARED_EXIT_CODES,
  ],
});

export const logsListCommand = declareCommand({
  description: 'the newest deliveries, newest first (the same as logs alone)',
  options: listOptions,
  examples: [
    ['relyable webhooks logs', 'the newest deliveries, and how many failed'],
    ['relyable webhooks logs list --status failed --since 7d', 'deliveries given up this week'],
    [
      'relyable webhooks logs list --attempts --status 5xx',
      'attempts that your app answered with an error, and its answers',
    ],
    [
      'relyable webhooks logs list --api-url http://127.0.0.1:4500/api --json',
      'from an emulator, one JSON object per line',
    ],
  ],
  exitCodes: [
    [0, 'success'],
    [2, 'usage, configuration, or no log at that path'],
    ...SHARED_EXIT_CODES,
  ],
});

export const logsTailCommand = declareCommand({
  description: 'print new attempts, each once, until stopped',
  options: tailOptions,
  examples: [
    ['relyable webhooks logs tail', 'the last 10 attempts, then new ones'],
    ['relyable webhooks logs tail --resume --json', 'nothing missed since the previous tail'],
    [
      'relyable webhooks logs tail --api-url http://127.0.0.1:4500/api --interval 1s',
      'from an emulator',
    ],
    [
      'relyable webhooks logs tail --expect test_run.completed --timeout-after 60s',
      'for a script: waits until one is delivered',
    ],
  ],
  exitCodes: [
    [0, 'stopped with Ctrl-C, or all expectations met'],
    [
      1,
      'the expectations can no longer be met; with --exit-on-failure: a delivery failed for good',
    ],
    [2, 'usage, configuration, or no log at that path'],
    [3, 'the API refused the key'],
    [4, 'the API did not answer at the start'],
    [5, 'timed out waiting for expected events (--timeout-after)'],
  ],
});

export const logsShowCommand = declareCommand({
  description: 'one delivery: its request and every attempt',
  operands: [{ name: '<delivery id>', help: 'as logs list shows it, or last for the newest' }],
  options: logOptions,
  examples: [
    ['relyable webhooks logs show dlv_1a2b3c', 'request, attempts, response bodies'],
    ['relyable webhooks logs show last --json', 'the newest as one JSON object'],
  ],
  exitCodes: [[0, 'success'], [2, 'usage, or unknown delivery'], ...SHARED_EXIT_CODES],
});

export const logsReplayCommand = declareCommand({
  description: 'send deliveries of the log to your app: the same bytes and signature, oldest first',
  operands: [{ name: '[ids...]', help: 'delivery ids, as logs list shows them, or last' }],
  options: replayLogsOptions,
  rules: [{ option: 'since', needsOneOf: ['failed'] }],
  examples: [
    ['relyable webhooks logs replay dlv_1a2b3c --to 3000/webhooks/relyable', 'one, to your app'],
    [
      'relyable webhooks logs replay --failed --since 2h',
      'what was given up in the last two hours',
    ],
    [
      'relyable webhooks logs replay --failed --dry-run --api-url http://127.0.0.1:4500/api',
      'from an emulator, only shown',
    ],
  ],
  exitCodes: [
    [0, 'every answer was 200'],
    [1, 'an answer other than 200, or a delivery whose payload the log does not have'],
    [2, 'usage, or unknown delivery'],
    [3, 'no API key, or the API refused it'],
    [4, 'no answer of the app or the API: refused, DNS, TLS, timeout'],
  ],
});

export const logsResendCommand = declareCommand({
  description: 'ask the API to send deliveries again',
  operands: [{ name: '[ids...]', help: 'delivery ids, as logs list shows them, or last' }],
  options: resendOptions,
  rules: [{ option: 'since', needsOneOf: ['failed'] }],
  examples: [
    ['relyable webhooks logs resend dlv_1a2b3c', 'one delivery again, to its endpoint'],
    [
      'relyable webhooks logs resend --failed --since 2h --dry-run',
      'what was given up in the last two hours',
    ],
  ],
  exitCodes: [
    [0, 'the API took every one'],
    [2, 'usage, unknown delivery, or an API that does not send again'],
    ...SHARED_EXIT_CODES,
  ],
});
