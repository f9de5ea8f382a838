import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { openCaptures } from '../kit/open-captures.ts';
import { readFilter } from './capture-filter.ts';
import type { CapturesListOptions } from './options.ts';
import { showCapture } from './show-capture.ts';
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
      await showCapture(terminal, capture, captureLineView(capture, context.now()));
      count += 1;
    }
    if (count === 0) terminal.info('no matching captures');
  } finally {
    reader.close();
  }
  return EXIT_SUCCESS;
}
