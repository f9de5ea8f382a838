import { RelyableError } from '../../errors.ts';
import type { Delivery } from '../delivery.ts';
import { requestOf } from '../logged-request.ts';
import type { ApiClient } from './client.ts';

/**
 * A delivery of a list with its payload, which a list may leave out; null where the log does not have
 * it, or has removed the delivery meanwhile.
 */
export async function readWhole(
  client: Pick<ApiClient, 'getDelivery'>,
  listed: Delivery,
): Promise<Delivery | null> {
  if (requestOf(listed) !== null) return listed;
  try {
    const { delivery } = await client.getDelivery(listed.id);
    return requestOf(delivery) === null ? null : delivery;
  } catch (error) {
    if (error instanceof RelyableError && error.code === 'NOT_FOUND') return null;
    throw error;
  }
}
