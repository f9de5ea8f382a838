import { EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { Delivery } from '../../relyable/delivery.ts';
import { formatCount, wrapParts } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { View } from '../../terminal/terminal.ts';
import { openApi } from '../kit/api.ts';
import { readConfig } from '../kit/invocation-config.ts';
import type { LogsResendOptions } from './options.ts';
import { selectDeliveries } from './select-deliveries.ts';

/** Asks the API to send deliveries again, each as a new delivery. */
export async function run(invocation: Invocation<LogsResendOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const deliveries = await selectDeliveries(invocation, client);
  for (const delivery of deliveries) {
    const created = options.dryRun ? null : await client.resend(delivery.id);
    terminal.show(resendView(delivery, created, options.dryRun));
    await terminal.taken();
    context.interrupt.throwIfAborted();
  }
  terminal.note(summaryView(deliveries.length, options.dryRun));
  return EXIT_SUCCESS;
}

function summaryView(count: number, dryRun: boolean): View {
  const what = formatCount(count, 'delivery', 'deliveries');
  return {
    text: () => (dryRun ? `would ask for ${what} again` : `asked for ${what} again`),
    json: () => ({ type: 'summary', v: 1, deliveries: count, dryRun }),
  };
}

function resendView(delivery: Delivery, created: Delivery | null, dryRun: boolean): View {
  const { id, event, endpoint } = delivery;
  const as = created === null ? '' : `as ${safeLine(created.id)}`;
  return {
    text: ({ style, columns }) => {
      const name = style.bold(safeLine(event ?? '(no event)'));
      const what = `${dryRun ? 'would resend' : 'resent'}  ${safeLine(id)}  ${name}`;
      return wrapParts([what, `to ${safeLine(endpoint ?? '(unknown)')}`, as], '  ', columns);
    },
    json: () => ({
      type: 'resend',
      v: 1,
      deliveryId: id,
      newDeliveryId: created?.id ?? null,
      event,
      endpoint,
      dryRun,
    }),
  };
}
