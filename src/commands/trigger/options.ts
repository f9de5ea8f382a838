import { SETTINGS } from '../../config/settings.ts';
import {
  parseDuration,
  parseHeader,
  parseOneOf,
  parsePositive,
  parseSpeed,
  parseTargetUrl,
  parseWhole,
} from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { parseOverride } from '../../json/overrides.ts';
import { EVENT_TYPES } from '../../relyable/event-type.ts';
import type { RetryReading } from '../../relyable/retry.ts';
import { MAX_SEED } from '../../relyable/seeded-random.ts';
import { WIRE_FORMATS } from '../../relyable/wire-format.ts';
import { TAMPERS } from '../../signature/tamper-kinds.ts';
import { declareCommand } from '../kit/declare-command.ts';
import {
  choice,
  flag,
  list,
  optionalValue,
  type OptionsOf,
  setting,
  text,
  value,
  withDefault,
} from '../kit/options.ts';
import { secretOptions, tlsOptions } from '../kit/shared-options.ts';
import { parseTimestamp } from './timestamp.ts';

/** What the operand may be. */
export const EVENT_NAMES = [...EVENT_TYPES, 'all'] as const;
export type EventName = (typeof EVENT_NAMES)[number];

const PRINT_FORMS = ['http', 'curl', 'json'] as const;
export type PrintForm = (typeof PRINT_FORMS)[number];

const RETRY_READINGS: readonly RetryReading[] = ['gaps', 'offsets'];

export const triggerOptions = {
  to: setting(
    '--to <url>',
    'endpoint (default: config forwardTo, else a running listener)',
    parseTargetUrl,
    { ...SETTINGS.forwardTo, absentText: 'a running listener' },
  ),
  list: flag('--list', 'print the event types with their fields'),
  set: list('--set <path=value>', 'change a field, e.g. data.score=12.5', parseOverride),
  data: text('--data <file|->', 'send these bytes as the payload'),
  seed: value(
    '--seed <n>',
    'vary the sample; one seed makes the same bytes everywhere',
    parseWhole(0, MAX_SEED),
  ),
  timestamp: value(
    '--timestamp <iso|now|sample>',
    "the payload's timestamp (default: now, or sample with --seed)",
    parseTimestamp,
  ),
  validate: flag('--no-validate', 'do not check an edited payload against the published fields'),
  wire: withDefault(
    '--wire <format>',
    'bytes of the payload: compact, spaced, pretty, ascii, decimal or reordered',
    parseOneOf(WIRE_FORMATS),
    'compact',
    { words: WIRE_FORMATS },
  ),
  tamper: value(
    '--tamper <how>',
    'send a request to refuse: body, signature, secret, missing, empty, prefix, uppercase, base64 or truncated',
    parseOneOf(TAMPERS),
    { words: TAMPERS },
  ),
  expectStatus: value(
    '--expect-status <n>',
    'status that counts as success (default: 200; 401 or 403 with --tamper)',
    parseWhole(100, 599),
  ),
  count: value('--count <n>', 'number of requests', parseWhole(1, 1_000_000_000)),
  concurrency: withDefault('--concurrency <n>', 'requests in flight', parseWhole(1, 10_000), '1'),
  rate: value('--rate <per second>', 'maximum requests per second', parsePositive),
  duration: value('--duration <d>', 'send for this long, e.g. 30s', parseSendingTime),
  retry: flag('--retry', 'retry like Relyable: up to 5 attempts, until the answer is 200'),
  retryReading: setting(
    '--retry-reading <gaps|offsets>',
    'how the published delays are read',
    parseOneOf(RETRY_READINGS),
    { ...SETTINGS.retryReading, words: RETRY_READINGS },
  ),
  speed: withDefault(
    '--speed <n>x|instant',
    'compress the retry schedule, e.g. 60x',
    parseSpeed,
    '1x',
  ),
  duplicate: optionalValue(
    '--duplicate [n]',
    'send the same bytes again, n more times (default: 1)',
    parseWhole(1, 1000),
    '1',
  ),
  probe: flag(
    '--no-probe',
    'do not send variants (up to 16) to find out why an app on this machine refused a correct event',
  ),
  dryRun: flag('--dry-run', 'print what would be sent, send nothing'),
  print: choice('--print', PRINT_FORMS, 'print the request in this form, send nothing'),
  header: list('-H, --header <"Name: value">', 'add a header', parseHeader),
  timeout: setting(
    '--timeout <duration>',
    'time limit of each attempt, 0 for none',
    parseDuration,
    SETTINGS.timeout,
  ),
  ...tlsOptions,
  ...secretOptions,
};

export type TriggerOptions = OptionsOf<typeof triggerOptions>;

const ONE_EVENT = {
  excludes: ['retry', 'duplicate', 'print', 'dryRun'],
  because: 'the second applies to a single event',
} as const;

export const triggerCommand = declareCommand({
  description: 'send a signed sample event to an endpoint',
  operands: [{ name: '[event]', help: `${EVENT_TYPES.join(', ')} or all`, words: EVENT_NAMES }],
  options: triggerOptions,
  rules: [
    {
      option: 'data',
      excludes: ['set', 'wire', 'seed', 'timestamp'],
      because: 'the bytes of --data are sent as they are',
    },
    {
      option: 'tamper',
      excludes: ['retry'],
      because: 'a tampered request should be refused, not retried',
    },
    { option: 'count', ...ONE_EVENT },
    { option: 'duration', ...ONE_EVENT },
    { option: 'concurrency', needsOneOf: ['count', 'duration'] },
    { option: 'rate', needsOneOf: ['count', 'duration'] },
    { option: 'speed', needsOneOf: ['retry'] },
    { option: 'retryReading', needsOneOf: ['retry'] },
  ],
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
    [1, 'check failed: any other answer'],
    [2, 'usage, configuration or a payload that does not match the published fields'],
    [4, 'unreachable: connection refused, DNS, TLS, timeout'],
  ],
});

function parseSendingTime(text: string, origin: string): number {
  const durationMs = parseDuration(text, origin);
  if (durationMs > 0) return durationMs;
  throw new RelyableError('USAGE', `${origin}: expected a duration above 0, got "${text}"`);
}
