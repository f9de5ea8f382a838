import { join } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { parseDuration, parseInteger } from '../../config/values.ts';
import {
  describeFileProblem,
  EXIT_CHECK_FAILED,
  EXIT_SUCCESS,
  RelyableError,
} from '../../errors.ts';
import type { LogsTailFlags } from './options.ts';
import { createBacklog } from './pages/backlog.ts';
import { type Cursor, cursorPath, readCursor, writeCursor } from './pages/cursor.ts';
import { type LogEntry, matchesFilter } from '../../relyable/log-entries.ts';
import { tail } from './pages/tail.ts';
import type { TailEvent, TailStart } from './pages/tail-events.ts';
import { createTracker } from './pages/tracker.ts';
import { attemptToJson, formatAttempt } from '../kit/attempt-view.ts';
import { formatCount, formatDuration } from '../../terminal/format.ts';
import { safeText } from '../../terminal/safe-text.ts';
import { createProblemReporter, openApi, openCaptureLinker } from './log-source.ts';
import { readEntryFilter } from './list.ts';
import { loadLayers } from '../kit/invocation-config.ts';

const SHORTEST_INTERVAL_MS = 50;

type Next = 'go_on' | 'stop' | 'fail';

/** Prints new attempts until it is stopped, or with --exit-on-failure until a delivery failed. */
export async function run(invocation: Invocation<LogsTailFlags>): Promise<number> {
  const { context, terminal, flags, globals } = invocation;
  const intervalMs = readInterval(flags.interval ?? '5s');
  const filter = readEntryFilter(flags, context.now());
  const limit = parseInteger(flags.limit ?? '10', '--limit', 0, 100_000);
  const layers = await loadLayers(invocation);
  const { client, url } = await openApi(invocation, layers);
  const profile = globals.profile ?? (context.env['RELYABLE_PROFILE'] || undefined);
  const file = cursorPath(context.paths.data, profile);
  const cursor = flags.resume === true ? readUsableCursor(invocation, file, url) : undefined;
  const tracker = createTracker(cursor?.state);
  const backlog = createBacklog(join(context.paths.data, `tail-backlog.${context.pid}`));
  const reportProblems = createProblemReporter(invocation);
  const linker = await openCaptureLinker(invocation, layers);
  let isChanged = true;
  let isSaveBroken = false;
  /** When the newest attempt shown began, while there are more to show. */
  let shownUpTo: number | null = null;

  const save = (): void => {
    if (!isChanged) return;
    isChanged = false;
    try {
      const state = tracker.state();
      writeCursor(file, { apiUrl: url, state, unshownFrom: shownUpTo }, context.pid);
    } catch (error) {
      // Watching goes on; what is lost is only where to resume.
      if (!isSaveBroken) terminal.warn(`--resume will not work: ${describeFileProblem(error)}`);
      isSaveBroken = true;
    }
  };

  const print = (entry: LogEntry): void => {
    const line = { entry, captureId: linker.find(entry) };
    const view = { style: terminal.style, isUtc: terminal.isUtc, now: client.serverNow() };
    if (terminal.isJson) terminal.json(attemptToJson(line));
    else terminal.data(formatAttempt(line, view));
  };

  /** Prints an attempt and notes it once stdout has taken it; what to do then. */
  const show = async (entry: LogEntry): Promise<Next> => {
    const isMatching = matchesFilter(entry, filter);
    if (isMatching) print(entry);
    await terminal.taken();
    const isStopped = context.interrupt.aborted;
    // Nobody knows what a reader that left has read: --resume shows it once more.
    if (isStopped && context.stoppedBy() === null) return 'stop';
    tracker.shown(entry);
    isChanged = true;
    shownUpTo = entry.attempt.at;
    const isFailure = flags.exitOnFailure === true && isMatching && entry.state === 'failed';
    if (!isFailure && !isStopped) return 'go_on';
    save();
    return isFailure ? 'fail' : 'stop';
  };

  const handle = (event: Exclude<TailEvent, { type: 'attempt' }>): void => {
    switch (event.type) {
      case 'caught_up':
        shownUpTo = null;
        save();
        return;
      case 'problems':
        reportProblems(event.problems);
        return;
      case 'lost':
        terminal.info(safeText(`${event.error.message}; trying on until it answers`));
        return;
      case 'back':
        terminal.info(`the API answers again after ${formatDuration(event.afterMs)}`);
        return;
      case 'catching_up':
        terminal.info(
          `catching up: ${formatCount(event.deliveries, 'delivery', 'deliveries')} so far`,
        );
    }
  };

  terminal.info(
    terminal.errorStyle.dim(`watching ${url} every ${formatDuration(intervalMs)}; Ctrl-C ends it`),
  );
  const events = tail({
    client,
    tracker,
    backlog,
    start: chooseStart(limit, filter.since, cursor),
    intervalMs,
    now: context.now,
    sleep: context.sleep,
    random: () => context.randomBytes(4).readUInt32LE() / 2 ** 32,
    signal: context.interrupt,
  });
  try {
    for await (const event of events) {
      if (event.type !== 'attempt') {
        handle(event);
        continue;
      }
      const next = await show(event.entry);
      if (next === 'fail') return EXIT_CHECK_FAILED;
      if (next === 'stop') break;
    }
  } finally {
    backlog.close();
    linker.close();
  }
  return EXIT_SUCCESS;
}

function readInterval(text: string): number {
  const intervalMs = parseDuration(text, '--interval');
  if (intervalMs >= SHORTEST_INTERVAL_MS) return intervalMs;
  throw new RelyableError(
    'USAGE',
    `--interval: expected at least ${SHORTEST_INTERVAL_MS}ms, got "${text}"`,
  );
}

/** The cursor of this profile, unless it is of another API. */
function readUsableCursor(
  { terminal }: Invocation<LogsTailFlags>,
  file: string,
  url: string,
): Cursor | undefined {
  const cursor = readCursor(file);
  if (cursor === undefined) terminal.warn('--resume: no tail of this profile ended yet');
  else if (cursor.apiUrl === url) return cursor;
  else terminal.warn(`--resume: the last tail of this profile read ${cursor.apiUrl}, not ${url}`);
  return undefined;
}

function chooseStart(
  limit: number,
  since: number | undefined,
  cursor: Cursor | undefined,
): TailStart {
  if (cursor !== undefined) return { kind: 'resume', unshownFrom: cursor.unshownFrom };
  if (since !== undefined) return { kind: 'since', time: since };
  return { kind: 'last', count: limit };
}
