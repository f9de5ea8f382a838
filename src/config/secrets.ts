import { existsSync, linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Context } from '../system/context.ts';
import { describeFileProblem, errorCode, RelyableError } from '../errors.ts';
import type { SecretCandidate } from '../signature/verify.ts';
import { ENV_FILES, readCredentialFile, readEnvValue, readTextIfExists } from './env-file.ts';
import type { ConfigLayer } from './load.ts';
import { makePrivateFolder } from '../system/private-folder.ts';

export interface SecretFlags {
  /** `--secret`, repeatable for commands that accept several secrets. */
  readonly secret?: readonly string[] | undefined;
  /** `--secret-file`, repeatable for the same commands. */
  readonly secretFile?: readonly string[] | undefined;
}

/** The signing secrets of a command, and the messages about them for stderr. */
export interface Secrets {
  /** A signature made with one of them is `ok`; the first signs. */
  readonly chosen: readonly [SecretCandidate, ...SecretCandidate[]];
  /** Other secrets: a signature made with one is recognised, but not `ok`. */
  readonly known: readonly SecretCandidate[];
  readonly warnings: readonly string[];
  /** Says that the development secret is used; null where another one is. */
  readonly note: string | null;
}

/** The variable that apps and relyable alike read the signing secret from. */
export const SECRET_ENV_NAME = 'RELYABLE_WEBHOOK_SECRET';
export const DEVELOPMENT_SECRET_SOURCE = 'the development secret';
const DEVELOPMENT_PREFIX = 'whsec_dev_';

/** Whether relyable made this secret for this machine, wherever it was read from. */
export function isDevelopmentSecret(value: string): boolean {
  return value.startsWith(DEVELOPMENT_PREFIX);
}

/**
 * The signing secret by precedence: flags, `RELYABLE_WEBHOOK_SECRET`, the config's `secretEnv`,
 * a user config's `secret`, the app's env file, else the development secret, which is made at first
 * use.
 */
export function resolveSecrets(
  context: Context,
  layers: readonly ConfigLayer[],
  flags: SecretFlags,
): Secrets {
  const warnings: string[] = [];
  const fromFlags = secretsFromFlags(context, flags, warnings);
  const fromEnvironment = secretsFromEnvironment(context, layers);
  const [first = readDevelopmentSecret(context), ...more] =
    fromFlags.length > 0 ? fromFlags : fromEnvironment;
  const isDevelopment = first.source === DEVELOPMENT_SECRET_SOURCE;
  if (first.value.trim() !== first.value) {
    warnings.push(
      `the signing secret from ${first.source} begins or ends with white space, which is part of it`,
    );
  }
  const known = [
    ...(fromFlags.length > 0 ? fromEnvironment : more),
    ...(isDevelopment ? [] : existingDevelopmentSecret(context)),
  ];
  return {
    chosen: fromFlags.length > 0 ? [first, ...more] : [first],
    known: known
      .filter(({ value }) => value !== first.value)
      .map(({ source, value }) => ({ source, value, role: 'known' })),
    warnings,
    note: isDevelopment ? developmentNote(context, layers, first.value) : null,
  };
}

/** How the app gets the development secret; short where an env file sets it already. */
function developmentNote(context: Context, layers: readonly ConfigLayer[], value: string): string {
  const using = `using ${DEVELOPMENT_SECRET_SOURCE}`;
  const names = [SECRET_ENV_NAME, ...layers.flatMap(({ values }) => values.secretEnv ?? [])];
  const inFile = names
    .map((name) => findInEnvFiles(context, name))
    .find((found) => found?.value === value);
  if (inFile !== undefined) return `${using}, which ${inFile.file} sets too`;
  return `${using} (no ${SECRET_ENV_NAME} set); your app needs the same:
  ${SECRET_ENV_NAME}="$(relyable webhooks listen --print-secret)"`;
}

interface EnvFileValue {
  readonly file: string;
  readonly value: string;
}

/** What an env file of the current folder sets a variable to; undefined where none sets it. */
function findInEnvFiles({ cwd }: Context, name: string): EnvFileValue | undefined {
  for (const file of ENV_FILES) {
    try {
      const value = readEnvValue(readTextIfExists(join(cwd, file)) ?? '', name);
      if (value !== undefined && value.trim() !== '') return { file, value };
    } catch {
      // A file that cannot be read is not relevant here.
    }
  }
  return undefined;
}

/**
 * Where a secret is to be written so that the app and relyable both read it: the variable that the
 * config names, in the env file that sets it, else in one that exists, else in `.env`.
 */
export function secretPlace(
  context: Context,
  layers: readonly ConfigLayer[],
): { readonly name: string; readonly file: string } {
  const name =
    layers.find(({ values }) => values.secretEnv !== undefined)?.values.secretEnv ??
    SECRET_ENV_NAME;
  const file =
    findInEnvFiles(context, name)?.file ??
    ENV_FILES.find((it) => existsSync(join(context.cwd, it))) ??
    '.env';
  return { name, file };
}

/** Where the signing secret comes from without options; does not create one. */
export function secretSource(context: Context, layers: readonly ConfigLayer[]): string {
  return secretsFromEnvironment(context, layers)[0]?.source ?? DEVELOPMENT_SECRET_SOURCE;
}

/** Every signing secret that is known without options; creates none and does not fail. */
export function knownSecrets(context: Context, layers: readonly ConfigLayer[]): SecretCandidate[] {
  const found = [
    () => secretsFromEnvironment(context, layers),
    () => existingDevelopmentSecret(context),
  ];
  return found.flatMap((find) => {
    try {
      return find();
    } catch {
      // A command that signs or verifies reports it.
      return [];
    }
  });
}

