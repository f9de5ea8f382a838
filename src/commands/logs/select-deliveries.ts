import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { Pager } from '../../relyable/api/pager.ts';
import { deliveredEventId } from '../../relyable/capture-link.ts';
import { type Delivery, startOf } from '../../relyable/delivery.ts';
import { createProblemReporter } from '../kit/api.ts';
import type { LogsSelectOptions } from './options.ts';
import { listDeliveries } from './pages/list.ts';

/**
 * The deliveries that the operands name, in their order, or with --failed those that were given up,
 * oldest first. USAGE for both, or neither.
 */
export async function selectDeliveries(
  invocation: Invocation<LogsSelectOptions>,
  client: ApiClient,
): Promise<Delivery[]> {
  const { context, args, options } = invocation;
  const { failed, since } = options;
  if (args.length > 0 === failed) {
    throw new RelyableError('USAGE', 'expected delivery ids, or --failed', {
      hint: 'relyable webhooks logs list --status failed shows them',
    });
  }
  const reportProblems = createProblemReporter(invocation);
  if (!failed) {
    const deliveries: Delivery[] = [];
    for (const id of args) {
      const { delivery, problems } = await client.getDelivery(id);
      reportProblems(problems);
      deliveries.push(delivery);
    }
    return deliveries;
  }
  const filter = since === undefined ? {} : { since: since(context.now()) };
  const { items, problems } = await listDeliveries(new Pager(client), filter, Infinity);
  reportProblems(problems);
  return items.filter((delivery) => isLost(delivery, items)).toReversed();
}

/** Given up, and not sent again since: a resend is a delivery of its own. */
function isLost(delivery: Delivery, all: readonly Delivery[]): boolean {
  if (delivery.state !== 'failed') return false;
  const eventId = deliveredEventId(delivery);
  if (eventId === null) return true;
  return !all.some(
    (other) =>
      startOf(other) > startOf(delivery) &&
      other.endpoint === delivery.endpoint &&
      other.state !== 'failed' &&
      deliveredEventId(other) === eventId,
  );
}
