import type { Invocation } from '../../invocation.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { parseInteger, parseSince } from '../../config/values.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { CapturesListFlags } from './options.ts';
import { captureToJson, formatCaptureLine } from '../kit/capture-view.ts';
import type { CaptureFilter } from '../../store/captures.ts';
import { EVENT_TYPES, isEventType } from '../../relyable/event-type.ts';
import { loadLayers, storeFile } from '../kit/invocation-config.ts';
import { openCaptures } from '../kit/open-captures.ts';

/** The newest captures, newest first. */
export async function run(invocation: Invocation<CapturesListFlags>): Promise<number> {
  const { context, terminal, flags } = invocation;
  const filter = readFilter(invocation);
  const limit = parseInteger(flags.limit ?? '50', '--limit', 1, 1_000_000);
  const reader = await openCaptures(storeFile(invocation, await loadLayers(invocation)));
  try {
    let count = 0;
    for (const capture of reader.newest(filter, limit)) {
      context.interrupt.throwIfAborted();
      if (terminal.isJson) terminal.json(captureToJson(capture));
      else terminal.data(formatCaptureLine(capture, terminal));
      await terminal.taken();
      count += 1;
    }
    if (count === 0) terminal.info('no captures that fit');
  } finally {
    reader.close();
  }
  return EXIT_SUCCESS;
}

function readFilter({ context, terminal, flags }: Invocation<CapturesListFlags>): CaptureFilter {
  const { event, since } = flags;
  const hint =
    event === undefined || isEventType(event) ? undefined : didYouMean(event, EVENT_TYPES);
  if (hint !== undefined) {
    terminal.warn(`--event ${event}: not a published event type; ${hint}`);
  }
  return {
    ...(event === undefined ? {} : { event }),
    ...(flags.invalid === true ? { invalid: true } : {}),
    ...(flags.failed === true ? { failed: true } : {}),
    ...(since === undefined ? {} : { since: parseSince(since, '--since', context.now()) }),
  };
}
