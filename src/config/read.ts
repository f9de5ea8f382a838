import { readFileSync, statSync } from 'node:fs';
import { decodeText } from './env-file.ts';
import { basename, extname } from 'node:path';
import { defaultLoaders, type Loader } from 'cosmiconfig';
import type * as z from 'zod';
import { describeFileProblem, errorMessage, RelyableError } from '../errors.ts';
import { describeIssue } from '../json/describe-issue.ts';
import { findSyntaxError } from '../json/syntax-error.ts';
import { didYouMean } from '../did-you-mean.ts';
import { type Config, configKeys, configSchema, userConfigSchema } from './schema.ts';

/** Files that cosmiconfig would execute; --config may name a file of any origin. */
const PROGRAM_EXTENSIONS: ReadonlySet<string> = new Set([
  '.js',
  '.cjs',
  '.mjs',
  '.ts',
  '.cts',
  '.mts',
]);

/** Only cosmiconfig's loaders are used. Its explorer would also execute a `.config/config.js` in the current folder. */
const { '.json': loadJson, noExt: loadYaml } = defaultLoaders;

const LOADERS: Readonly<Record<string, Loader>> = {
  '': loadYaml,
  '.json': loadJson,
  '.yaml': loadYaml,
  '.yml': loadYaml,
};

/** Reads and checks one config file; CONFIG_INVALID. This module is imported only when there is one. */
export async function readConfigFile(
  file: string,
  kind: 'project' | 'user',
  platform: NodeJS.Platform,
): Promise<Config> {
  const content = (await readContent(file)) ?? {};
  if (kind === 'project') refuseLiteralSecrets(file, content);
  const schema = kind === 'project' ? configSchema : userConfigSchema;
  const parsed = schema.safeParse(content, { error: describeIssue });
  if (!parsed.success) throw invalidConfig(file, kind, parsed.error);
  const config: Config = parsed.data;
  if (config.apiKey !== undefined || config.secret !== undefined) requirePrivate(file, platform);
  return config;
}

/** Why a file is neither JSON nor YAML, with the place; undefined where it is one of them. */
export async function findConfigProblem(file: string): Promise<string | undefined> {
  try {
    await readContent(file);
    return undefined;
  } catch (error) {
    return errorMessage(error);
  }
}

/** The content of the file; of a `package.json`, its key `relyable`. */
async function readContent(file: string): Promise<unknown> {
  const extension = extname(file);
  const loader = LOADERS[extension];
  if (loader === undefined) {
    const got = PROGRAM_EXTENSIONS.has(extension) ? 'a program' : `a ${extension} file`;
    throw new RelyableError('CONFIG_INVALID', `${file}: expected JSON or YAML, got ${got}`, {
      hint: 'a config file is data and never executed: use .relyablerc.json',
    });
  }
  let text: string;
  try {
    text = decodeText(readFileSync(file));
  } catch (error) {
    const why = describeFileProblem(error);
    throw new RelyableError('CONFIG_INVALID', `${file} cannot be read: ${why}`);
  }
  if (text.trim() === '') return undefined;
  let content: unknown;
  try {
    content = await loader(file, text);
  } catch (error) {
    const [format, place] =
      extension === '.json' ? ['JSON', placeInJson(text)] : ['JSON or YAML', placeInYaml(error)];
    throw new RelyableError('CONFIG_INVALID', `${file} is not valid ${format}${place}`);
  }
  const isManifest = basename(file, extension) === 'package';
  return isManifest ? (content as { relyable?: unknown } | null)?.relyable : content;
}

/** Only the place of a mistake is reported: the parsers quote the text around it, which may be a secret. */
function placeInJson(text: string): string {
  const at = findSyntaxError(text);
  if (at === undefined) return '';
  const before = text.slice(0, at).split('\n');
  return `, line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
}

function placeInYaml(error: unknown): string {
  const place = /\((\d+):(\d+)\)/.exec(errorMessage(error));
  return place === null ? '' : `, line ${place[1]}, column ${place[2]}`;
}

function refuseLiteralSecrets(file: string, content: unknown): void {
  for (const [path, value] of literalSecrets(content, '')) {
    const isKey = normalise(path).endsWith('apikey');
    const rule = isKey
      ? 'put {"api": {"keyEnv": "RELYABLE_API_KEY"}} in its place and the key into that variable'
      : `put "secretEnv": "RELYABLE_WEBHOOK_SECRET" in place of "${path}" and the secret into that variable`;
    throw new RelyableError(
      'CONFIG_INVALID',
      `${file}: ${path}: expected the name of a variable, got a literal ${typeof value === 'string' ? 'secret' : 'value'}; project files end up in git`,
      { hint: `${rule} (or into .env, gitignored)` },
    );
  }
}

/** A key in lower case, without `_` and `-`, so that `api_key` is refused just as `apiKey`. */
const LITERAL_SECRET_KEYS = new Set(['secret', 'apikey', 'webhooksecret', 'signingsecret']);

function normalise(key: string): string {
  return key.replace(/[_-]/g, '').toLowerCase();
}

function* literalSecrets(value: unknown, path: string): Generator<[path: string, value: unknown]> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const childPath = path === '' ? key : `${path}.${key}`;
    if (LITERAL_SECRET_KEYS.has(normalise(key))) yield [childPath, child];
    else yield* literalSecrets(child, childPath);
  }
}

/** The first problem, with the file, the path and the nearest known key. */
function invalidConfig(file: string, kind: 'project' | 'user', error: z.ZodError): RelyableError {
  const [issue] = error.issues;
  const path = issue?.path.join('.') ?? '';
  if (issue?.code === 'unrecognized_keys') {
    const key = [path, issue.keys[0]].filter(Boolean).join('.');
    const local = key.replace(/^profiles\.[^.]+\./, '');
    const parent = key.slice(0, key.length - local.length);
    const known = configKeys(parent === '' ? kind : 'profile');
    return new RelyableError('CONFIG_INVALID', `${file}: unknown key "${key}"`, {
      hint:
        didYouMean(local, known, (name) => `"${parent}${name}"`) ??
        `the keys are ${known.join(', ')}`,
    });
  }
  const where = path === '' ? file : `${file}: ${path}`;
  return new RelyableError('CONFIG_INVALID', `${where}: ${issue?.message ?? 'not valid'}`);
}

function requirePrivate(file: string, platform: NodeJS.Platform): void {
  // Windows has no such modes; there the access list of the profile folder applies.
  if (platform === 'win32') return;
  const mode = statSync(file).mode & 0o077;
  if (mode === 0) return;
  throw new RelyableError(
    'CONFIG_INVALID',
    `${file} holds a credential and others can read it (mode ${(statSync(file).mode & 0o777).toString(8)}, expected 600)`,
    { hint: `chmod 600 ${file}` },
  );
}