/** The development secret; created where there is none yet. */
export function developmentSecret(context: Context): string {
  return readDevelopmentSecret(context).value;
}

function secretsFromFlags(
  context: Context,
  flags: SecretFlags,
  warnings: string[],
): SecretCandidate[] {
  const fromValues = (flags.secret ?? []).map((value, index, all): SecretCandidate => {
    const source = all.length > 1 ? `--secret (number ${index + 1})` : '--secret';
    return { source, value: requireSecret(value, source), role: 'chosen' };
  });
  if (fromValues.length > 0) {
    warnings.push(
      `--secret is visible in the process list; prefer --secret-file or ${SECRET_ENV_NAME}`,
    );
  }
  const fromFiles = (flags.secretFile ?? []).map((path): SecretCandidate => {
    const file = resolve(context.cwd, path);
    const source = `--secret-file ${path}`;
    try {
      const value = readCredentialFile(file);
      return { source, value: requireSecret(value, source), role: 'chosen' };
    } catch (error) {
      if (error instanceof RelyableError) throw error;
      throw new RelyableError('SECRET_INVALID', `${source}: ${describeFileProblem(error)}`, {
        cause: error,
      });
    }
  });
  return [...fromValues, ...fromFiles];
}

function secretsFromEnvironment(
  context: Context,
  layers: readonly ConfigLayer[],
): SecretCandidate[] {
  const found: SecretCandidate[] = [];
  const add = (source: string, value: string | undefined): void => {
    if (value !== undefined)
      found.push({ source, value: requireSecret(value, source), role: 'chosen' });
  };
  const addFromFile = (name: string, inFile: EnvFileValue | undefined): void => {
    if (inFile === undefined) return;
    const [development] = existingDevelopmentSecret(context);
    const isDevelopment = inFile.value === development?.value;
    add(isDevelopment ? DEVELOPMENT_SECRET_SOURCE : `${name} in ${inFile.file}`, inFile.value);
  };
  add(SECRET_ENV_NAME, context.env[SECRET_ENV_NAME]);
  for (const { origin, values } of layers) {
    if (values.secretEnv !== undefined && values.secretEnv !== SECRET_ENV_NAME) {
      const value = context.env[values.secretEnv];
      const inFile = value === undefined ? findInEnvFiles(context, values.secretEnv) : undefined;
      if (value === undefined && inFile === undefined && found.length === 0) {
        throw new RelyableError(
          'SECRET_INVALID',
          `${origin}: secretEnv names ${describeVariable(values.secretEnv)}, but it is not set`,
          { hint: `set that variable to the secret, here or in .env, or pass --secret-file` },
        );
      }
      add(values.secretEnv, value);
      addFromFile(values.secretEnv, inFile);
    }
    add(`the secret of ${origin}`, values.secret);
  }
  // The app's own variables, as its framework reads them: last, so that they change no setting.
  if (found.length === 0) addFromFile(SECRET_ENV_NAME, findInEnvFiles(context, SECRET_ENV_NAME));
  for (const name of layers.flatMap(({ values }) => values.knownSecretEnvs ?? [])) {
    // These only recognise signatures: an unset variable is not an error.
    if (found.length > 0 && context.env[name]) add(name, context.env[name]);
  }
  return found;
}

/** The name of a variable; one that is not in upper case may be a secret, and is not shown. */
export function describeVariable(name: string): string {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? `the variable ${name}` : 'a variable (name not shown)';
}

function requireSecret(value: string, source: string): string {
  if (value.trim() !== '') return value;
  throw new RelyableError(
    'SECRET_INVALID',
    `${source}: expected a signing secret, got an empty value`,
    {
      hint: `set it to the secret shown under Settings → Webhooks, or unset it to use the development secret`,
    },
  );
}

function developmentSecretPath(context: Context): string {
  return join(context.paths.data, 'dev-secret');
}

function existingDevelopmentSecret(context: Context): SecretCandidate[] {
  const value = readIfExists(developmentSecretPath(context));
  return value === undefined ? [] : [{ source: DEVELOPMENT_SECRET_SOURCE, value, role: 'known' }];
}

/** The user's development secret, created at first use; safe when two processes create it. */
function readDevelopmentSecret(context: Context): SecretCandidate {
  const file = developmentSecretPath(context);
  const existing = readIfExists(file);
  if (existing !== undefined)
    return { source: DEVELOPMENT_SECRET_SOURCE, value: existing, role: 'chosen' };
  const made = `${DEVELOPMENT_PREFIX}${context.randomBytes(24).toString('hex')}`;
  const draft = `${file}.${context.pid}`;
  try {
    makePrivateFolder(dirname(file));
    writeFileSync(draft, `${made}\n`, { mode: 0o600 });
    try {
      // A link appears with its whole content, and fails if another process was first.
      linkSync(draft, file);
    } catch (error) {
      if (errorCode(error) !== 'EEXIST')
        writeFileSync(file, `${made}\n`, { mode: 0o600, flag: 'wx' });
    } finally {
      unlinkSync(draft);
    }
  } catch (error) {
    throw new RelyableError(
      'SECRET_INVALID',
      `no signing secret is set, and a development secret cannot be stored at ${file}: ${describeFileProblem(error)}`,
      { hint: `set ${SECRET_ENV_NAME}, or make that folder writable`, cause: error },
    );
  }
  const value = readIfExists(file) ?? made;
  return { source: DEVELOPMENT_SECRET_SOURCE, value, role: 'chosen' };
}

function readIfExists(file: string): string | undefined {
  try {
    const value = readFileSync(file, 'utf8').trim();
    return value === '' ? undefined : value;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new RelyableError('SECRET_INVALID', `${file}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}
