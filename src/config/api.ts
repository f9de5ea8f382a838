import { resolve } from 'node:path';
import type { Context } from '../system/context.ts';
import { describeFileProblem, RelyableError } from '../errors.ts';
import { isLoopback } from '../http/loopback.ts';
import { DEFAULT_API_URL } from './defaults.ts';
import type { ConfigLayer } from './load.ts';
import { readCredentialFile } from './env-file.ts';
import { describeVariable } from './secrets.ts';
import { pickSetting, type Setting, SETTINGS } from './settings.ts';

/** What it takes to call the API, each with where it came from. */
export interface ApiSettings {
  readonly url: Setting<URL>;
  readonly deliveriesPath: Setting<string>;
  /** Its value is never shown; only the origin is. */
  readonly key: Setting<string>;
}

const ENV_NAME = 'RELYABLE_API_KEY';

/** Sent when no key is set, to an emulator on this machine, which accepts any key. */
export const LOCAL_KEY = 'local';

/**
 * What it takes to call the API at `url`. NOT_AUTHENTICATED without a key, unless the API is on
 * this machine. For `keyFile` see `findApiKey`.
 */
export function resolveApi(
  context: Context,
  layers: readonly ConfigLayer[],
  url: Setting<URL>,
  keyFile: string | undefined,
): ApiSettings {
  refuseToSendKey(layers, url);
  const { default: fallback, config } = SETTINGS.deliveriesPath;
  return {
    url,
    deliveriesPath: pickSetting<string>(context, layers, { config, fallback }),
    key: findApiKey(context, layers, keyFile) ?? keyWithoutSetting(url.value),
  };
}

/**
 * A project's config comes with the clone, so its author is not the user. It may name an API on this
 * machine, but not send the user's key elsewhere, nor choose which variable holds the key.
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
        `${origin}: api.keyEnv: expected a variable that begins with RELYABLE_, got ${describeVariable(name)}; a project does not choose among your other variables`,
      );
    }
  }
}

/**
 * The API key by precedence: `--api-key-file`, `RELYABLE_API_KEY`, the config's `api.keyEnv`, the
 * user config's `apiKey`; undefined where none is set.
 */
export function findApiKey(
  context: Context,
  layers: readonly ConfigLayer[],
  keyFile: string | undefined,
): Setting<string> | undefined {
  if (keyFile !== undefined) {
    return requireKey(readKeyFile(context, keyFile), `--api-key-file ${keyFile}`);
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
    hint: `create one in the dashboard under Settings → API Keys (it is shown once), then export ${ENV_NAME}=… or pass --api-key-file`,
  });
}

function readKeyFile(context: Context, path: string): string {
  try {
    return readCredentialFile(resolve(context.cwd, path));
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

/** Checks that a header can carry the key. The error does not contain it. */
function requireKey(text: string, origin: string): Setting<string> {
  const value = text.trim();
  if (/^[\x21-\x7e]+$/.test(value)) return { value, origin };
  const got = value === '' ? 'an empty value' : 'one with spaces or unusual characters';
  throw new RelyableError('CONFIG_INVALID', `${origin}: expected an API key, got ${got}`, {
    hint: 'copy it again from the dashboard, Settings → API Keys, without quotes',
  });
}
