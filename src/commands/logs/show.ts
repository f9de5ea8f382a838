import { EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { createProblemReporter, openApi, openCaptureLinker } from '../kit/api.ts';
import { deliveryLogView } from '../kit/attempt-view.ts';
import { readConfig } from '../kit/invocation-config.ts';
import type { LogsShowOptions } from './options.ts';
import { readDelivery } from './read-delivery.ts';

/** One delivery with all its attempts and its request. */
export async function run(invocation: Invocation<LogsShowOptions>): Promise<number> {
  const { terminal, args } = invocation;
  const [name = ''] = args;
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const delivery = await readDelivery(client, name, createProblemReporter(invocation));
  const linker = await openCaptureLinker(invocation, config);
  try {
    const lines = entriesOf(delivery).map((entry) => ({ entry, captureId: linker.find(entry) }));
    terminal.show(deliveryLogView(delivery, lines, client.serverNow()));
  } finally {
    linker.close();
  }
  return EXIT_SUCCESS;
}
