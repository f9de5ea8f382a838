import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { openCaptures } from '../kit/open-captures.ts';
import type { CapturesPruneOptions } from './options.ts';
import { pruneView } from './view.ts';

/** Removes the oldest captures. */
export async function run(invocation: Invocation<CapturesPruneOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const { olderThan, keep } = options;
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
  const removed = store.prune({
    ...(olderThan === undefined ? {} : { before: context.now() - olderThan }),
    ...(keep === undefined ? {} : { keep }),
  });
  store.close();
  terminal.show(pruneView(removed, file));
  return EXIT_SUCCESS;
}
