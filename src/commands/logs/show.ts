import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { Pager } from '../../relyable/api/pager.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { createProblemReporter, openApi, openCaptureLinker } from '../kit/api.ts';
import { deliveryLogView } from '../kit/attempt-view.ts';
import { readConfig } from '../kit/invocation-config.ts';
import type { LogsShowOptions } from './options.ts';
import { listDeliveries } from './pages/list.ts';

/** One delivery with all its attempts and its request. */
export async function run(invocation: Invocation<LogsShowOptions>): Promise<number> {
  const { terminal, args } = invocation;
  const [name = ''] = args;
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const id = name === 'last' ? await newestId(client) : name;
  const { delivery, problems } = await client.getDelivery(id);
  createProblemReporter(invocation)(problems);
  const linker = await openCaptureLinker(invocation, config);
  try {
    const lines = entriesOf(delivery).map((entry) => ({ entry, captureId: linker.find(entry) }));
    terminal.show(deliveryLogView(delivery, lines, client.serverNow()));
  } finally {
    linker.close();
  }
  return EXIT_SUCCESS;
}

/** Id of the delivery that began last; NOT_FOUND where the log is empty. */
async function newestId(client: ApiClient): Promise<string> {
  const { items } = await listDeliveries(new Pager(client), {}, 1);
  const [newest] = items;
  if (newest !== undefined) return newest.id;
  throw new RelyableError('NOT_FOUND', 'the delivery log is empty');
}
