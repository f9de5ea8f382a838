import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { formatCount } from '../../terminal/format.ts';
import { openApi } from '../kit/api.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { toFound } from '../../request/files/delivery-log.ts';
import { PayloadReader } from '../kit/payload-reader.ts';
import { replay, type Selected } from '../kit/replay-run.ts';
import type { LogsReplayOptions } from './options.ts';
import { compareStarts } from './pages/list.ts';
import { selectDeliveries } from './select-deliveries.ts';

/** Sends requests of the delivery log to the app, oldest first; each attempt is stored with its capture. */
export async function run(invocation: Invocation<LogsReplayOptions>): Promise<number> {
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const payloads = new PayloadReader(invocation.terminal, client);
  const code = await replay(invocation, config, {
    select: () => readSelected(invocation, client, payloads),
    overrides: [],
    // Replays do not appear in the log: without this, each run would send the same requests again.
    skipsDelivered: invocation.options.failed,
    nouns: ['delivery', 'deliveries'],
    none: 'nothing to send again',
  });
  if (payloads.missing === 0) return code;
  const what = formatCount(payloads.missing, 'delivery was', 'deliveries were');
  invocation.terminal.warn(`${what} not sent: the log does not have the payload`);
  return code === EXIT_SUCCESS ? EXIT_CHECK_FAILED : code;
}

/** The requests of the deliveries that are named, oldest first. */
async function* readSelected(
  invocation: Invocation<LogsReplayOptions>,
  client: ApiClient,
  payloads: PayloadReader,
): AsyncGenerator<Selected> {
  const deliveries = await selectDeliveries(invocation, client);
  for (const delivery of deliveries.toSorted(compareStarts)) {
    const whole = await payloads.read(delivery);
    const found = whole === null ? null : toFound(whole);
    if (found !== null) yield { found };
  }
}
