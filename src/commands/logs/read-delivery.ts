import { RelyableError } from '../../errors.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { Pager } from '../../relyable/api/pager.ts';
import type { WireProblem } from '../../relyable/api/wire.ts';
import type { Delivery } from '../../relyable/delivery.ts';
import { listDeliveries } from './pages/list.ts';

/**
 * The delivery with this id, or the newest for `last`. NOT_FOUND for an unknown id, and for `last`
 * if the log is empty. Invalid fields in the answer are passed to `reportProblems`.
 */
export async function readDelivery(
  client: ApiClient,
  name: string,
  reportProblems: (problems: readonly WireProblem[]) => void,
): Promise<Delivery> {
  const id = name === 'last' ? await newestId(client) : name;
  const { delivery, problems } = await client.getDelivery(id);
  reportProblems(problems);
  return delivery;
}

/** Id of the delivery that began last. */
async function newestId(client: ApiClient): Promise<string> {
  const { items } = await listDeliveries(new Pager(client), {}, 1);
  const [newest] = items;
  if (newest !== undefined) return newest.id;
  throw new RelyableError('NOT_FOUND', 'the delivery log is empty');
}
