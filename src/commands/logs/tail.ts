import { join } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import { formatDuration } from '../../terminal/format.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { readEntryFilter } from './entry-filter.ts';
import { createProblemReporter, openApi, openCaptureLinker } from '../kit/api.ts';
import type { LogsTailOptions } from './options.ts';
import { Backlog } from '../../relyable/api/backlog.ts';
import { type Cursor, cursorPath, CursorWriter, readCursor } from './pages/cursor.ts';
import { tail } from './pages/tail.ts';
import type { TailStart } from './pages/tail-events.ts';
import { Tracker } from './pages/tracker.ts';
import { TailOutput } from './tail-output.ts';

/** Prints new attempts until it is stopped, or with --exit-on-failure until a delivery failed. */
export async function run(invocation: Invocation<LogsTailOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  context.endWithReader();
  const filter = readEntryFilter(options, context.now());
  const config = await readConfig(invocation);
  const { client, url } = await openApi(invocation, config);
  const file = cursorFile(invocation);
  const cursor = options.resume ? readUsableCursor(invocation, file, url) : undefined;
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
    reportProblems: createProblemReporter(invocation),
  });
  const every = formatDuration(options.interval);
  terminal.info(terminal.errorStyle.dim(`watching ${url} every ${every}; Ctrl-C ends it`));
  const events = tail({
    client,
    tracker,
    backlog,
    start: chooseStart(options.limit, filter.since, cursor),
    intervalMs: options.interval,
    now: context.now,
    sleep: context.sleep,
    random: () => context.randomBytes(4).readUInt32LE() / 2 ** 32,
    signal: context.interrupt,
  });
  try {
    for await (const event of events) {
      const next = await output.handle(event);
      if (next !== 'continue') return next === 'fail' ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
    }
  } finally {
    backlog.close();
    linker.close();
  }
  return EXIT_SUCCESS;
}

/** Each profile has its own place in the log. */
function cursorFile({ context, globals }: Invocation<unknown>): string {
  const profile = globals.profile ?? (context.env['RELYABLE_PROFILE'] || undefined);
  return cursorPath(context.paths.data, profile);
}

/** The cursor of this profile, unless it is of another API. */
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
