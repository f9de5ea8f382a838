import { resolve } from 'node:path';
import { readCredentialFile } from '../../config/env-file.ts';
import { hideUserInfo } from '../../config/values.ts';
import { describeFileProblem, RelyableError } from '../../errors.ts';
import { readCertificates } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import { connectEngine, type Credentials, type Engine } from '../../relay/engine.ts';
import { loadNats } from '../../relay/library.ts';
import { parseSealingKeys, type SealingKeys } from '../../relay/sealing.ts';
import type { Context } from '../../system/context.ts';
import type { OptionsOf } from './options.ts';
import type { natsAccessOptions } from './nats-options.ts';

export type NatsOptions = OptionsOf<typeof natsAccessOptions>;

/** The time limit of the first connection and of each further one, ms. */
const CONNECT_TIMEOUT_MS = 5000;

/** The variable with the URL, for the commands that have `--nats`. */
export const NATS_URL_ENV = 'RELYABLE_NATS_URL';

/** Where NATS is, as a URL says it. */
interface NatsAddress {
  /** `host:port` */
  readonly servers: readonly string[];
  readonly isTls: boolean;
  /** What the URL itself holds; null where it holds nothing. */
  readonly userInfo: Credentials | null;
}

/** `nats://host:4222`, or `tls://` where the connection must be encrypted; several with commas. */
export function parseNatsUrl(text: string, origin: string): NatsAddress {
  const urls = text.split(',').map((part) => parseServer(part.trim(), origin));
  return {
    servers: urls.map(({ hostname, port }) => `${hostname}:${port === '' ? '4222' : port}`),
    isTls: urls.some(({ protocol }) => protocol === 'tls:'),
    userInfo: urls.map(readUserInfo).find((info) => info !== null) ?? null,
  };
}

function parseServer(text: string, origin: string): URL {
  const full = /^[a-z]+:\/\//i.test(text) ? text : `nats://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  if (url === null || !/^(nats|tls):$/.test(url.protocol) || url.hostname === '') {
    throw new RelyableError(
      'USAGE',
      `${origin}: expected a URL such as nats://host:4222 or tls://host:4222, got "${hideUserInfo(text)}"`,
    );
  }
  return url;
}

function readUserInfo(url: URL): Credentials | null {
  const user = decodeURIComponent(url.username);
  const password = decodeURIComponent(url.password);
  if (user === '') return null;
  return password === '' ? { kind: 'token', token: user } : { kind: 'password', user, password };
}

/** The keys of `--encrypt-key-file`; null without it. */
export function readSealingKeys({ context, options }: Invocation<NatsOptions>): SealingKeys | null {
  if (options.encryptKeyFile === undefined) return null;
  const origin = `--encrypt-key-file ${options.encryptKeyFile}`;
  return parseSealingKeys(readSecretFile(context, options.encryptKeyFile, origin), origin);
}

/** Who connects, and what else than options decides how. */
export interface NatsClient {
  /** Shown by the server, and the last part of the inbox prefix. */
  readonly name: string;
  /** ms; undefined to try for ever. */
  readonly maxReconnectMs?: number | undefined;
  readonly connectTimeoutMs?: number;
}

/**
 * Connects to the NATS server of a URL with what the options and the environment give. `origin` names
 * where the URL came from.
 */
export async function connectNats(
  { context, terminal, options }: Invocation<NatsOptions>,
  url: { readonly text: string; readonly origin: string },
  { name, maxReconnectMs, connectTimeoutMs = CONNECT_TIMEOUT_MS }: NatsClient,
): Promise<Engine> {
  const address = parseNatsUrl(url.text, url.origin);
  if (address.userInfo !== null && url.origin.startsWith('--')) {
    terminal.warn(
      `the password in ${url.origin} is visible in the process list; prefer ${NATS_URL_ENV}, --nats-password-file or --nats-token-file`,
    );
  }
  const { natsCa } = options;
  const ca =
    natsCa === undefined
      ? undefined
      : readCertificates(resolve(context.cwd, natsCa), `--nats-ca ${natsCa}`);
  const credentials = readCredentials(context, options, address.userInfo);
  terminal.verbose(`nats: ${hideUserInfo(url.text)} (${url.origin}), as ${credentials.kind}`);
  const { now, elapsed } = context;
  const random = (): number => context.randomBytes(4).readUInt32LE() / 2 ** 32;
  return connectEngine(
    await loadNats(),
    { ...address, ca, credentials, name, maxReconnectMs, connectTimeoutMs },
    { now, elapsed, random },
  );
}

