import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { formatCount } from '../../terminal/format.ts';
import { createAsker } from '../kit/ask.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { openCaptures } from '../kit/open-captures.ts';
import type { CapturesPruneOptions } from './options.ts';
import { pruneView } from './view.ts';

/** Removes the oldest captures, once it is confirmed. */
export async function run(invocation: Invocation<CapturesPruneOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const { olderThan, keep, dryRun } = options;
  if (olderThan === undefined && keep === undefined) {
    throw new RelyableError('USAGE', 'expected --older-than <duration> or --keep <n>', {
      hint: 'relyable webhooks captures prune --older-than 30d',
    });
  }
  const config = await readConfig(invocation);
  const file = config.storeFile();
  // Opening a store for writing would create it; one that does not exist is an error here.
  (await openCaptures(file)).close();
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(file);
  try {
    const limit = {
      ...(olderThan === undefined ? {} : { before: context.now() - olderThan }),
      ...(keep === undefined ? {} : { keep }),
    };
    const count = store.prunable(limit);
    const isConfirmed = dryRun || count === 0 || options.yes || (await confirm(invocation, count));
    const removed = dryRun || !isConfirmed ? 0 : store.prune(limit);
    terminal.show(pruneView({ removed, matching: count, dryRun, store: file }));
  } finally {
    store.close();
  }
  return EXIT_SUCCESS;
}

/** Asks on a terminal; elsewhere USAGE. */
async function confirm(
  invocation: Invocation<CapturesPruneOptions>,
  count: number,
): Promise<boolean> {
  const what = formatCount(count, 'capture');
  const hint = 'add --yes to remove them, or --dry-run to see how many there are';
  if (!invocation.terminal.mayPrompt) {
    throw new RelyableError('USAGE', `not a terminal: expected --yes to remove ${what}`, { hint });
  }
  const asker = createAsker(invocation, hint);
  try {
    const answer = await asker.ask(`remove ${what} for good?`, 'no', (text) =>
      /^(y|yes|n|no)$/i.test(text) ? undefined : 'expected yes or no',
    );
    return /^y/i.test(answer);
  } finally {
    asker.close();
  }
}
