import { type Database, LISTENERS_VERSION, ORIGIN_VERSION, readPragma } from './schema.ts';

/** When the newest request from a sender was received: the last sign of a listener that was killed. */
function newestReceived(database: Database, version: number): number | undefined {
  const isSent = version < ORIGIN_VERSION ? '1' : 'source IS NULL AND imported_at IS NULL';
  const row = database
    .prepare(`SELECT received_at FROM captures WHERE ${isSent} ORDER BY seq DESC LIMIT 1`)
    .get() as { received_at: number } | undefined;
  return row?.received_at;
}

/**
 * The time up to which listeners received all requests, ms since 1970: the end of the last listener, or the
 * newest capture of one that was killed or is running; the start of a catch-up that was not completed, if
 * that is earlier. undefined if no listener has used the store.
 */
export function readCoveredUntil(database: Database): number | undefined {
  const version = readPragma(database, 'user_version');
  const newest = newestReceived(database, version);
  if (version < LISTENERS_VERSION) return newest;
  const last = database
    .prepare('SELECT started_at, ended_at FROM listeners ORDER BY seq DESC LIMIT 1')
    .get() as { started_at: number; ended_at: number | null } | undefined;
  const end =
    last === undefined ? newest : (last.ended_at ?? Math.max(last.started_at, newest ?? 0));
  const { since } = database.prepare('SELECT min(since) AS since FROM catch_ups').get() as {
    since: number | null;
  };
  if (since === null || end === undefined) return since ?? end;
  return Math.min(since, end);
}

/** Records when a listener runs, for the catch-up of a later one. Times are ms since 1970. */
export class ListenerLog {
  private readonly database: Database;
  private seq: number | bigint | undefined;

  constructor(database: Database) {
    this.database = database;
  }

  started(at: number): void {
    this.seq = this.database
      .prepare('INSERT INTO listeners (started_at) VALUES (?)')
      .run(at).lastInsertRowid;
    // Only the last one is needed; a few more help to find out what happened.
    this.database.prepare('DELETE FROM listeners WHERE seq <= ?').run(Number(this.seq) - 100);
  }

  ended(at: number): void {
    if (this.seq === undefined) return;
    this.database.prepare('UPDATE listeners SET ended_at = ? WHERE seq = ?').run(at, this.seq);
  }

  catchUpStarted(since: number): void {
    this.database.prepare('INSERT INTO catch_ups (since) VALUES (?)').run(since);
  }

  /** Nothing since then is missing now, so unfinished catch-ups from then or later are done as well. */
  caughtUp(since: number): void {
    this.database.prepare('DELETE FROM catch_ups WHERE since >= ?').run(since);
  }
}
