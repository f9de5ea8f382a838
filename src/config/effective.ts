import type { Context } from '../system/context.ts';
import { errorMessage } from '../errors.ts';
import { findApiKey } from './api.ts';
import type { ConfigLayer } from './load.ts';
import { secretSource } from './secrets.ts';
import { pickSetting, type Setting, SETTINGS, storeSetting } from './settings.ts';

/** A setting's value as it may be shown: credentials are `(hidden)`; undefined where there is none. */
export type ShownSetting = Setting<unknown>;

/** A setting of a config file: a `SettingSource`, or a list, which has no text of its own. */
interface ShownSource {
  readonly key: string;
  readonly env?: string;
  readonly config: (values: ConfigLayer['values']) => unknown;
  readonly default?: unknown;
}

const HIDDEN = '(hidden)';

/** In the order in which they are shown. */
const SOURCES: readonly ShownSource[] = [
  SETTINGS.forwardTo,
  SETTINGS.port,
  SETTINGS.host,
  { key: 'events', config: ({ events }) => events, default: 'all' },
  { key: 'headers', config: ({ headers }) => headers && hideCredentials(headers) },
  SETTINGS.timeout,
  SETTINGS.maxBody,
  SETTINGS.retryReading,
  SETTINGS.apiUrl,
  SETTINGS.deliveriesPath,
];

/** What `config get` takes. */
export const SETTING_KEYS: readonly string[] = [
  ...SOURCES.map(({ key }) => key),
  'store',
  'secret',
  'apiKey',
];

/** Every setting as it is without options, in the order in which they are shown. */
export function effectiveSettings(
  context: Context,
  layers: readonly ConfigLayer[],
): Record<string, ShownSetting> {
  const settings: Record<string, ShownSetting> = {};
  for (const { key, default: fallback, ...source } of SOURCES) {
    settings[key] = pickSetting<unknown>(context, layers, { ...source, fallback });
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
    const key = findApiKey(context, layers, undefined);
    return key === undefined
      ? { value: undefined, origin: 'default' }
      : { value: HIDDEN, origin: key.origin };
  } catch (error) {
    return { value: undefined, origin: errorMessage(error) };
  }
}

/** Headers as they may be shown: of those that usually carry a credential, only the name. */
function hideCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      /auth|cookie|key|secret|token/i.test(name) ? HIDDEN : value,
    ]),
  );
}
