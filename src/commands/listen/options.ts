import { DEFAULT_INSPECTOR_PORT } from '../../config/defaults.ts';
import { SETTINGS } from '../../config/settings.ts';
import {
  parseDuration,
  parseFetchPort,
  parseHeader,
  parseOneOf,
  parseSinceTime,
  parseTargetUrl,
  parseWhole,
  type SinceTime,
} from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { EVENT_TYPES } from '../../relyable/event-type.ts';
import { parsePublicUrl, parseTunnel, PROVIDER_NAMES } from '../../tunnel/choice.ts';
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
import { natsAccessOptions, readerOption } from '../kit/nats-options.ts';
import { receiveOptions } from '../kit/receive-options.ts';
import { apiOptions, secretOptions, storeOption, tlsOptions } from '../kit/shared-options.ts';
import { parseExpectation } from '../kit/expectations/expectations.ts';
import { parseWhere } from '../kit/expectations/where.ts';

/** `last` is for the delivery log, the other words for the stream of `--from`. */
const STARTS = ['last', 'all', 'new'] as const;
type Start = (typeof STARTS)[number];

const RESPONSES = ['mirror', 'ack'] as const;

export const listenOptions = {
  forwardTo: setting(
    '-f, --forward-to <url>',
    'your app, e.g. 3000/webhooks/relyable (none: only receive)',
    parseTargetUrl,
    SETTINGS.forwardTo,
  ),
  port: receiveOptions.port,
  host: receiveOptions.host,
  events: setting(
    '-e, --events <types>',
    'forward only these event types, comma-separated: test_run.*, or all',
    parseNames,
    {
      key: 'events',
      config: (values) => values.events?.join(','),
      absentText: 'all',
      words: EVENT_TYPES,
      isCommaList: true,
    },
  ),
  route: list(
    '--route <event>=<url>',
    'forward this event type there, not to --forward-to',
    parseRoute,
  ),
  keepHost: flag('--keep-host', "forward the sender's Host header, not the one of the target"),
  header: list('-H, --header <"Name: value">', 'add a header to forwarded requests', parseHeader),
  invalid: receiveOptions.invalid,
  respond: setting(
    '--respond <mirror|ack>',
    "answer with the app's answer, or 200 once stored",
    parseOneOf(RESPONSES),
    { words: RESPONSES, default: 'mirror' },
  ),
  timeout: setting(
    '--timeout <duration>',
    'time limit of each forward, 0 for none',
    parseDuration,
    SETTINGS.timeout,
  ),
  maxBody: receiveOptions.maxBody,
  concurrency: setting('--concurrency <n>', 'forwards in flight', parseWhole(1, 10_000), {
    default: '64',
  }),
  tunnel: optionalValue(
    '--tunnel [provider]',
    'open a public address: cloudflared, ngrok, tailscale or ssh:user@host[:port]; alone: the first that is ready',
    parseTunnel,
    'auto',
    { words: PROVIDER_NAMES },
  ),
  publicUrl: value(
    '--public-url <url>',
    'the https address that leads here; it is checked before it is shown',
    parsePublicUrl,
  ),
  exitOnUrlChange: flag('--exit-on-url-change', 'exit with 4 when the public address changes'),
  from: text(
    '--from <nats-url>',
    "read also what a team's relay published: nats://host:4222, from where you stopped",
  ),
  as: readerOption,
  ...natsAccessOptions,
  maxReconnect: value(
    '--max-reconnect <duration>',
    'exit with 4 when the tunnel or NATS stays down this long (default: try for ever)',
    parseDuration,
  ),
  store: storeOption,
  inspect: optionalValue(
    '--inspect [port]',
    `serve the inspector, a page for the captures (port ${DEFAULT_INSPECTOR_PORT}; 0 for any free one)`,
    parseFetchPort,
    `${DEFAULT_INSPECTOR_PORT}`,
  ),
  readyFile: text(
    '--ready-file <file>',
    "write the listener's URL to this file once it accepts connections",
  ),
  printSecret: flag('--print-secret', 'print only the signing secret, and exit'),
  expect: list(
    '--expect <type[:n]>',
    'exit once n (1) deliveries of this type are verified and answered 200; 0: expect none',
    parseExpectation,
    { words: EVENT_TYPES },
  ),
  where: list(
    '--where <path op value>',
    'count only deliveries that meet this, e.g. data.score>=80; = != > >= < <= ~',
    parseWhere,
  ),
  exitAfter: value('--exit-after <n>', 'exit after n deliveries', parseWhole(1, 1_000_000)),
  timeoutAfter: value('--timeout-after <duration>', 'exit after this time', parseDuration),
  junit: text('--junit <file>', 'write the expectations to this file as a JUnit report'),
  since: value(
    '--since <start>',
    'first what the delivery log has and the store does not since then: last (the previous listener), 2h or a time; with --from, the first time: all, new (default), 2h or a time',
    parseStart,
  ),
  dryRun: flag('--dry-run', 'with --since: list what is missing, and forward nothing'),
  ...apiOptions,
  output: choice(
    '--output',
    ['auto', 'plain'],
    'plain: only lines, no live view on a terminal',
    'auto',
  ),
  startTimeout: withDefault(
    '--start-timeout <duration>',
    'time limit for the app of -- <command> to listen',
    parseDuration,
    '30s',
  ),
  ...tlsOptions,
  ...secretOptions,
};

