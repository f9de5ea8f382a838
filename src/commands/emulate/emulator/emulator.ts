import type { Sender } from '../../../http/client/send.ts';
import { RelyableError } from '../../../errors.ts';
import type { EventType } from '../../../relyable/event-type.ts';
import type { RetryReading, Speed } from '../../../relyable/retry.ts';
import { type Clock, createVirtualClock } from './clock.ts';
import { DeliveryLog, type DeliveryRecord } from './delivery-log.ts';
import {
  ALL_EVENTS,
  createEndpointRegistry,
  type Endpoint,
  type EndpointJournal,
  type EndpointRegistry,
  refuseEndpointUrl,
} from './endpoints.ts';
import { type DeliveryJournal, Engine } from './engine.ts';
import type { EmulatorEvent } from './events.ts';
import { createFaultPlan, type Fault } from './faults.ts';
import { createHandler, type Handler } from './handler.ts';
import { createId } from './create-id.ts';
import { createRateLimiter } from './rate-limiter.ts';
import { makeTestEvent } from './test-event.ts';

/** State of an earlier run, and the journal that stores that of this one. */
export interface EmulatorMemory {
  readonly endpoints: readonly Endpoint[];
  readonly deliveries: readonly DeliveryRecord[];
  readonly journal: EndpointJournal & DeliveryJournal;
}

export interface EmulatorOptions {
  /** The real clock; at speed `instant` a virtual one runs on it. */
  readonly clock: Clock;
  readonly speed: Speed;
  readonly reading: RetryReading;
  readonly sender: Sender;
  /** Attempts in flight to each endpoint. */
  readonly concurrency: number;
  readonly userAgent: string;
  /** From 0 up to 1: ids, samples and faults follow from it. */
  random(): number;
  readonly apiKey?: string;
  /** API requests per minute. */
  readonly rateLimit: number;
  readonly faults: readonly Fault[];
  emit(event: EmulatorEvent): void;
  readonly memory?: EmulatorMemory;
}

export interface Emulator {
  readonly handler: Handler;
  readonly engine: Engine;
  readonly endpoints: EndpointRegistry;
  readonly log: DeliveryLog;
  /** Registers a URL for all events; returns the endpoint that has the URL already, if any. */
  register(url: string, secret: string): Promise<Endpoint>;
  /** Sends one test event to each endpoint that is registered for its type. */
  send(type: EventType): Promise<void>;
}

/** A Relyable in this process: API, delivery engine and state. */
export function createEmulator(options: EmulatorOptions): Emulator {
  const { random, memory } = options;
  const clock = options.speed === 'instant' ? createVirtualClock(options.clock) : options.clock;
  const log = new DeliveryLog();
  const endpoints = createEndpointRegistry(memory?.endpoints, memory?.journal);
  const newId = (prefix: string): string => createId(prefix, random);
  const engine = new Engine({
    ...options,
    clock,
    speed: options.speed === 'instant' ? 1 : options.speed,
    log,
    newId: () => newId('dlv'),
    findTarget: (id) => endpoints.get(id),
    ...(memory === undefined ? {} : { journal: memory.journal }),
  });
  for (const delivery of memory?.deliveries ?? []) log.add(delivery);
  engine.resume(memory?.deliveries ?? []);
  const nextSeed = (): number => Math.floor(random() * 2 ** 32);
  const handler = createHandler({
    clock,
    engine,
    log,
    endpoints,
    // The limit counts real minutes, even where the schedule's clock jumps.
    rateLimiter: createRateLimiter(options.rateLimit, options.clock.now),
    nextFaults: createFaultPlan(options.faults, random),
    apiKey: options.apiKey,
    newId,
    newSecret: () => createId('whsec', random),
    nextSeed,
  });
  return {
    handler,
    engine,
    endpoints,
    log,
    register: async (url, secret) => {
      const refusal = refuseEndpointUrl(url);
      if (refusal !== undefined) throw new RelyableError('USAGE', `--endpoint: ${refusal}`);
      const known = endpoints.list().find((endpoint) => endpoint.url === url);
      if (known !== undefined) return known;
      const createdAt = Math.floor(clock.now());
      const endpoint = { id: newId('wh'), url, events: ALL_EVENTS, secret, createdAt };
      await endpoints.add(endpoint);
      return endpoint;
    },
    send: async (type) => {
      const body = makeTestEvent(type, nextSeed(), clock.now());
      const interested = endpoints.list().filter(({ events }) => events.includes(type));
      await Promise.all(interested.map((endpoint) => engine.deliver(endpoint, body)));
    },
  };
}
