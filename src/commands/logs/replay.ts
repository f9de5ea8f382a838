import { EXIT_CHECK_FAILED, EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { readWhole } from '../../relyable/api/whole-delivery.ts';
import { type Delivery, startOf } from '../../relyable/delivery.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { openApi } from '../kit/api.ts';
import { readConfig } from '../kit/invocation-config.ts';
import { toFound } from '../kit/logged-deliveries.ts';
import { replay, type Selected } from '../kit/replay-run.ts';
import type { LogsReplayOptions } from './options.ts';
import { selectDeliveries } from './select-deliveries.ts';

/** Deliveries without a payload that are named; the last warning counts all. */
const NAMED_WITHOUT_PAYLOAD = 5;

/** Sends the requests of the delivery log to the app, oldest first; each is stored as of the log. */
export async function run(invocation: Invocation<LogsReplayOptions>): Promise<number> {
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const selection = new LoggedSelection(invocation, client);
  const code = await replay(invocation, config, {
    select: () => selection.read(),
    overrides: [],
    // The log does not know of a replay: without this, each run would send the same again.
    skipsDelivered: invocation.options.failed,
    nouns: ['delivery', 'deliveries'],
    none: 'nothing to send again',
    example: 'relyable webhooks logs replay --failed',
  });
  if (selection.skipped === 0) return code;
  const what = formatCount(selection.skipped, 'delivery was', 'deliveries were');
  invocation.terminal.warn(`${what} not sent: the log does not have the payload`);
  return code === EXIT_SUCCESS ? EXIT_CHECK_FAILED : code;
}

/** The deliveries that are named, oldest first, with their payloads. */
class LoggedSelection {
  /** Deliveries whose payload the log does not have. */
  skipped = 0;
  private readonly invocation: Invocation<LogsReplayOptions>;
  private readonly client: ApiClient;

  constructor(invocation: Invocation<LogsReplayOptions>, client: ApiClient) {
    this.invocation = invocation;
    this.client = client;
  }

  async *read(): AsyncGenerator<Selected> {
    const deliveries = await selectDeliveries(this.invocation, this.client);
    for (const delivery of deliveries.toSorted(byStart)) {
      const whole = await readWhole(this.client, delivery);
      const found = whole === null ? null : toFound(whole);
      if (found === null) this.skip(delivery);
      else yield { found };
    }
  }

  private skip({ id }: Delivery): void {
    this.skipped += 1;
    if (this.skipped > NAMED_WITHOUT_PAYLOAD) return;
    this.invocation.terminal.warn(`${safeLine(id)}: the log does not have its payload`);
  }
}

/** Those that were not attempted yet have no start; they come last. */
function byStart(a: Delivery, b: Delivery): number {
  const [one, other] = [startOf(a), startOf(b)];
  return one === other ? 0 : one - other;
}
