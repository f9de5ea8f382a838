import type { Invocation } from '../../invocation.ts';
import { parseAge, parseInteger } from '../../config/values.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { CapturesPruneFlags } from './options.ts';
import { formatCount } from '../../terminal/format.ts';
import { loadLayers, storeFile } from '../kit/invocation-config.ts';
import { openCaptures } from '../kit/open-captures.ts';

/** Removes the oldest captures. */
export async function run(invocation: Invocation<CapturesPruneFlags>): Promise<number> {
  const { context, terminal, flags } = invocation;
  const { olderThan, keep } = flags;
  if (olderThan === undefined && keep === undefined) {
    throw new RelyableError('USAGE', 'expected --older-than <duration> or --keep <n>', {
      hint: 'relyable webhooks captures prune --older-than 30d',
    });
  }
  const limit = {
    ...(olderThan === undefined
      ? {}
      : { before: context.now() - parseAge(olderThan, '--older-than') }),
    ...(keep === undefined ? {} : { keep: parseInteger(keep, '--keep', 0, 1_000_000_000) }),
  };
  const file = storeFile(invocation, await loadLayers(invocation));
  // A store that is not there is not made.
  (await openCaptures(file)).close();
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(file);
  const removed = store.prune(limit);
  store.close();
  if (terminal.isJson) terminal.json({ type: 'prune', v: 1, removed, store: file });
  else terminal.data(`removed ${formatCount(removed, 'capture')}`);
  return EXIT_SUCCESS;
}
