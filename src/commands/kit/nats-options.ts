import { parseDuration, parseToken } from '../../config/values.ts';
import { text, value, withDefault } from './options.ts';

/** The stream, how to log in, and the keys for sealed messages. */
export const natsAccessOptions = {
  team: withDefault(
    '--team <name>',
    'team whose stream is used: RELYABLE_<name>',
    parseToken,
    'default',
  ),
  natsCreds: text('--nats-creds <file>', 'credentials file for NATS (RELYABLE_NATS_CREDS)'),
  natsNkey: text('--nats-nkey <file>', 'file with the nkey seed for NATS (RELYABLE_NATS_NKEY)'),
  natsUser: text(
    '--nats-user <name>',
    'user for NATS (RELYABLE_NATS_USER); its password is in RELYABLE_NATS_PASSWORD or a file',
  ),
  natsPasswordFile: text('--nats-password-file <file>', 'file with the password of that user'),
  natsTokenFile: text(
    '--nats-token-file <file>',
    'file with the token for NATS (or RELYABLE_NATS_TOKEN has it)',
  ),
  natsCa: text('--nats-ca <file>', "trust this CA (PEM) for the NATS server's certificate"),
  encryptKeyFile: text(
    '--encrypt-key-file <file>',
    'seal and open requests with the keys in this file: one or two lines of openssl rand -hex 32',
  ),
};

/** How the relay and `listen --from` reach NATS, beside its URL. */
export const natsOptions = {
  ...natsAccessOptions,
  maxReconnect: value(
    '--max-reconnect <duration>',
    'exit with 4 when NATS stays unreachable this long (default: try for ever)',
    parseDuration,
  ),
};

/** Whose position in the stream it is. */
export const readerOption = value(
  '--as <name>',
  'who reads: each name has its own position (default: your user name)',
  parseToken,
);
