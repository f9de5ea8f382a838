import type { Invocation } from '../../invocation.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { EVENT_TYPES, isEventType } from '../../relyable/event-type.ts';
import type { CaptureFilter } from '../../store/captures.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { openCaptures } from '../kit/open-captures.ts';
import type { CapturesListOptions } from './options.ts';
import { captureLineView } from './view.ts';

/** Lists the newest captures, newest first. */
export async function run(invocation: Invocation<CapturesListOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const filter = readFilter(invocation);
  const config = await readConfig(invocation);
  const reader = await openCaptures(config.storeFile());
  try {
    let count = 0;
    for (const capture of reader.newest(filter, options.limit)) {
      context.interrupt.throwIfAborted();
      terminal.show(captureLineView(capture));
      await terminal.taken();
      count += 1;
    }
    if (count === 0) terminal.info('no matching captures');
  } finally {
    reader.close();
  }
  return EXIT_SUCCESS;
}

function readFilter({
  context,
  terminal,
  options,
}: Invocation<CapturesListOptions>): CaptureFilter {
  const { event, invalid, failed, since } = options;
  const hint =
    event === undefined || isEventType(event) ? undefined : didYouMean(event, EVENT_TYPES);
  if (hint !== undefined) {
    terminal.warn(`--event ${event}: not a published event type; ${hint}`);
  }
  return {
    ...(event === undefined ? {} : { event }),
    ...(since === undefined ? {} : { since: since(context.now()) }),
    invalid,
    failed,
  };
}
