import {
  parseDuration,
  parseFetchUrl,
  parseHeader,
  parseOneOf,
  parseWhole,
} from '../../config/values.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { flag, list, type OptionsOf, text, value, withDefault } from '../kit/options.ts';
import { secretOptions, tlsOptions } from '../kit/shared-options.ts';
import { SEVERITIES } from './check-case.ts';
import { parseReporter, REPORTERS } from './reporter.ts';

const asGiven = (given: string): string => given;

/** What the text defaults of `--timeout` and `--settle` are. */
export const DEFAULT_TIMEOUT_MS = 10_000;
export const DEFAULT_SETTLE_MS = 250;

const options = {
  only: list('--only <cases>', 'run only these: an id, a section or a pattern', asGiven),
  skip: list('--skip <cases>', 'leave these out: an id, a section or a pattern', asGiven),
  list: flag('--list', 'print the cases, send nothing'),
  failOn: withDefault(
    '--fail-on <error|warning>',
    'lowest severity that ends with exit code 1',
    parseOneOf(SEVERITIES),
    'error',
    { words: SEVERITIES },
  ),
  bail: flag('--bail', 'stop at the first finding that --fail-on counts'),
  reporter: list(
    '--reporter <name[=file]>',
    `${REPORTERS.slice(0, -1).join(', ')} or ${REPORTERS.at(-1)}; default: pretty`,
    parseReporter,
    { words: REPORTERS },
  ),
  badge: text('--badge <file>', 'write the grade as JSON for shields.io'),
  seed: value(
    '--seed <n>',
    'send the same bytes as the run with this seed (default: random)',
    parseWhole(0, Number.MAX_SAFE_INTEGER),
  ),
  allowRemote: flag('--allow-remote', 'also send to a host that is not this machine'),
  idempotency: flag('--idempotency', 'only check whether repeats have an effect; needs a state'),
  stateUrl: value(
    '--state-url <url>',
    'a page that changes with every event, e.g. a row count',
    parseFetchUrl,
  ),
  stateCommand: text('--state-command <command>', 'the same, as a command of your shell'),
  settle: withDefault(
    '--settle <duration>',
    'how long the state may take to change',
    parseDuration,
    '250ms',
  ),
  header: list('-H, --header <"Name: value">', 'add a header to every request', parseHeader),
  timeout: withDefault('--timeout <duration>', 'for each answer', parseDuration, '10s'),
  startTimeout: withDefault(
    '--start-timeout <duration>',
    'for the app of -- <command> to listen',
    parseDuration,
    '30s',
  ),
  ...tlsOptions,
  ...secretOptions,
};

export type CheckOptions = OptionsOf<typeof options>;

export const checkCommand = declareCommand({
  description: 'check your handler with a battery of requests and say what it gets wrong',
  usage: '[options] [url] [-- <command...>]',
  operands: [
    {
      name: '[url]',
      help: 'your handler, e.g. 3000/webhooks/relyable (default: config forwardTo)',
    },
    {
      name: '[command...]',
      help: 'after --: starts your app, with PORT and RELYABLE_WEBHOOK_SECRET set',
    },
  ],
  options,
  rules: [
    {
      option: 'idempotency',
      needsOneOf: ['stateUrl', 'stateCommand'],
      hint: 'name something that changes with every event, e.g. --state-url 3000/state',
    },
    { option: 'stateUrl', excludes: ['stateCommand'], because: 'each says how to read the state' },
  ],
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
      'start the app, check it, stop it',
    ],
  ],
  exitCodes: [
    [0, 'no finding that --fail-on counts'],
    [1, 'at least one such finding'],
    [2, 'usage or configuration; a remote host without --allow-remote'],
    [4, 'nothing answers there'],
    ['any', 'the exit code of the app after --, if it ended before it listened'],
  ],
});
