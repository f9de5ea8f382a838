import type { Invocation } from '../../invocation.ts';
import { findApiKey } from '../../config/api.ts';
import { DEFAULT_API_URL, DEFAULT_HOST } from '../../config/defaults.ts';
import { defaultStore, type Setting, SETTINGS, storeSetting } from '../../config/settings.ts';
import { parseApiUrl, parseHost, parseWhole } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { readTlsOptions } from '../../http/target.ts';
import { InvocationConfig, readConfig } from '../kit/invocation-config.ts';
import { connectNats, NATS_URL_ENV, readerName, readSealingKeys } from '../kit/nats-connection.ts';
import { isInContainer } from './checks/environment.ts';
import type { RelaySubject, Subject } from './finding.ts';
import { type DoctorOptions, doctorOptions } from './options.ts';

/** Shorter than the limit of a check, so that it can say why there is no connection. */
const NATS_TIMEOUT_MS = 3000;

/**
 * What to examine. A setting that cannot be used is a finding and has its default here. `askToProbe`
 * is asked where `--probe` is not given.
 */
export async function findSubject(
  invocation: Invocation<DoctorOptions>,
  askToProbe: (target: URL) => Promise<boolean>,
): Promise<Subject> {
  const { context } = invocation;
  const tls = readTlsOptions(invocation.options);
  const configErrors: RelyableError[] = [];
  /** The result, or the fallback where an error of ours is thrown, which becomes a finding. */
  const attempt = async <T>(get: () => T | Promise<T>, fallback: T): Promise<T> => {
    try {
      return await get();
    } catch (error) {
      if (!(error instanceof RelyableError)) throw error;
      configErrors.push(error);
      return fallback;
    }
  };
  const configWarnings: string[] = [];
  const config = await attempt(
    () => readConfig(invocation, (message) => void configWarnings.push(message)),
    new InvocationConfig(invocation, []),
  );
  const { layers } = config;
  const target = await attempt(() => findTarget(config), null);
  const mayProbe =
    invocation.options.probe || (target !== null && (await askToProbe(target.value)));
  return {
    context,
    layers,
    target,
    store: await findStore(invocation, config, attempt),
    api: await attempt<Setting<URL>>(() => config.setting(SETTINGS.apiUrl, parseApiUrl), {
      value: new URL(DEFAULT_API_URL),
      origin: 'default',
    }),
    deliveriesPath: config.setting(SETTINGS.deliveriesPath, (text) => text).value,
    mayProbe,
    tls,
    apiKey: (await attempt(() => findApiKey(context, layers, undefined), undefined)) ?? null,
    listen: {
      host: await attempt(() => config.setting(SETTINGS.host, parseHost).value, DEFAULT_HOST),
      // A config file's port is a number within bounds, or no config file was read.
      port: config.setting(SETTINGS.port, parseWhole(0, 65_535)).value,
    },
    relay: findRelay(invocation),
    isContainer: isInContainer(context),
    configErrors,
    configWarnings,
  };
}

function findTarget(config: InvocationConfig<DoctorOptions>): Setting<URL> | null {
  const { value, origin } = config.settings(doctorOptions).to;
  return value === undefined ? null : { value, origin };
}

/** The server of `--from` or the environment; nothing is read or connected before it is asked for. */
function findRelay(invocation: Invocation<DoctorOptions>): RelaySubject | null {
  const { context, options } = invocation;
  const origin = options.from === undefined ? NATS_URL_ENV : '--from';
  const text = options.from ?? context.env[NATS_URL_ENV];
  if (!text) return null;
  const reader = readerName(options.as, context.env);
  return {
    team: options.team,
    reader,
    connect: () =>
      connectNats(
        invocation,
        { text, origin },
        { name: reader, connectTimeoutMs: NATS_TIMEOUT_MS },
      ),
    openKeys: () => readSealingKeys(invocation) ?? [],
  };
}

/** A store named by an option is used or refused; one that is configured may be a finding. */
async function findStore(
  { context, options }: Invocation<DoctorOptions>,
  { layers }: InvocationConfig<DoctorOptions>,
  attempt: <T>(get: () => T, fallback: T) => Promise<T>,
): Promise<Setting<string>> {
  if (options.store !== undefined) return storeSetting(context, layers, options.store);
  return attempt(() => storeSetting(context, layers, undefined), {
    value: defaultStore(context),
    origin: 'default',
  });
}
