import { join } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import { formatDuration } from '../../terminal/format.ts';
import {
  createExpectationWatcher,
  type ExpectationWatcher,
} from '../kit/expectations/expectation-watcher.ts';
import { warnOfUnknownEvent } from '../kit/event-types.ts';
import type { Ending } from '../kit/expectations/expectations-view.ts';
import { interruptedCode, readConfig } from '../kit/invocation-config.ts';
import { readEntryFilter } from './entry-filter.ts';
import { createProblemReporter, openApi, openCaptureLinker } from '../kit/api.ts';
import type { LogsTailOptions } from './options.ts';
import { Backlog } from '../../relyable/api/backlog.ts';
import { type Cursor, cursorPath, CursorWriter, readCursor } from './pages/cursor.ts';
import { tail } from './pages/tail.ts';
import type { TailStart } from './pages/tail-events.ts';
import { Tracker } from './pages/tracker.ts';
import { TailOutput } from './tail-output.ts';

const WATCHED = { command: 'logs tail', one: 'attempt', many: 'attempts' };

/** Prints new attempts until it is stopped, an expectation or a time limit ends it, or a delivery failed. */
export async function run(invocation: Invocation<LogsTailOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  context.endWithReader();
  warnOfUnknownEvent(terminal, options.event);
  const filter = readEntryFilter(options, context.now());
  const watcher = createExpectationWatcher(invocation, WATCHED);
  for (const warning of watcher?.warnings ?? []) terminal.warn(warning);
  const config = await readConfig(invocation);
  const decided = new AbortController();
  void watcher?.decided.then((ending) => decided.abort(ending));
  const signal = AbortSignal.any([context.interrupt, decided.signal]);
  const { client, url } = await openApi(invocation, config, { signal, tellsWaitsOnce: true });
  const file = cursorFile(invocation);
  const cursor = options.resume ? readUsableCursor(invocation, file, url) : undefined;
  const start = chooseStart(options.limit, filter.since, cursor);
  const tracker = new Tracker(cursor?.state);
  const backlog = new Backlog(join(context.paths.data, `tail-backlog.${context.pid}`));
  const linker = await openCaptureLinker(invocation, config);
  const output = new TailOutput({
    invocation,
    client,
    tracker,
    filter,
    linker,
    cursor: new CursorWriter(file, url, context.pid, terminal.warn),
    watcher,
    beginsWithOld: start.kind === 'last',
    reportProblems: createProblemReporter(invocation),
  });
  const every = formatDuration(options.interval);
  terminal.info(terminal.errorStyle.dim(`watching ${url} every ${every}; Ctrl-C ends it`));
  watcher?.start();
  const events = tail({
    client,
    tracker,
    backlog,
    start,
    intervalMs: options.interval,
    now: context.now,
    sleep: context.sleep,
    random: () => context.randomBytes(4).readUInt32LE() / 2 ** 32,
    signal,
  });
  try {
    for await (const event of events) {
      const next = await output.handle(event);
      if (next === 'fail') return finish('failure', watcher, context);
      if (next === 'stop' || signal.aborted) break;
    }
    if (decided.signal.aborted) {
      output.end();
      return finish(decided.signal.reason as Ending, watcher, context);
    }
    return finish('signal', watcher, context);
  } finally {
    watcher?.cancel();
    backlog.close();
    linker.close();
  }
}

/** The exit code, once nothing more is read. */
function finish(
  ending: Ending,
  watcher: ExpectationWatcher | null,
  context: Invocation<unknown>['context'],
): number {
  const verdict = watcher?.finish(ending) ?? EXIT_SUCCESS;
  if (ending === 'failure') return EXIT_CHECK_FAILED;
  // Ctrl-C is how a tail without expectations is meant to end.
  return ending === 'signal' && watcher !== null ? interruptedCode(context) : verdict;
}

/** Each profile has its own place in the log. */
function cursorFile({ context, globals }: Invocation<unknown>): string {
  const profile = globals.profile ?? (context.env['RELYABLE_PROFILE'] || undefined);
  return cursorPath(context.paths.data, profile);
}

/** The cursor of this profile, unless it belongs to another API. */
function readUsableCursor(
  { terminal }: Invocation<LogsTailOptions>,
  file: string,
  url: string,
): Cursor | undefined {
  const cursor = readCursor(file);
  if (cursor === undefined) terminal.warn('--resume: this profile has no previous tail');
  else if (cursor.apiUrl === url) return cursor;
  else
    terminal.warn(`--resume: the previous tail of this profile read ${cursor.apiUrl}, not ${url}`);
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
