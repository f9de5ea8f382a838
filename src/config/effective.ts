import type { Context } from '../system/context.ts';
import { errorMessage } from '../errors.ts';
import { findApiKey } from './api.ts';
import * as defaults from './defaults.ts';
import type { ConfigLayer } from './load.ts';
import { secretSource } from './secrets.ts';
import { pickSetting, type Setting, storeSetting } from './settings.ts';

/** A setting's value as it may be shown: credentials are `(hidden)`; undefined where there is none. */
export type ShownSetting = Setting<unknown>;

interface Source {
  readonly env?: string;
  readonly read: (values: ConfigLayer['values']) => unknown;
  readonly fallback?: unknown;
}

const HIDDEN = '(hidden)';

const SOURCES: Readonly<Record<string, Source>> = {
  forwardTo: { read: (values) => values.forwardTo },
  port: { read: (values) => values.port, fallback: defaults.DEFAULT_PORT },
  host: { read: (values) => values.host, fallback: defaults.DEFAULT_HOST },
  events: { read: (values) => values.events, fallback: 'all' },
  headers: { read: (values) => values.headers && hideCredentials(values.headers) },
  timeout: { read: (values) => values.timeout, fallback: defaults.DEFAULT_TIMEOUT },
  maxBody: { read: (values) => values.maxBody, fallback: defaults.DEFAULT_MAX_BODY },
  retryReading: { read: (values) => values.retryReading, fallback: 'gaps' },
  'api.url': {
    env: 'RELYABLE_API_URL',
    read: (values) => values.api?.url,
    fallback: defaults.DEFAULT_API_URL,
  },
  'api.deliveriesPath': {
    read: (values) => values.api?.deliveriesPath,
    fallback: defaults.DEFAULT_DELIVERIES_PATH,
  },
};

/** What `config get` takes. */
export const SETTING_KEYS: readonly string[] = [
  ...Object.keys(SOURCES),
  'store',
  'secret',
  'apiKey',
];

/** Every setting that holds without flags, in the order people think of them. */
export function effectiveSettings(
  context: Context,
  layers: readonly ConfigLayer[],
): Record<string, ShownSetting> {
  const settings: Record<string, ShownSetting> = {};
  for (const [key, { env, read, fallback }] of Object.entries(SOURCES)) {
    settings[key] = pickSetting<unknown>(context, layers, {
      ...(env === undefined ? {} : { env }),
      config: read,
      fallback,
    });
  }
  settings['store'] = storeSetting(context, layers, undefined);
  settings['secret'] = secretSetting(context, layers);
  settings['apiKey'] = apiKeySetting(context, layers);
  return settings;
}

function secretSetting(context: Context, layers: readonly ConfigLayer[]): ShownSetting {
  try {
    return { value: HIDDEN, origin: secretSource(context, layers) };
  } catch (error) {
    return { value: undefined, origin: errorMessage(error) };
  }
}

function apiKeySetting(context: Context, layers: readonly ConfigLayer[]): ShownSetting {
  try {
    const key = findApiKey(context, layers, {});
    return key === undefined
      ? { value: undefined, origin: 'default' }
      : { value: HIDDEN, origin: key.origin };
  } catch (error) {
    return { value: undefined, origin: errorMessage(error) };
  }
}

/** Headers as they may be shown: those that usually carry a credential keep their name only. */
function hideCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /auth|cookie|key|secret|token/i.test(name) ? HIDDEN : value,
    ]),
  );
}
