import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { type Delivery, startOf } from '../../relyable/delivery.ts';
import { payloadMissing, toFoundDelivery } from '../../request/files/delivery-log.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import { type ApiOptions, createProblemReporter, openApi } from './api.ts';
import type { InvocationConfig } from './invocation-config.ts';

/** Deliveries of the API's log as inputs. The API is asked only where an operand names one. */
export class LoggedDeliveries {
  private readonly invocation: Invocation<ApiOptions>;
  private readonly config: InvocationConfig<ApiOptions>;
  private client: ApiClient | undefined;

  constructor(invocation: Invocation<ApiOptions>, config: InvocationConfig<ApiOptions>) {
    this.invocation = invocation;
    this.config = config;
  }

  /**
   * The request of a delivery. NOT_FOUND for an unknown id, INPUT_UNREADABLE where the log does not have
   * the payload, NOT_AUTHENTICATED without an API key.
   */
  async read(id: string): Promise<FoundRequest> {
    this.client ??= (await openApi(this.invocation, this.config)).client;
    const { delivery, problems } = await this.client.getDelivery(id);
    createProblemReporter(this.invocation)(problems);
    const found = toFound(delivery);
    if (found === null) throw payloadMissing('the API', id);
    return found;
  }
}

/** The request of a delivery as an input; null where the log does not have its payload. */
export function toFound(delivery: Delivery): FoundRequest | null {
  const startedAt = startOf(delivery);
  return toFoundDelivery({
    ...delivery,
    startedAt: Number.isFinite(startedAt) ? startedAt : null,
  });
}
