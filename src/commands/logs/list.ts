import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { attemptView } from '../kit/attempt-view.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { readEntryFilter } from './entry-filter.ts';
import { createProblemReporter, openApi, openCaptureLinker } from '../kit/api.ts';
import type { LogsListOptions } from './options.ts';
import { listEntries } from './pages/list.ts';
import { Pager } from '../../relyable/api/pager.ts';

/** The newest attempts of the delivery log. */
export async function run(invocation: Invocation<LogsListOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const filter = readEntryFilter(options, context.now());
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const { entries, problems } = await listEntries(new Pager(client), filter, options.limit);
  createProblemReporter(invocation)(problems);
  const linker = await openCaptureLinker(invocation, config);
  try {
    for (const entry of entries) {
      terminal.show(attemptView({ entry, captureId: linker.find(entry) }, client.serverNow()));
      await terminal.taken();
      context.interrupt.throwIfAborted();
    }
  } finally {
    linker.close();
  }
  if (entries.length === 0) terminal.info('no matching attempts in the delivery log');
  return EXIT_SUCCESS;
}
