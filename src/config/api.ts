import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Context } from '../system/context.ts';
import { describeFileProblem, RelyableError } from '../errors.ts';
import { isLoopback } from '../http/loopback.ts';
import { DEFAULT_API_URL, DEFAULT_DELIVERIES_PATH } from './defaults.ts';
import type { ConfigLayer } from './load.ts';
import { pickSetting, type Setting } from './settings.ts';

export interface ApiFlags {
  readonly apiUrl?: string;
  readonly apiKeyFile?: string;
}

export interface ApiSettings {
  readonly url: Setting<URL>;
  readonly deliveriesPath: Setting<string>;
  /** Its value is never shown; only the origin is. */
  readonly key: Setting<string>;
}

const ENV_NAME = 'RELYABLE_API_KEY';

/** What is sent to an emulator on this machine, which takes any key, where none is set. */
const LOCAL_KEY = 'local';

/**
 * Where the API is and the key for it: `--api-key-file`, `RELYABLE_API_KEY`, the config's
 * `api.keyEnv`, a user config's `apiKey`. NOT_AUTHENTICATED without a key, unless the API is on
 * this machine.
 */
export function resolveApi(
  context: Context,
  layers: readonly ConfigLayer[],
  flags: ApiFlags,
): ApiSettings {
  const url = apiUrlSetting(context, layers, flags);
  refuseToSendKey(layers, url);
  return {
    url,
    deliveriesPath: pickSetting(context, layers, {
      config: (values) => values.api?.deliveriesPath,
      fallback: DEFAULT_DELIVERIES_PATH,
    }),
    key: findApiKey(context, layers, flags) ?? keyWithoutSetting(url.value),
  };
}

/**
 * A project's config comes with the clone. It may name an API on this machine, but not where a
 * key goes, nor which of the user's variables is taken for one.
 */
function refuseToSendKey(layers: readonly ConfigLayer[], url: Setting<URL>): void {
  const isLocal = isLoopback(url.value);
  const isPublished = url.value.origin === new URL(DEFAULT_API_URL).origin;
  if (url.origin.startsWith('project config') && !isLocal && !isPublished) {
    throw new RelyableError(
      'CONFIG_INVALID',
      `${url.origin} names ${url.value.host} as the API; a project does not decide where your API key goes`,
      { hint: `if you trust it: RELYABLE_API_URL=${url.value.href}` },
    );
  }
  for (const { kind, origin, values } of layers) {
    const name = values.api?.keyEnv;
    if (kind === 'project' && name !== undefined && !name.startsWith('RELYABLE_')) {
      throw new RelyableError(
        'CONFIG_INVALID',
        `${origin}: api.keyEnv: expected a variable that begins with RELYABLE_, got ${name}; a project does not choose among your other variables`,
      );
    }
  }
}

/** Where the API is: `--api-url`, `RELYABLE_API_URL`, config's `api.url`, else the published base. */
export function apiUrlSetting(
  context: Context,
  layers: readonly ConfigLayer[],
  flags: ApiFlags,
): Setting<URL> {
  const url = pickSetting(context, layers, {
    flag: { name: '--api-url', value: flags.apiUrl },
    env: 'RELYABLE_API_URL',
    config: (values) => values.api?.url,
    fallback: DEFAULT_API_URL,
  });
  return { value: parseApiUrl(url), origin: url.origin };
}

function parseApiUrl({ value, origin }: Setting<string>): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new RelyableError('USAGE', `${origin}: expected an http(s) URL, got "${value}"`, {
      hint: `the API is ${DEFAULT_API_URL}; an emulator is http://127.0.0.1:4500/api`,
    });
  }
  if (url.username !== '' || url.password !== '') {
    throw new RelyableError(
      'USAGE',
      `${origin}: a URL with a user name or password is not accepted`,
    );
  }
  url.search = '';
  url.hash = '';
  return url;
}

/** The API key by precedence; undefined where none is set. */
export function findApiKey(
  context: Context,
  layers: readonly ConfigLayer[],
  flags: ApiFlags,
): Setting<string> | undefined {
  if (flags.apiKeyFile !== undefined) {
    return requireKey(readKeyFile(context, flags.apiKeyFile), `--api-key-file ${flags.apiKeyFile}`);
  }
  const names = [ENV_NAME, ...layers.flatMap(({ values }) => values.api?.keyEnv ?? [])];
  const name = names.find((candidate) => context.env[candidate]);
  if (name !== undefined) return requireKey(context.env[name] ?? '', name);
  const layer = layers.find(({ values }) => values.apiKey !== undefined);
  return layer === undefined ? undefined : requireKey(layer.values.apiKey ?? '', layer.origin);
}

function keyWithoutSetting(url: URL): Setting<string> {
  if (isLoopback(url)) {
    return { value: LOCAL_KEY, origin: 'none needed on this machine' };
  }
  throw new RelyableError('NOT_AUTHENTICATED', `expected an API key for ${url.host}, got none`, {
    hint: `make one in the dashboard under Settings → API Keys (it is shown once), then export ${ENV_NAME}=… or pass --api-key-file`,
  });
}

function readKeyFile(context: Context, path: string): string {
  try {
    return readFileSync(resolve(context.cwd, path), 'utf8');
  } catch (error) {
    throw new RelyableError(
      'INPUT_UNREADABLE',
      `--api-key-file ${path}: ${describeFileProblem(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** A key that a header can carry; the message never holds it. */
function requireKey(text: string, origin: string): Setting<string> {
  const value = text.trim();
  if (/^[\x21-\x7e]+$/.test(value)) return { value, origin };
  const got = value === '' ? 'an empty value' : 'one with spaces or unusual characters';
  throw new RelyableError('CONFIG_INVALID', `${origin}: expected an API key, got ${got}`, {
    hint: 'copy it again from the dashboard, Settings → API Keys, without quotes',
  });
}
