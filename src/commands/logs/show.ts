import type { Invocation } from '../../invocation.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { LogsFlags } from './options.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { deliveryToJson, formatDelivery } from '../kit/attempt-view.ts';
import { createProblemReporter, openApi, openCaptureLinker } from './log-source.ts';
import { loadLayers } from '../kit/invocation-config.ts';

/** One delivery with all its attempts and its request. */
export async function run(invocation: Invocation<LogsFlags>): Promise<number> {
  const { terminal, args } = invocation;
  const [id, ...rest] = args;
  if (id === undefined || rest.length > 0) {
    throw new RelyableError('USAGE', 'logs show: expected one delivery id', {
      hint: 'relyable webhooks logs list shows the ids',
    });
  }
  const layers = await loadLayers(invocation);
  const { client } = await openApi(invocation, layers);
  const { delivery, problems } = await client.getDelivery(id);
  createProblemReporter(invocation)(problems);
  const linker = await openCaptureLinker(invocation, layers);
  try {
    const lines = entriesOf(delivery).map((entry) => ({ entry, captureId: linker.find(entry) }));
    const view = { style: terminal.style, isUtc: terminal.isUtc, now: client.serverNow() };
    if (terminal.isJson) terminal.json(deliveryToJson(delivery, lines));
    else terminal.data(formatDelivery(delivery, lines, view));
  } finally {
    linker.close();
  }
  return EXIT_SUCCESS;
}
