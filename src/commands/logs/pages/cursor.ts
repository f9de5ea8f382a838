import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import { makePrivateFolder } from '../../../system/private-folder.ts';
import { describeFileProblem, errorCode, RelyableError } from '../../../errors.ts';
import type { LogEntry } from '../../../relyable/log-entries.ts';
import type { Tracker, TrackerState } from './tracker.ts';

/** Where a tail ended: which API it read, and what it had shown. */
export interface Cursor {
  readonly apiUrl: string;
  readonly state: TrackerState;
  /**
   * Set when the tail was stopped between attempts it had found: those from this time on, ms since
   * 1970, are still to be shown.
   */
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

/** undefined where there is no such file; INPUT_UNREADABLE where the file is not a cursor. */
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
    throw unreadable(file, 'it is not the state of a tail');
  }
}

/** Writes the whole file or nothing: a tail that is killed leaves the previous cursor. */
export function writeCursor(file: string, cursor: Cursor, pid: number): void {
  makePrivateFolder(dirname(file));
  const draft = `${file}.${pid}`;
  writeFileSync(draft, JSON.stringify({ v: 1, ...cursor }), { mode: 0o600 });
  renameSync(draft, file);
}

/** Saves where a tail is, whenever that has changed. */
export class CursorWriter {
  private readonly file: string;
  private readonly apiUrl: string;
  private readonly pid: number;
  private readonly warn: (message: string) => void;
  private isChanged = true;
  private hasFailed = false;
  /** When the newest attempt shown began, while more are waiting to be shown. */
  private shownUpTo: number | null = null;

  constructor(file: string, apiUrl: string, pid: number, warn: (message: string) => void) {
    this.file = file;
    this.apiUrl = apiUrl;
    this.pid = pid;
    this.warn = warn;
  }

  /** Notes an attempt that was shown; `save` writes it. */
  shown({ attempt }: LogEntry): void {
    this.isChanged = true;
    this.shownUpTo = attempt.at;
  }

  /** Notes that no attempt waits to be shown. */
  caughtUp(tracker: Tracker): void {
    this.shownUpTo = null;
    this.save(tracker);
  }

  /** Warns, once, where it cannot write: the tail continues, but --resume will not work. */
  save(tracker: Tracker): void {
    if (!this.isChanged) return;
    this.isChanged = false;
    try {
      const { file, apiUrl, pid, shownUpTo } = this;
      writeCursor(file, { apiUrl, state: tracker.state(), unshownFrom: shownUpTo }, pid);
    } catch (error) {
      if (!this.hasFailed) this.warn(`--resume will not work: ${describeFileProblem(error)}`);
      this.hasFailed = true;
    }
  }
}

function unreadable(file: string, why: string): RelyableError {
  return new RelyableError('INPUT_UNREADABLE', `--resume: ${file}: ${why}`, {
    hint: 'remove it and start fresh, with --since to go back in time',
  });
}
