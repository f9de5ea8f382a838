import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Context } from '../../system/context.ts';
import { makePrivateFolder } from '../../system/private-folder.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Whether a note that is shown once a day is due; if so, records that it was shown. It is always due if
 * stderr is not a terminal, because each log is read alone, and if the cache folder cannot be written.
 */
export function takeDailyNote(
  { paths, stderr, now }: Pick<Context, 'paths' | 'stderr' | 'now'>,
  name: string,
): boolean {
  if (stderr.isTTY !== true) return true;
  const file = join(paths.cache, `note-${name}`);
  try {
    const shownAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (shownAt !== undefined && Math.abs(now() - shownAt) < DAY_MS) return false;
    makePrivateFolder(paths.cache);
    writeFileSync(file, '');
    utimesSync(file, now() / 1000, now() / 1000);
  } catch {
    // Showing the note twice is better than never.
  }
  return true;
}
