import { parseAge, parseDuration, parseStorage, parseWhole } from '../../config/values.ts';
import { declareCommand } from '../kit/declare-command.ts';
import { natsOptions } from '../kit/nats-options.ts';
import { flag, type OptionsOf, text, value, withDefault } from '../kit/options.ts';
import { receiveOptions } from '../kit/receive-options.ts';
import { secretOptions } from '../kit/shared-options.ts';

const nats = text(
  '--nats <url>',
  'the NATS server: nats://host:4222, or tls:// (RELYABLE_NATS_URL)',
);

export const relayServeOptions = {
  nats,
  ...natsOptions,
  ...receiveOptions,
  ackTimeout: withDefault(
    '--ack-timeout <duration>',
    'answer 503 where the stream has not acknowledged a request within this time',
    parseDuration,
    '5s',
  ),
  adminPort: withDefault(
    '--admin-port <n>',
    'port of /healthz, /readyz and /metrics, 0 for any free one',
    parseWhole(0, 65_535),
    '4402',
  ),
  adminHost: withDefault(
    '--admin-host <addr>',
    'address of /healthz, /readyz and /metrics',
    (given) => given,
    '127.0.0.1',
  ),
  readyFile: text(
    '--ready-file <file>',
    "write the relay's URL to this file once it accepts requests",
  ),
  ...secretOptions,
};

export type RelayServeOptions = OptionsOf<typeof relayServeOptions>;

const SHARED_EXIT_CODES = [
  [2, 'usage, configuration, or an optional package that is not installed'],
  [3, 'NATS refuses the credentials, or they lack a right'],
] as const;

export const relayServeCommand = declareCommand({
  description: 'receive webhooks for a team and publish them to NATS (the same as relay alone)',
  options: relayServeOptions,
  examples: [
    [
      'relyable webhooks relay --nats nats://127.0.0.1:4222 --secret-file relay.secret',
      'verify with the secret of the endpoint, publish for the team "default"',
    ],
    [
      'relyable webhooks relay --nats tls://nats.internal:4222 --nats-nkey relay.nk --team acme --host 0.0.0.0',
      'in a container, behind a proxy that ends TLS',
    ],
  ],
  exitCodes: [
    [0, 'stopped with Ctrl-C after every request was answered'],
    ...SHARED_EXIT_CODES,
    [4, 'NATS is unreachable at the start or for --max-reconnect, or a port is in use'],
  ],
});

export const relayInitOptions = {
  nats,
  ...natsOptions,
  maxAge: value(
    '--max-age <duration>',
    'how long the stream keeps a request: the longest absence of a listener (14d for a new stream, 0 for ever)',
    parseAge,
  ),
  maxBytes: value(
    '--max-bytes <size>',
    'how much the stream stores before it refuses requests (1gb for a new stream)',
    parseStorage,
  ),
  replicas: value(
    '--replicas <n>',
    'servers that store each request (1 for a new stream)',
    parseWhole(1, 5),
  ),
  maxBody: receiveOptions.maxBody,
  update: flag('--update', 'change a stream that is there to the settings that are given'),
  monitor: text(
    '--monitor <url>',
    "the server's monitoring page, e.g. http://127.0.0.1:8222: shows whether it syncs each message",
  ),
  dryRun: flag('--dry-run', 'only say what would be done'),
};

export type RelayInitOptions = OptionsOf<typeof relayInitOptions>;

export const relayInitCommand = declareCommand({
  description: 'create or check the stream of a team, and say what falls short',
  options: relayInitOptions,
  examples: [
    ['relyable webhooks relay init --nats nats://127.0.0.1:4222', 'the stream RELYABLE_default'],
    [
      'relyable webhooks relay init --nats nats://127.0.0.1:4222 --team acme --replicas 3 --dry-run',
      'what would be created',
    ],
  ],
  exitCodes: [
    [0, 'the stream is there'],
    [1, 'the stream is there, and the relay does not keep its promises with it'],
    ...SHARED_EXIT_CODES,
    [4, 'NATS is unreachable, or refuses the stream'],
  ],
});

export const relayGroup = declareCommand({
  description: 'one endpoint for a team: receive webhooks and publish them to NATS JetStream',
  options: {},
  examples: [
    ['relyable webhooks relay init --nats nats://127.0.0.1:4222', 'create the stream'],
    ['relyable webhooks relay --nats nats://127.0.0.1:4222', 'receive and publish'],
  ],
  exitCodes: [
    [0, 'success'],
    ...SHARED_EXIT_CODES,
    [4, 'NATS is unreachable, or a port is in use'],
  ],
});