/** The options that have no effect without `--from`. */
const FROM_OPTIONS = [
  'as',
  ...(Object.keys(natsAccessOptions) as Array<keyof typeof natsAccessOptions>),
] as const;

export type ListenOptions = OptionsOf<typeof listenOptions>;

export const listenCommand = declareCommand({
  description: 'receive, store, verify and forward webhooks to your app',
  usage: '[options] [url] [-- <command...>]',
  operands: [
    { name: '[url]', help: 'your app, as with --forward-to' },
    {
      name: '[command...]',
      help: 'after --: starts your app, with PORT and RELYABLE_WEBHOOK_SECRET set',
    },
  ],
  options: listenOptions,
  rules: [
    {
      option: 'where',
      needsOneOf: ['expect'],
      hint: "e.g. --expect test_run.completed --where 'data.score>=80'",
    },
    { option: 'exitOnUrlChange', needsOneOf: ['tunnel'] },
    { option: 'maxReconnect', needsOneOf: ['tunnel', 'from'] },
    ...FROM_OPTIONS.map((option) => ({ option, needsOneOf: ['from'] as const })),
    { option: 'dryRun', needsOneOf: ['since'], hint: 'e.g. --since last --dry-run' },
    { option: 'junit', needsOneOf: ['expect', 'exitAfter', 'timeoutAfter'] },
  ],
  examples: [
    ['relyable webhooks listen 3000/webhooks/relyable', 'forward every event to your app'],
    [
      'relyable webhooks listen 3000 --tunnel cloudflared --since last',
      'with a public address for Settings → Webhooks, and first what was missed',
    ],
    [
      'relyable webhooks listen 3000 --expect test_run.completed --timeout-after 60s -- node server.js',
      'in CI: start the app, wait for an event, stop both',
    ],
    [
      'export RELYABLE_WEBHOOK_SECRET="$(relyable webhooks listen --print-secret)"',
      'give your app the secret that the listener uses',
    ],
  ],
  exitCodes: [
    [0, 'stopped with Ctrl-C after draining, or all expectations met'],
    [1, 'the expectations can no longer be met'],
    [2, 'usage, configuration, a store that cannot be opened, or no program for --tunnel'],
    [
      3,
      'the tunnel provider is not logged in, --since without an API key, or NATS refuses the credentials or a right',
    ],
    [
      4,
      'the port is in use, the app did not start to listen, no tunnel, --exit-on-url-change, --max-reconnect, or no NATS',
    ],
    [5, 'timed out waiting for expected events (--timeout-after)'],
    ['any', 'the exit code of the app after --, if it ended by itself'],
  ],
});

/** `test_run.failed=3000/hook` → the event type, or a pattern of them, and the URL. */
function parseRoute(given: string, origin: string): readonly [event: string, url: URL] {
  const at = given.indexOf('=');
  if (at < 1) {
    throw new RelyableError(
      'USAGE',
      `${origin}: expected <event>=<url>, e.g. test_run.failed=3001/hook, got "${given}"`,
    );
  }
  return [given.slice(0, at).trim(), parseTargetUrl(given.slice(at + 1), origin)];
}

/** Where reading begins: a word of `STARTS`, or a moment as `logs --since` takes it. */
function parseStart(given: string, origin: string): Start | SinceTime {
  return STARTS.find((word) => word === given) ?? parseSinceTime(given, origin);
}

/** `a, b` → `['a', 'b']`. */
function parseNames(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
