import { join, relative } from 'node:path';
import type { Context } from '../../system/context.ts';
import { ENV_FILES, exportFromFile, readTextIfExists } from '../../config/env-file.ts';
import { realFile } from '../../config/git-status.ts';
import { quoteCmdIfNeeded, quotePosixIfNeeded } from '../../shell-quote.ts';
import { developmentSecret, SECRET_ENV_NAME } from '../../config/secrets.ts';
import type { ExistingConfig, Plan } from './plan.ts';
import type { HandlerFiles } from './handler-files.ts';
import {
  type ConfigOutcome,
  type EnvOutcome,
  writeConfig,
  writeEnvLine,
  writeNewFile,
} from './write.ts';

/** What was done, and what to type next. */
export interface SetUpResult {
  readonly config: { readonly file: string; readonly status: ConfigOutcome };
  readonly env: { readonly file: string; readonly name: string; readonly status: EnvStatus };
  /** The files that were written for the handler. */
  readonly written: readonly string[];
  readonly next: string;
}

/** `not needed`: the environment has a secret, and only the user knows where the app gets it. */
export type EnvStatus = EnvOutcome | 'not needed';

/** Writes the secret's line and the config. `folder` is where to go first for the next command. */
export async function setUpProject(
  context: Context,
  plan: Plan,
  existing: ExistingConfig | undefined,
  folder: string | null = null,
): Promise<SetUpResult> {
  // The step that may fail comes first: a config without the secret's line would look complete.
  const env: EnvStatus = context.env[plan.secretEnv]
    ? 'not needed'
    : await writeEnvLine(context.cwd, plan.envFile, plan.secretEnv, developmentSecret(context));
  const file = existing?.file ?? join(context.cwd, '.relyablerc.json');
  const status =
    existing === undefined
      ? writeConfig(file, { forwardTo: plan.forwardTo, secretEnv: plan.secretEnv })
      : 'kept';
  return {
    config: { file, status },
    env: { file: plan.envFile, name: plan.secretEnv, status: env },
    written: writeHandlerFiles(context.cwd, plan.files),
    next: inFolder(context, folder, nextCommand(context, plan, env)),
  };
}

/** A command that is run in a folder; null for the current one. */
export function inFolder(
  { platform }: Pick<Context, 'platform'>,
  folder: string | null,
  command: string,
): string {
  if (folder === null) return command;
  // Windows PowerShell has no &&.
  return platform === 'win32'
    ? `cd ${quoteCmdIfNeeded(folder)}, then ${command}`
    : `cd ${quotePosixIfNeeded(folder)} && ${command}`;
}

/** Writes the files that are planned, with their folders; their paths. */
function writeHandlerFiles(folder: string, files: HandlerFiles | null): string[] {
  if (files === null) return [];
  const written = [files.handler, files.test];
  for (const { path, text } of written) writeNewFile(join(folder, path), text);
  return written.map(({ path }) => path);
}

/** The next command: what lets the env file have the secret, else a listener that uses the app's secret. */
function nextCommand(
  context: Context,
  { envFile, secretEnv }: Pick<Plan, 'envFile' | 'secretEnv'>,
  env: EnvStatus,
): string {
  const isWindows = context.platform === 'win32';
  switch (env) {
    case 'empty':
      return 'relyable webhooks listen --print-secret';
    case 'tracked':
      return isWindows
        ? `git rm --cached ${envFile}, then relyable init`
        : `git rm --cached ${envFile} && relyable init`;
    case 'refused':
      return ignoreFile(context, envFile);
    default:
  }
  // relyable reads these files itself.
  const isRead = env === 'not needed' || ENV_FILES.some((file) => file === envFile);
  const isShared = env !== 'differs' && secretEnv === SECRET_ENV_NAME;
  return isRead || isShared || isWindows
    ? 'relyable webhooks listen'
    : `${exportFromFile(envFile, secretEnv, false)}; relyable webhooks listen`;
}

/** How git is told to ignore the env file, or the file that it is a link to. */
function ignoreFile({ cwd, platform }: Context, envFile: string): string {
  const path = relative(realFile(cwd), realFile(join(cwd, envFile)));
  // Windows PowerShell has no && and appends UTF-16.
  if (platform === 'win32' || !/^(?!\.\.)[\w./-]+$/.test(path)) {
    return `add the line ${path} to .gitignore, then relyable init`;
  }
  const rules = readTextIfExists(join(cwd, '.gitignore')) ?? '';
  // `echo` would append to a last line that has no newline.
  const isUnfinished = rules !== '' && !rules.endsWith('\n');
  const add = isUnfinished ? `printf '\\n${path}\\n'` : `echo ${path}`;
  return `${add} >> .gitignore && relyable init`;
}
