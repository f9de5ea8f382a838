import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describeFileProblem, errorCode, RelyableError } from '../errors.ts';

/** Where frameworks look for an app's own variables, the one that wins first. */
export const ENV_FILES = ['.env.local', '.env'] as const;

/** The text of a file; undefined where there is none, INPUT_UNREADABLE where it cannot be read. */
export function readTextIfExists(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw new RelyableError('INPUT_UNREADABLE', `${file}: ${describeFileProblem(error)}`, {
      cause: error,
    });
  }
}

/** What an env file's text sets a variable to; undefined where it does not. */
export function readEnvValue(text: string, name: string): string | undefined {
  const values: Record<string, string | undefined> = parseEnv(text);
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

export type GitStatus = 'ignored' | 'not ignored' | 'no repository';

const GIT_TIMEOUT_MS = 2000;

/** Whether git would leave a file out of commits; asks git itself. */
export function gitStatus(folder: string, file: string): Promise<GitStatus> {
  return new Promise((resolve) => {
    execFile(
      'git',
      ['check-ignore', '--quiet', '--', file],
      { cwd: folder, timeout: GIT_TIMEOUT_MS, windowsHide: true },
      (error) => {
        if (error === null) resolve('ignored');
        // 128 outside a repository; a missing git has nothing to commit with either.
        else resolve(error.code === 1 ? 'not ignored' : 'no repository');
      },
    );
  });
}
