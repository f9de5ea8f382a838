import type { Context } from '../system/context.ts';
import { errorMessage } from '../errors.ts';
import { findApiKey } from './api.ts';
import type { ConfigLayer } from './load.ts';
import { secretSource } from './secrets.ts';
import {
  pickSetting,
  type Setting,
  type SettingKey,
  SETTINGS,
  type SettingSource,
  storeSetting,
} from './settings.ts';
import { hideUserInfo } from './values.ts';

/** A setting's value as it may be shown: credentials are `(hidden)`; undefined where there is none. */
export type ShownSetting = Setting<unknown>;

const HIDDEN = '(hidden)';

/** The settings that are lists, which only a config file can give. */
const LISTS = {
  events: { config: ({ events }: ConfigLayer['values']): unknown => events, fallback: 'all' },
  headers: {
    config: ({ headers }: ConfigLayer['values']): unknown => headers && hideCredentials(headers),
    fallback: undefined,
  },
};

/** Every setting as it is without options, in the order of `SETTING_KEYS`. */
export function effectiveSettings(
  context: Context,
  layers: readonly ConfigLayer[],
): Record<SettingKey, ShownSetting> {
  const pick = ({ default: fallback, ...source }: SettingSource): ShownSetting =>
    pickSetting<unknown>(context, layers, { ...source, fallback });
  const pickUrl = (source: SettingSource): ShownSetting => {
    const { value, origin } = pick(source);
    return { value: typeof value === 'string' ? hideUserInfo(value) : value, origin };
  };
  return {
    forwardTo: pickUrl(SETTINGS.forwardTo),
    port: pick(SETTINGS.port),
    host: pick(SETTINGS.host),
    events: pickSetting(context, layers, LISTS.events),
    headers: pickSetting(context, layers, LISTS.headers),
    timeout: pick(SETTINGS.timeout),
    maxBody: pick(SETTINGS.maxBody),
    retryReading: pick(SETTINGS.retryReading),
    'api.url': pickUrl(SETTINGS.apiUrl),
    'api.deliveriesPath': pick(SETTINGS.deliveriesPath),
    store: storeSetting(context, layers, undefined),
    secret: secretSetting(context, layers),
    apiKey: apiKeySetting(context, layers),
  };
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
