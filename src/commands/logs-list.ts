import type { Invocation } from '../cli.ts';
import { parseInteger, parseSince } from '../config/values.ts';
import { EXIT_YES } from '../errors.ts';
import type { LogsListFlags } from '../flags/logs.ts';
import { parseStatusFilter, type EntryFilter } from '../logs/entries.ts';
import { listEntries } from '../logs/list.ts';
import { createPager } from '../logs/pager.ts';
import { attemptToJson, formatAttempt } from '../report/attempt.ts';
import { createProblemReporter, openApi, openCaptureLinker } from './api-setup.ts';
import { loadLayers } from './setup.ts';

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
  return EXIT_YES;
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
