import type { Invocation } from '../cli.ts';
import { EXIT_YES, RelyableError } from '../errors.ts';
import type { LogsFlags } from '../flags/logs.ts';
import { entriesOf } from '../logs/entries.ts';
import { deliveryToJson, formatDelivery } from '../report/attempt.ts';
import { createProblemReporter, openApi, openCaptureLinker } from './api-setup.ts';
import { loadLayers } from './setup.ts';

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
  return EXIT_YES;
}
