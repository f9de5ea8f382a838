import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { isCi } from './ci.ts';
import { makePrivateFolder } from './private-folder.ts';
import type { Context } from './context.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Options for scripts, which need no notice. */
const SILENT_FLAGS: ReadonlySet<string> = new Set(['--json', '--quiet', '-q']);
/** Commands that run when a shell starts, or when TAB is pressed. */
const SILENT_COMMANDS: ReadonlySet<string> = new Set(['complete', 'completion']);
const OFF_VARIABLES = ['RELYABLE_NO_UPDATE_CHECK', 'NO_UPDATE_NOTIFIER'];

/** Whether a notice may be shown: stderr is a terminal, and no option or variable turns it off. */
export function mayNotify({ argv, env, stderr }: Context): boolean {
  const command = argv.find((word) => !word.startsWith('-')) ?? '';
  return (
    stderr.isTTY === true &&
    !isCi(env) &&
    !OFF_VARIABLES.some((name) => env[name]) &&
    !SILENT_COMMANDS.has(command) &&
    !argv.some((word) => SILENT_FLAGS.has(word))
  );
}

/**
 * One line about a newer version, at most once a day; undefined otherwise. npm is asked in the background, and
 * its answer is shown by a later run, so that no command waits. The notice does not suggest an install command,
 * because this program may not have been installed from the registry.
 */
export function takeNotice(context: Context, current: string): string | undefined {
  const file = join(context.paths.cache, 'latest-version');
  try {
    const latest = takeAnswer(file);
    if (isDue(file, context.now())) askNpm(context, file);
    return latest !== undefined && isNewer(latest, current)
      ? `npm has a relyable ${latest} (this is ${current}); npm view relyable shows whose it is`
      : undefined;
  } catch {
    // If the cache cannot be used, no notice is shown.
    return undefined;
  }
}

/** npm's last answer. It is removed from the file, so that it is shown only once. */
function takeAnswer(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size === 0) return undefined;
  const answer = readFileSync(file, 'utf8').trim();
  truncateSync(file);
  // The file's time says when npm was asked.
  utimesSync(file, stats.atime, stats.mtime);
  return answer;
}

function isDue(file: string, now: number): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined || Math.abs(now - stats.mtimeMs) > DAY_MS;
}

/** Starts npm, which uses the configured registry, proxy and credentials. It writes its answer to the file. */
function askNpm({ paths, env }: Context, file: string): void {
  makePrivateFolder(paths.cache);
  const answer = openSync(file, 'w');
  try {
    const npm = spawn('npm view relyable version --fetch-timeout=10000 --fetch-retries=0', {
      // Not in a project, so that a project's .npmrc does not apply.
      cwd: paths.cache,
      env: { ...env, npm_config_update_notifier: 'false' },
      stdio: ['ignore', answer, 'ignore'],
      // On Windows, npm is a script that only a shell can run. No argument comes from outside.
      shell: true,
      // On Windows a child that is not detached ends with its parent.
      detached: true,
      windowsHide: true,
    });
    npm.once('error', () => undefined);
    npm.unref();
  } finally {
    closeSync(answer);
  }
}

/** Whether `latest` is above `current`; false if one of them is not of the form `1.2.3`. */
export function isNewer(latest: string, current: string): boolean {
  const [next, own] = [latest, current].map((version) => /^(\d+)\.(\d+)\.(\d+)$/.exec(version));
  if (!next || !own) return false;
  for (const part of [1, 2, 3]) {
    const difference = Number(next[part]) - Number(own[part]);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
