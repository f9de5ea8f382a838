import { dirname, join, resolve } from 'node:path';
import type { Context } from '../system/context.ts';
import { RelyableError } from '../errors.ts';
import {
  DEFAULT_API_URL,
  DEFAULT_DELIVERIES_PATH,
  DEFAULT_HOST,
  DEFAULT_MAX_BODY,
  DEFAULT_PORT,
  DEFAULT_TIMEOUT,
} from './defaults.ts';
import type { ConfigLayer } from './load.ts';

/** A value and where it came from, e.g. `--port`, `RELYABLE_STORE`, `project config …`, `default`. */
export interface Setting<T> {
  readonly value: T;
  readonly origin: string;
}

type LayerValues = ConfigLayer['values'];

/** Where a setting's value comes from when no option gives it. */
export interface SettingSource {
  /** Its key in a config file, by which `--verbose` and `relyable config` name it. */
  readonly key?: string;
  /** The environment variable. */
  readonly env?: string;
  /** The value in a config file. */
  readonly config?: (values: LayerValues) => string | number | undefined;
  readonly default?: string | number;
  /** What `--verbose` shows where nothing gives a value; `(none)` unless it is given. */
  readonly absentText?: string;
}

/** The settings of a config file that are one word: each key with its other sources. */
export const SETTINGS = {
  forwardTo: { key: 'forwardTo', config: ({ forwardTo }) => forwardTo },
  port: { key: 'port', config: ({ port }) => port, default: DEFAULT_PORT },
  host: { key: 'host', config: ({ host }) => host, default: DEFAULT_HOST },
  timeout: { key: 'timeout', config: ({ timeout }) => timeout, default: DEFAULT_TIMEOUT },
  maxBody: { key: 'maxBody', config: ({ maxBody }) => maxBody, default: DEFAULT_MAX_BODY },
  retryReading: {
    key: 'retryReading',
    config: ({ retryReading }) => retryReading,
    default: 'gaps',
  },
  apiUrl: {
    key: 'api.url',
    env: 'RELYABLE_API_URL',
    config: ({ api }) => api?.url,
    default: DEFAULT_API_URL,
  },
  deliveriesPath: {
    key: 'api.deliveriesPath',
    config: ({ api }) => api?.deliveriesPath,
    default: DEFAULT_DELIVERIES_PATH,
  },
} as const satisfies Readonly<Record<string, SettingSource>>;

/** The keys of all settings, in the order in which `relyable config` shows them. */
export const SETTING_KEYS = [
  'forwardTo',
  'port',
  'host',
  'events',
  'headers',
  'timeout',
  'maxBody',
  'retryReading',
  'api.url',
  'api.deliveriesPath',
  'store',
  'secret',
  'apiKey',
] as const;

export type SettingKey = (typeof SETTING_KEYS)[number];

/**
 * One setting by precedence: flag > environment > project config > user config > default.
 * `env` names the variable; an empty one counts as unset.
 */
export function pickSetting<T>(
  context: Context,
  layers: readonly ConfigLayer[],
  from: {
    readonly flag?: { readonly name: string; readonly value: T | undefined };
    readonly env?: string;
    readonly config?: (values: LayerValues) => T | undefined;
    readonly fallback: T;
  },
): Setting<T | string> {
  if (from.flag?.value !== undefined) return { value: from.flag.value, origin: from.flag.name };
  const fromEnv = from.env === undefined ? undefined : context.env[from.env];
  if (from.env !== undefined && fromEnv !== undefined && fromEnv !== '') {
    return { value: fromEnv, origin: from.env };
  }
  for (const layer of layers) {
    const value = from.config?.(layer.values);
    if (value !== undefined) return { value, origin: layer.origin };
  }
  return { value: from.fallback, origin: 'default' };
}

/** What an error about a setting names: the option or variable, or the config file and the key. */
export function nameOf(origin: string, key: string | undefined): string {
  return key !== undefined && /^(project|user) config /.test(origin) ? `${origin}: ${key}` : origin;
}

/** Where captures are stored: `--store`, `RELYABLE_STORE`, config's `store`, or the data folder. */
export function storeSetting(
  context: Context,
  layers: readonly ConfigLayer[],
  flag: string | undefined,
): Setting<string> {
  const { value, origin } = pickSetting(context, layers, {
    flag: { name: '--store', value: flag },
    env: 'RELYABLE_STORE',
    config: (values) => values.store,
    fallback: defaultStore(context),
  });
  if (value.endsWith('/') || value.endsWith('\\')) {
    throw new RelyableError(
      'USAGE',
      `${nameOf(origin, 'store')}: expected a file, got the folder ${value}`,
      {
        hint: `for example ${value}captures.db`,
      },
    );
  }
  // A file names paths from where it is: it is read in every folder of the project.
  const layer = layers.find((candidate) => candidate.origin === origin);
  return { value: resolve(layer === undefined ? context.cwd : dirname(layer.file), value), origin };
}

/** Where captures are stored when no setting names a file: in the user's data folder. */
export function defaultStore({ paths }: Pick<Context, 'paths'>): string {
  return join(paths.data, 'captures.db');
}
