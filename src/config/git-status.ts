import { execFile } from 'node:child_process';
import { readlinkSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';

/** The file that a path leads to through symbolic links; the file itself need not exist. */
export function realFile(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // It does not exist, or is a link to a file that does not.
  }
  let folder = dirname(path);
  try {
    folder = realpathSync(folder);
    return realFile(resolve(folder, readlinkSync(path)));
  } catch {
    return join(folder, basename(path));
  }
}

export type GitStatus = 'ignored' | 'tracked' | 'not ignored' | 'no repository';

const GIT_TIMEOUT_MS = 2000;

/** Whether git would commit a file; asks git itself. */
export async function gitStatus(path: string): Promise<GitStatus> {
  const file = realFile(path);
  const run = (...args: string[]): Promise<number> => runGit(dirname(file), args);
  if ((await run('ls-files', '--error-unmatch', '--', basename(file))) === 0) return 'tracked';
  const code = await run('check-ignore', '--quiet', '--', basename(file));
  if (code === 0) return 'ignored';
  // 128 outside a repository; a missing git has nothing to commit with either.
  return code === 1 ? 'not ignored' : 'no repository';
}

/** git's exit code; -1 where it did not run. */
function runGit(cwd: string, args: readonly string[]): Promise<number> {
  return new Promise((done) => {
    execFile('git', args, { cwd, timeout: GIT_TIMEOUT_MS, windowsHide: true }, (error) => {
      if (error === null) done(0);
      else done(typeof error.code === 'number' ? error.code : -1);
    });
  });
}
