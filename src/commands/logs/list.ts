import type { Invocation } from '../../invocation.ts';
import { parseInteger, parseSince } from '../../config/values.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { LogsListFlags } from './options.ts';
import { parseStatusFilter, type EntryFilter } from '../../relyable/log-entries.ts';
import { listEntries } from './pages/list.ts';
import { createPager } from './pages/pager.ts';
import { attemptToJson, formatAttempt } from '../kit/attempt-view.ts';
import { createProblemReporter, openApi, openCaptureLinker } from './log-source.ts';
import { loadLayers } from '../kit/invocation-config.ts';

/** The newest attempts of the delivery log. */
export async function run(invocation: Invocation<LogsListFlags>): Promise<number> {
  const { context, terminal, flags } = invocation;
  const limit = parseInteger(flags.limit ?? '25', '--limit', 1, 100_000);
  const filter = readEntryFilter(flags, context.now());
  const layers = await loadLayers(invocation);
  const { client } = await openApi(invocation, layers);
  const { entries, problems } = await listEntries(createPager(client), filter, limit);
  createProblemReporter(invocation)(problems);
  const linker = await openCaptureLinker(invocation, layers);
  try {
    const view = { style: terminal.style, isUtc: terminal.isUtc, now: client.serverNow() };
    for (const entry of entries) {
      const line = { entry, captureId: linker.find(entry) };
      if (terminal.isJson) terminal.json(attemptToJson(line));
      else terminal.data(formatAttempt(line, view));
      await terminal.taken();
      context.interrupt.throwIfAborted();
    }
  } finally {
    linker.close();
  }
  if (entries.length === 0) terminal.info('no attempts in the delivery log that fit');
  return EXIT_SUCCESS;
}

/** `--event`, `--status` and `--since`. */
export function readEntryFilter(
  flags: Pick<LogsListFlags, 'event' | 'status' | 'since'>,
  now: number,
): EntryFilter {
  return {
    ...(flags.event === undefined ? {} : { event: flags.event }),
    ...(flags.status === undefined ? {} : { status: parseStatusFilter(flags.status) }),
    ...(flags.since === undefined ? {} : { since: parseSince(flags.since, '--since', now) }),
  };
}
