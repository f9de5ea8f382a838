import { type Database, LISTENERS_VERSION, ORIGIN_VERSION, readPragma } from './schema.ts';

/** When the newest request from a sender was received: after a kill, the last time at which a listener is known to have run. */
function newestReceived(database: Database, version: number): number | undefined {
  const isSent = version < ORIGIN_VERSION ? '1' : 'source IS NULL AND imported_at IS NULL';
  const row = database
    .prepare(`SELECT received_at FROM captures WHERE ${isSent} ORDER BY seq DESC LIMIT 1`)
    .get() as { received_at: number } | undefined;
  return row?.received_at;
}

/**
 * The time up to which listeners received all requests, ms since 1970. It is the end of the last listener, or
 * the newest capture if that listener was killed or is running. If a catch-up was not completed and its start
 * is earlier, it is that start. undefined if no listener has used the store.
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

/** Records when listeners run, so that a later listener can catch up. Times are ms since 1970. */
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
    // Only the last row is needed; the others help with diagnosis.
    this.database.prepare('DELETE FROM listeners WHERE seq <= ?').run(Number(this.seq) - 100);
  }

  ended(at: number): void {
    if (this.seq === undefined) return;
    this.database.prepare('UPDATE listeners SET ended_at = ? WHERE seq = ?').run(at, this.seq);
  }

  catchUpStarted(since: number): void {
    this.database.prepare('INSERT INTO catch_ups (since) VALUES (?)').run(since);
  }

  /** Records that nothing since `since` is missing: unfinished catch-ups from `since` or later are complete, too. */
  caughtUp(since: number): void {
    this.database.prepare('DELETE FROM catch_ups WHERE since >= ?').run(since);
  }
}
