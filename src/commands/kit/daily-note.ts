import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../system/context.ts';
import { makePrivateFolder } from '../../system/private-folder.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Whether a note is due that people need once a day; marks it as given. Always due off a terminal,
 * where each log stands for itself, and where the cache folder cannot be written.
 */
export function takeDailyNote(
  { paths, stderr, now }: Pick<Context, 'paths' | 'stderr' | 'now'>,
  name: string,
): boolean {
  if (stderr.isTTY !== true) return true;
  const file = join(paths.cache, `told-${name}`);
  try {
    const told = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (told !== undefined && Math.abs(now() - told) < DAY_MS) return false;
    makePrivateFolder(paths.cache);
    writeFileSync(file, '');
    utimesSync(file, now() / 1000, now() / 1000);
  } catch {
    // Told again is better than not at all.
  }
  return true;
}
