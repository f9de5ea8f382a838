import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { Pager } from '../../relyable/api/pager.ts';
import { deliveredEventId } from '../../relyable/capture-link.ts';
import type { Delivery } from '../../relyable/delivery.ts';
import { createProblemReporter } from '../kit/api.ts';
import type { LogsSelectOptions } from './options.ts';
import { listDeliveries } from './pages/list.ts';
import { readDelivery } from './read-delivery.ts';

/**
 * The deliveries that the operands name, in their order, or with --failed those that were given up,
 * oldest first. USAGE for operands with --failed, and without both.
 */
export async function selectDeliveries(
  invocation: Invocation<LogsSelectOptions>,
  client: ApiClient,
): Promise<Delivery[]> {
  const { context, args, options } = invocation;
  const { failed, since } = options;
  if (args.length > 0 === failed) {
    const got = failed ? ', got both' : '';
    throw new RelyableError('USAGE', `expected delivery ids, or --failed${got}`, {
      hint: 'relyable webhooks logs list --status failed shows them',
    });
  }
  const reportProblems = createProblemReporter(invocation);
  if (!failed) {
    const deliveries: Delivery[] = [];
    for (const id of args) {
      deliveries.push(await readDelivery(client, id, reportProblems));
    }
    return deliveries;
  }
  const filter = since === undefined ? {} : { since: since(context.now()) };
  const { items, problems } = await listDeliveries(new Pager(client), filter, Infinity);
  reportProblems(problems);
  return lostOf(items).toReversed();
}

/**
 * The deliveries that were given up and not sent again since. A resend is a new delivery of the same
 * event to the same endpoint. Only the newest delivery of an event counts, so that each is resent once.
 */
function lostOf(newestFirst: readonly Delivery[]): Delivery[] {
  const sentSince = new Set<string>();
  return newestFirst.filter((delivery) => {
    const eventId = deliveredEventId(delivery);
    if (eventId === null) return delivery.state === 'failed';
    const key = JSON.stringify([delivery.endpoint, eventId]);
    if (sentSince.has(key)) return false;
    sentSince.add(key);
    return delivery.state === 'failed';
  });
}
