import type { Context } from '../../system/context.ts';
import { openEndpointSecrets } from '../../config/endpoint-secrets.ts';
import type { EmulatorStore } from '../../store/emulator-store.ts';
import { isEventType } from '../../relyable/event-type.ts';
import { MAX_REMEMBERED } from './emulator/delivery-log.ts';
import type { EmulatorMemory } from './emulator/emulator.ts';

/**
 * The state of an earlier run, and the journal of this one. A store never contains a secret: the
 * secret of an endpoint is in a file of its own, unless it is the one that all endpoints have.
 */
export function createMemory(
  context: Context,
  store: EmulatorStore,
  commonSecret: string,
): EmulatorMemory {
  const secrets = openEndpointSecrets(context);
  return {
    endpoints: store.endpoints().map(({ id, url, events, createdAt }) => ({
      id,
      url,
      events: events.filter(isEventType),
      createdAt,
      secret: secrets.get(id) ?? commonSecret,
    })),
    deliveries: store.deliveries(MAX_REMEMBERED),
    journal: {
      addEndpoint: (endpoint) => {
        if (endpoint.secret !== commonSecret) secrets.set(endpoint.id, endpoint.secret);
        return store.addEndpoint(endpoint);
      },
      removeEndpoint: (id) => {
        secrets.remove(id);
        return store.removeEndpoint(id);
      },
      addDelivery: store.addDelivery,
      addAttempt: store.addAttempt,
      updateState: store.updateState,
    },
  };
}
