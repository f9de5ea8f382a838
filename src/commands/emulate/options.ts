import { DEFAULT_EMULATOR_PORT, DEFAULT_HOST } from '../../config/defaults.ts';
import {
  parseFetchPort,
  parseHost,
  parseSpeed,
  parseTargetUrl,
  parseWhole,
} from '../../config/values.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { RelyableError } from '../../errors.ts';
import { EVENT_TYPES, type EventType, isEventType } from '../../relyable/event-type.ts';
import { MAX_SEED } from '../../relyable/seeded-random.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { expandEventTypes } from '../kit/event-types.ts';
import { list, optionalValue, type OptionsOf, text, value, withDefault } from '../kit/options.ts';
import { secretOptions } from '../kit/shared-options.ts';
import { parseFaults } from './emulator/faults.ts';

/** The highest rate limit, in requests per minute; also the limit that the API announces by default. */
const HIGHEST_RATE_LIMIT = 1_000_000;

/** Where `--store` stores state: without a file, with the captures. */
interface StateStore {
  readonly file: string | undefined;
}

const parseStateStore = (given: string): StateStore => ({
  file: given === '' ? undefined : given,
});

/** An API key that a header can carry. */
function parseApiKey(given: string, origin: string): string {
  if (/^[!-~]+$/.test(given)) return given;
  throw new RelyableError('USAGE', `${origin}: expected visible ASCII characters, got "${given}"`, {
    hint: 'leave it out to accept any key',
  });
}

/** The published event types that a name, a pattern or `all` stands for. */
function parseEvents(given: string, origin: string): readonly EventType[] {
  const types = expandEventTypes(origin, [given]) ?? EVENT_TYPES;
  if (types.every(isEventType)) return types;
  throw new RelyableError('USAGE', `${origin}: unknown event type "${given}"`, {
    hint: didYouMean(given, EVENT_TYPES) ?? `the types are ${EVENT_TYPES.join(', ')}`,
  });
}

const options = {
  endpoint: list('--endpoint <url>', 'register an endpoint for all events', parseTargetUrl),
  port: withDefault(
    '-p, --port <n>',
    'port of the API, 0 for any free one',
    parseFetchPort,
    String(DEFAULT_EMULATOR_PORT),
  ),
  host: withDefault('--host <addr>', 'address to listen on', parseHost, DEFAULT_HOST),
  speed: withDefault(
    '--speed <n>x|instant',
    'compress the retry schedule of 0, +1m, +5m, +15m, +1h; instant: no waiting, production times',
    parseSpeed,
    '1x',
  ),
  send: list(
    '--send <event>',
    'send a sample to each endpoint at the start: an event type, test_run.*, or all',
    parseEvents,
    { words: [...EVENT_TYPES, 'all'] },
  ),
  apiKey: value('--api-key <key>', 'the one key that is accepted (default: any)', parseApiKey),
  rateLimit: withDefault(
    '--rate-limit <n>',
    'API requests per minute',
    parseWhole(1, HIGHEST_RATE_LIMIT),
    String(HIGHEST_RATE_LIMIT),
    { shownDefault: 'no limit' },
  ),
  faults: value(
    '--faults <spec>',
    'of the API: 429, 500, slow, reset, garbage, html, shift; each with :<times>, :<n>% or nothing for always',
    parseFaults,
  ),
  seed: value('--seed <n>', 'the same ids, samples and faults each time', parseWhole(0, MAX_SEED)),
  readyFile: text(
    '--ready-file <file>',
    'write the URL of the API to this file once it accepts connections',
  ),
  store: optionalValue(
    '--store [file]',
    'store state for the next run, in this file or with the captures',
    parseStateStore,
    '',
  ),
  ...secretOptions,
};

export type EmulateOptions = OptionsOf<typeof options>;

export const emulateCommand = declareCommand({
  description: 'a Relyable on this machine: its API, real deliveries, the retry schedule',
  options,
  examples: [
    [
      'relyable webhooks emulate --endpoint 4400 --speed 60x',
      'deliver to a listener; one minute of the schedule takes a second',
    ],
    [
      "curl -X POST -H 'Authorization: Bearer any' http://127.0.0.1:4500/api/webhooks/<id>/test",
      'the Send Test Event of the dashboard; the id is shown at start',
    ],
    [
      'relyable webhooks logs tail --api-url http://127.0.0.1:4500/api',
      'watch the attempts as the API reports them',
    ],
    [
      'relyable webhooks emulate --endpoint 4400 --send all',
      'deliver the four samples at once, to a listener',
    ],
  ],
  exitCodes: [
    [0, 'stopped with Ctrl-C after draining'],
    [2, 'usage, configuration, an endpoint that is neither HTTPS nor on this machine'],
    [4, 'the port is in use'],
  ],
});
