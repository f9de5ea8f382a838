import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { makePrivateFolder } from './private-folder.ts';
import type { Context } from './context.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Written by a script's `--json` or read by another program: nobody is there to tell. */
const SILENT_FLAGS: ReadonlySet<string> = new Set(['--json', '--quiet', '-q']);
/** These run inside a shell's own start-up or TAB. */
const SILENT_COMMANDS: ReadonlySet<string> = new Set(['complete', 'completion']);
const OFF_VARIABLES = ['RELYABLE_NO_UPDATE_CHECK', 'NO_UPDATE_NOTIFIER', 'CI'];

/** Whether somebody is there who may be told of a newer version and did not say no. */
export function mayNotify({ argv, env, stderr }: Context): boolean {
  const command = argv.find((word) => !word.startsWith('-')) ?? '';
  return (
    stderr.isTTY === true &&
    !OFF_VARIABLES.some((name) => env[name]) &&
    !SILENT_COMMANDS.has(command) &&
    !argv.some((word) => SILENT_FLAGS.has(word))
  );
}

/**
 * One line about a newer version, at most once a day; undefined otherwise. What npm answered to the
 * last day's question is all that is read: the next question is put to it in the background, and
 * nobody waits for the answer.
 */
export function takeNotice(context: Context, current: string): string | undefined {
  const file = join(context.paths.cache, 'latest-version');
  try {
    const latest = takeAnswer(file);
    if (isDue(file, context.now())) askNpm(context, file);
    return latest !== undefined && isNewer(latest, current)
      ? `relyable ${latest} is out, this is ${current}: npm install --global relyable`
      : undefined;
  } catch {
    // A cache that cannot be used is nobody's concern.
    return undefined;
  }
}

/** npm's last answer; it is taken out, so that it is told once. */
function takeAnswer(file: string): string | undefined {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size === 0) return undefined;
  const answer = readFileSync(file, 'utf8').trim();
  truncateSync(file);
  // When it was asked is what the file's time says.
  utimesSync(file, stats.atime, stats.mtime);
  return answer;
}

function isDue(file: string, now: number): boolean {
  const stats = statSync(file, { throwIfNoEntry: false });
  return stats === undefined || Math.abs(now - stats.mtimeMs) > DAY_MS;
}

/** npm knows the registry, the proxy and the credentials of this machine; it writes to the file. */
function askNpm({ paths, env }: Context, file: string): void {
  makePrivateFolder(paths.cache);
  const answer = openSync(file, 'w');
  try {
    const npm = spawn('npm view relyable version --fetch-timeout=10000 --fetch-retries=0', {
      // Outside any project, whose .npmrc has no say here.
      cwd: paths.cache,
      env: { ...env, npm_config_update_notifier: 'false' },
      stdio: ['ignore', answer, 'ignore'],
      // npm is a script on Windows, which only a shell runs; nothing here comes from outside.
      shell: true,
      // On Windows others end with the program that started them.
      detached: true,
      windowsHide: true,
    });
    npm.once('error', () => undefined);
    npm.unref();
  } finally {
    closeSync(answer);
  }
}

/** Whether a plain `1.2.3` is above the other; what is no plain version never is. */
export function isNewer(latest: string, current: string): boolean {
  const [next, own] = [latest, current].map((version) => /^(\d+)\.(\d+)\.(\d+)$/.exec(version));
  if (!next || !own) return false;
  for (const part of [1, 2, 3]) {
    const difference = Number(next[part]) - Number(own[part]);
    if (difference !== 0) return difference > 0;
  }
  return false;
}
