import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../system/context.ts';
import { RelyableError } from '../errors.ts';
import { didYouMean } from '../did-you-mean.ts';
import { decodeText } from './env-file.ts';
import type { Config, Profile } from './schema.ts';

/** Files that hold data. A program is never a config file. */
export const PROJECT_FILES = [
  '.relyablerc',
  '.relyablerc.json',
  '.relyablerc.yaml',
  '.relyablerc.yml',
  'relyable.config.json',
] as const;

/** The settings of one config file, or of the chosen profile in it. */
export interface ConfigLayer {
  /** `project config <path>` or `user config <path>`; with a profile, its name too. */
  readonly origin: string;
  readonly file: string;
  readonly kind: 'project' | 'user';
  readonly values: Profile & Pick<Config, 'apiKey' | 'secret'>;
}

export interface ConfigSelection {
  /** `--config`. */
  readonly config?: string;
  /** `--profile`. */
  readonly profile?: string;
}

/**
 * The config layers in order of precedence: profile before plain, project before user. Calls `warn`
 * for a package.json that cannot be read and mentions relyable.
 */
export async function loadConfig(
  context: Context,
  selection: ConfigSelection,
  warn: (message: string) => void,
): Promise<ConfigLayer[]> {
  const files: Array<{ file: string; kind: 'project' | 'user' }> = [];
  let broken: string | undefined;
  const project = findProjectConfig(context, selection, (manifest) => {
    broken = manifest;
  });
  if (broken !== undefined) {
    const { findConfigProblem } = await import('./read.ts');
    const problem = await findConfigProblem(broken);
    if (problem !== undefined) warn(`${problem}: a "relyable" key in it is not read`);
  }
  if (project !== undefined) files.push({ file: project, kind: 'project' });
  const user = userConfigPath(context);
  if (existsSync(user)) files.push({ file: user, kind: 'user' });

  const profile = selection.profile ?? nonEmpty(context.env['RELYABLE_PROFILE']);
  const layers: ConfigLayer[] = [];
  const profileNames: string[] = [];
  for (const { file, kind } of files) {
    // Imported only when there is a file to read: cosmiconfig and zod cost start-up time.
    const { readConfigFile } = await import('./read.ts');
    const {
      profiles = {},
      $schema: _,
      ...values
    } = await readConfigFile(file, kind, context.platform);
    profileNames.push(...Object.keys(profiles));
    const origin = `${kind} config ${file}`;
    const chosen = profile === undefined ? undefined : profiles[profile];
    if (chosen !== undefined) {
      layers.push({ origin: `${origin}, profile ${profile}`, file, kind, values: chosen });
    }
    layers.push({ origin, file, kind, values });
  }
  if (profile !== undefined && !profileNames.includes(profile)) {
    throw new RelyableError('CONFIG_INVALID', `no profile "${profile}" in any config file`, {
      hint:
        didYouMean(profile, profileNames, (name) => `--profile ${name}`) ??
        'add it under "profiles" in .relyablerc.json',
    });
  }
  // All layers of the profile come before the plain ones; within both, the order of the files stays.
  return [
    ...layers.filter((layer) => layer.origin.includes(', profile ')),
    ...layers.filter((layer) => !layer.origin.includes(', profile ')),
  ];
}

export function userConfigPath(context: Context): string {
  return join(context.paths.config, 'config.json');
}

/**
 * `--config`, else `RELYABLE_CONFIG`, else the nearest file up to the project's root. Calls
 * `onBroken` for a package.json that is skipped because it cannot be read.
 */
export function findProjectConfig(
  context: Context,
  selection: ConfigSelection,
  onBroken?: (manifest: string) => void,
): string | undefined {
  const named = selection.config ?? nonEmpty(context.env['RELYABLE_CONFIG']);
  if (named !== undefined) {
    const file = resolve(context.cwd, named);
    if (existsSync(file)) return file;
    throw new RelyableError('CONFIG_INVALID', `no config file at ${file}`, {
      hint: 'check --config or RELYABLE_CONFIG',
    });
  }
  for (let folder = context.cwd; ; folder = dirname(folder)) {
    const found = configIn(folder, onBroken);
    if (found !== undefined) return found;
    if (existsSync(join(folder, 'package.json')) || isTop(folder)) return undefined;
  }
}

/** A config file that is not read, because it is above the folder in which the search ends. */
export interface ConfigAbove {
  readonly file: string;
  /** The package.json at which the search ends. */
  readonly endedAt: string;
}

/**
 * The config file that the search would find if it did not end at a package.json, for example that of the
 * repository if the current folder is one of its packages. undefined if there is none, or if the search finds
 * a config file.
 */
export function findConfigAbove({ cwd }: Pick<Context, 'cwd'>): ConfigAbove | undefined {
  let endedAt: string | undefined;
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = configIn(folder);
    if (file !== undefined) return endedAt === undefined ? undefined : { file, endedAt };
    const manifest = join(folder, 'package.json');
    if (endedAt === undefined && existsSync(manifest)) endedAt = manifest;
    if (isTop(folder)) return undefined;
  }
}

function configIn(folder: string, onBroken?: (manifest: string) => void): string | undefined {
  const found = PROJECT_FILES.find((name) => existsSync(join(folder, name)));
  if (found !== undefined) return join(folder, found);
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) && hasRelyable(manifest, onBroken) ? manifest : undefined;
}

/** The root of a repository, or of the file system. */
function isTop(folder: string): boolean {
  return existsSync(join(folder, '.git')) || dirname(folder) === folder;
}

/** Whether a package.json has a `relyable` key; parses it only if it contains the word. */
function hasRelyable(manifest: string, onBroken?: (manifest: string) => void): boolean {
  try {
    const text = decodeText(readFileSync(manifest));
    if (!text.includes('"relyable"')) return false;
    const content: unknown = JSON.parse(text);
    return typeof content === 'object' && content !== null && Object.hasOwn(content, 'relyable');
  } catch {
    onBroken?.(manifest);
    return false;
  }
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
