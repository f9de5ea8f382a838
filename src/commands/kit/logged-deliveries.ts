import type { Invocation } from '../../invocation.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import type { ApiOptions } from './api.ts';
import type { InvocationConfig } from './invocation-config.ts';

/**
 * Deliveries of the API's log as inputs. The API client is loaded only when an operand names a delivery.
 */
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
    const { createProblemReporter, openApi } = await import('./api.ts');
    const { payloadMissing, toFound } = await import('../../request/files/delivery-log.ts');
    this.client ??= (await openApi(this.invocation, this.config)).client;
    const { delivery, problems } = await this.client.getDelivery(id);
    createProblemReporter(this.invocation)(problems);
    const found = toFound(delivery);
    if (found === null) throw payloadMissing('the API', id);
    return found;
  }
}
