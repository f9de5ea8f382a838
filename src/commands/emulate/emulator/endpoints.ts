import { EVENT_TYPES, type EventType } from '../../../relyable/event-type.ts';
import { isLoopback } from '../../../http/loopback.ts';

/** A registered destination of events. */
export interface Endpoint {
  readonly id: string;
  readonly url: string;
  readonly events: readonly EventType[];
  /** ms since 1970. */
  readonly createdAt: number;
  readonly secret: string;
}

/** Stores endpoints for the next run. */
export interface EndpointJournal {
  addEndpoint(endpoint: Endpoint): Promise<void>;
  removeEndpoint(id: string): Promise<void>;
}

export interface EndpointRegistry {
  add(endpoint: Endpoint): Promise<void>;
  remove(id: string): Promise<boolean>;
  get(id: string): Endpoint | undefined;
  /** Oldest first. */
  list(): readonly Endpoint[];
}

export function createEndpointRegistry(
  known: Iterable<Endpoint> = [],
  journal?: EndpointJournal,
): EndpointRegistry {
  const endpoints = new Map(Array.from(known, (endpoint) => [endpoint.id, endpoint]));
  return {
    add: async (endpoint) => {
      await journal?.addEndpoint(endpoint);
      endpoints.set(endpoint.id, endpoint);
    },
    remove: async (id) => {
      if (!endpoints.has(id)) return false;
      await journal?.removeEndpoint(id);
      return endpoints.delete(id);
    },
    get: (id) => endpoints.get(id),
    list: () => [...endpoints.values()],
  };
}

/** Why a URL may not be an endpoint; undefined if it may: HTTPS, or HTTP on this machine. */
export function refuseEndpointUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return `expected a URL, got "${text}"`;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return 'a URL with a user name or password';
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url))) return undefined;
  return `webhook URLs must use HTTPS (plain HTTP only to this machine), got ${url.protocol}//${url.host}`;
}

export const ALL_EVENTS: readonly EventType[] = EVENT_TYPES;