/** `--as`, else the user's name as far as it can be part of a consumer's name. */
export function readerName(
  option: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string {
  if (option !== undefined) return option;
  const name = (env['USER'] ?? env['USERNAME'] ?? '')
    .replaceAll(/[^A-Za-z0-9_-]/g, '')
    .slice(0, 32);
  return name === '' ? 'listener' : name;
}

/** The one way to log in that options, else the environment, else the URL give; USAGE for two of them. */
function readCredentials(
  context: Context,
  options: NatsOptions,
  userInfo: Credentials | null,
): Credentials {
  const read = (file: string, origin: string): string => readSecretFile(context, file, origin);
  const { natsCreds, natsNkey, natsUser, natsPasswordFile, natsTokenFile } = options;
  const fromOptions: Array<readonly [option: string, credentials: () => Credentials]> = [];
  if (natsCreds !== undefined) {
    fromOptions.push([
      '--nats-creds',
      () => creds(read(natsCreds, `--nats-creds ${natsCreds}`), '--nats-creds'),
    ]);
  }
  if (natsNkey !== undefined) {
    fromOptions.push([
      '--nats-nkey',
      () => nkey(read(natsNkey, `--nats-nkey ${natsNkey}`), '--nats-nkey'),
    ]);
  }
  if (natsUser !== undefined || natsPasswordFile !== undefined) {
    fromOptions.push(['--nats-user', () => readPassword(context, natsUser, natsPasswordFile)]);
  }
  if (natsTokenFile !== undefined) {
    fromOptions.push([
      '--nats-token-file',
      () => ({ kind: 'token', token: read(natsTokenFile, `--nats-token-file ${natsTokenFile}`) }),
    ]);
  }
  if (fromOptions.length > 1) {
    const names = fromOptions.map(([option]) => option).join(' and ');
    throw new RelyableError('USAGE', `${names} exclude each other: each is a way to log in`);
  }
  return fromOptions[0]?.[1]() ?? userInfo ?? fromEnvironment(context, read);
}

function fromEnvironment(
  context: Context,
  read: (file: string, origin: string) => string,
): Credentials {
  const { env } = context;
  const credsFile = env['RELYABLE_NATS_CREDS'];
  if (credsFile) return creds(read(credsFile, 'RELYABLE_NATS_CREDS'), 'RELYABLE_NATS_CREDS');
  const nkeyFile = env['RELYABLE_NATS_NKEY'];
  if (nkeyFile) return nkey(read(nkeyFile, 'RELYABLE_NATS_NKEY'), 'RELYABLE_NATS_NKEY');
  if (env['RELYABLE_NATS_USER']) return readPassword(context, undefined, undefined);
  const token = env['RELYABLE_NATS_TOKEN'];
  return token ? { kind: 'token', token } : { kind: 'none' };
}

/** The file that `nsc` writes: a user's token and its seed. The client needs the line end after the last line. */
function creds(text: string, origin: string): Credentials {
  if (!/BEGIN NATS USER JWT-[^]+BEGIN USER NKEY SEED-/.test(text)) {
    throw new RelyableError(
      'SECRET_INVALID',
      `${origin}: expected a credentials file, with a NATS USER JWT and a USER NKEY SEED`,
    );
  }
  return { kind: 'creds', file: Buffer.from(`${text}\n`, 'utf8') };
}

/** The seed begins with SU; a file of the `nk` tool may have comments around it. */
function nkey(text: string, origin: string): Credentials {
  const seed = /^SU[A-Z2-7]{56}$/m.exec(text)?.[0];
  if (seed === undefined) {
    throw new RelyableError(
      'SECRET_INVALID',
      `${origin}: expected the seed of a user's nkey, 58 characters that begin with SU`,
    );
  }
  return { kind: 'nkey', seed: Buffer.from(seed, 'latin1') };
}

function readPassword(
  context: Context,
  option: string | undefined,
  file: string | undefined,
): Credentials {
  const user = option ?? context.env['RELYABLE_NATS_USER'];
  const password =
    file === undefined
      ? context.env['RELYABLE_NATS_PASSWORD']
      : readSecretFile(context, file, `--nats-password-file ${file}`);
  if (!user || !password) {
    throw new RelyableError('USAGE', 'expected a user and a password for NATS, got one of them', {
      hint: 'give --nats-user and --nats-password-file, or set RELYABLE_NATS_USER and RELYABLE_NATS_PASSWORD',
    });
  }
  return { kind: 'password', user, password };
}

function readSecretFile({ cwd }: Context, file: string, origin: string): string {
  try {
    return readCredentialFile(resolve(cwd, file));
  } catch (error) {
    throw new RelyableError('SECRET_INVALID', `${origin}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}
