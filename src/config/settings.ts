import { join, resolve } from 'node:path';
import type { Context } from '../system/context.ts';
import { RelyableError } from '../errors.ts';
import type { ConfigLayer } from './load.ts';

/** A value and where it came from, e.g. `--port`, `RELYABLE_STORE`, `project config …`, `default`. */
export interface Setting<T> {
  readonly value: T;
  readonly origin: string;
}

type LayerValues = ConfigLayer['values'];

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

/** Where captures are kept: `--store`, `RELYABLE_STORE`, config's `store`, or the data folder. */
export function storeSetting(
  context: Context,
  layers: readonly ConfigLayer[],
  flag: string | undefined,
): Setting<string> {
  const { value, origin } = pickSetting(context, layers, {
    flag: { name: '--store', value: flag },
    env: 'RELYABLE_STORE',
    config: (values) => values.store,
    fallback: join(context.paths.data, 'captures.db'),
  });
  if (value.endsWith('/') || value.endsWith('\\')) {
    throw new RelyableError('USAGE', `${origin}: expected a file, got the folder ${value}`, {
      hint: `${value}captures.db would do`,
    });
  }
  return { value: resolve(context.cwd, value), origin };
}
