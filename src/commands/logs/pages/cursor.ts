import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder } from '../../../system/private-folder.ts';
import { describeFileProblem, errorCode, RelyableError } from '../../../errors.ts';
import type { TrackerState } from './tracker.ts';

/** Where a tail ended: which API it read, and what it had shown. */
export interface Cursor {
  readonly apiUrl: string;
  readonly state: TrackerState;
  /** It was stopped while it showed: attempts from this time on, ms since 1970, are still to be shown. */
  readonly unshownFrom: number | null;
}

const time = z.number().nullable();

const cursorSchema = z.object({
  v: z.literal(1),
  apiUrl: z.string(),
  unshownFrom: time.default(null),
  state: z.object({
    coveredFrom: time,
    shownBefore: time,
    seen: z.array(z.tuple([z.string(), z.array(z.string()), time, time, time])),
  }),
});

/** The file of a profile's tail, in the user's data folder. */
export function cursorPath(dataFolder: string, profile: string | undefined): string {
  return join(dataFolder, `tail-${encodeURIComponent(profile ?? 'default')}.json`);
}

/** undefined where no tail ended yet; INPUT_UNREADABLE where the file is not a cursor. */
export function readCursor(file: string): Cursor | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw unreadable(file, describeFileProblem(error));
  }
  try {
    return cursorSchema.parse(JSON.parse(text));
  } catch {
    throw unreadable(file, 'it is not what a tail leaves behind');
  }
}

/** Whole or not at all: a tail that is killed leaves the cursor before. */
export function writeCursor(file: string, cursor: Cursor, pid: number): void {
  makePrivateFolder(dirname(file));
  const draft = `${file}.${pid}`;
  writeFileSync(draft, JSON.stringify({ v: 1, ...cursor }), { mode: 0o600 });
  renameSync(draft, file);
}

function unreadable(file: string, why: string): RelyableError {
  return new RelyableError('INPUT_UNREADABLE', `--resume: ${file}: ${why}`, {
    hint: 'remove it and begin anew, with --since to go back in time',
  });
}
