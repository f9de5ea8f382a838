import { RelyableError } from '../errors.ts';
import type { ApiClient } from '../relyable/api/client.ts';
import { type LogPage, Pager } from '../relyable/api/pager.ts';
import { deliveredEventId } from '../relyable/capture-link.ts';
import type { Delivery } from '../relyable/delivery.ts';
import { LONGEST_SCHEDULE_MS } from '../relyable/log-entries.ts';
import { fetchThrough } from '../relyable/api/proxy.ts';
import { VERSION } from '../version.ts';
import type { ApiAccess, InspectorWorld } from './inspector-options.ts';

/** How long the deliveries of one walk through the log are used, ms. */
const FRESH_MS = 10_000;
/** The most pages of one walk: with `FRESH_MS`, at most 30 requests a minute. */
const MAX_PAGES = 5;
/** The time limit of one page, ms. A search that took as long reads no further page. */
const TIMEOUT_MS = 5000;
/** The longest wait for the rate limit, ms: a person is looking. */
const MAX_WAIT_MS = 1000;

type Log = Pick<ApiClient, 'listDeliveries'>;

export interface FoundDeliveries {
  readonly deliveries: readonly Delivery[];
  /** How many of the newest deliveries were looked through. */
  readonly searched: number;
  /** Whether those are all in which the event can be. */
  readonly isComplete: boolean;
}

/** One walk through the log from its newest delivery on, as far as it was needed. */
class Walk {
  readonly startedAt: number;
  private readonly pages: AsyncGenerator<LogPage>;
  private readonly byEvent = new Map<string, Map<string, Delivery>>();
  private readonly ids = new Set<string>();
  private pagesRead = 0;
  /** Every delivery whose first attempt began after this time is known, ms since 1970. */
  private unreadUntil = Infinity;

  constructor(client: Log, startedAt: number) {
    this.pages = new Pager(client).walk();
    this.startedAt = startedAt;
  }

  /** Reads on until the deliveries of an event received then must have been seen. */
  async find(eventId: string, receivedAt: number, isLate: () => boolean): Promise<FoundDeliveries> {
    const isComplete = (): boolean => this.unreadUntil < receivedAt - LONGEST_SCHEDULE_MS;
    const isWanted = (): boolean =>
      !isComplete() && !this.byEvent.has(eventId) && this.pagesRead < MAX_PAGES;
    while (isWanted() && !isLate()) await this.readPage();
    const deliveries = [...(this.byEvent.get(eventId)?.values() ?? [])];
    return { deliveries, searched: this.ids.size, isComplete: isComplete() };
  }

  private async readPage(): Promise<void> {
    const next = await this.pages.next();
    this.pagesRead += 1;
    if (next.done === true) {
      this.unreadUntil = -Infinity;
      return;
    }
    const { deliveries, isOrdered, isLast } = next.value;
    for (const delivery of deliveries) {
      this.ids.add(delivery.id);
      const eventId = deliveredEventId(delivery);
      if (eventId === null) continue;
      const known = this.byEvent.get(eventId) ?? new Map<string, Delivery>();
      this.byEvent.set(eventId, known.set(delivery.id, delivery));
    }
    const firsts = deliveries.flatMap(({ attempts }) => attempts[0]?.at ?? []);
    if (isLast) this.unreadUntil = -Infinity;
    else if (isOrdered && firsts.length > 0) this.unreadUntil = Math.max(...firsts);
  }
}

/**
 * Finds the deliveries of an event in the API's log. One walk through the log serves the searches of
 * some seconds, and a failure is remembered as long: looking through many captures asks little.
 */
export class DeliverySearch {
  private readonly world: InspectorWorld;
  private readonly connect: () => Promise<Log>;
  private log: Log | undefined;
  private walk: Walk | undefined;
  private failure: { readonly error: unknown; readonly at: number } | undefined;
  /** Searches take turns: what one has read, the next one need not. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(api: ApiAccess, world: InspectorWorld) {
    this.world = world;
    this.connect = () => connect(api, world);
  }

  /** The deliveries of the event of a capture that was received then; rejects with a RelyableError. */
  find(eventId: string, receivedAt: number): Promise<FoundDeliveries> {
    const found = this.last.then(() => this.search(eventId, receivedAt));
    this.last = found.catch(() => undefined);
    return found;
  }

  private async search(eventId: string, receivedAt: number): Promise<FoundDeliveries> {
    const { world, failure } = this;
    const startedAt = world.now();
    if (failure !== undefined && startedAt - failure.at < FRESH_MS) throw failure.error;
    try {
      this.log ??= await this.connect();
      // What was received after a walk began cannot be in it.
      const isFresh = (walk: Walk): boolean =>
        startedAt - walk.startedAt < FRESH_MS && walk.startedAt >= receivedAt;
      if (this.walk === undefined || !isFresh(this.walk)) this.walk = new Walk(this.log, startedAt);
      return await this.walk.find(eventId, receivedAt, () => world.now() - startedAt > TIMEOUT_MS);
    } catch (error) {
      this.walk = undefined;
      this.failure = { error, at: world.now() };
      throw error;
    }
  }
}

/** The client loads zod, which only this needs. */
async function connect(
  { url, deliveriesPath, key, proxy }: ApiAccess,
  world: InspectorWorld,
): Promise<Log> {
  const { createApiClient } = await import('../relyable/api/client.ts');
  return createApiClient({
    fetch: await fetchThrough(world.fetch, proxy),
    baseUrl: new URL(url),
    deliveriesPath,
    key,
    userAgent: `relyable-cli/${VERSION}`,
    timeoutMs: TIMEOUT_MS,
    tries: 1,
    now: world.now,
    sleep: (ms) => {
      if (ms <= MAX_WAIT_MS) return world.sleep(ms);
      const seconds = Math.ceil(ms / 1000);
      const message = `the API's rate limit is nearly used up; it can be asked again in ${seconds} s`;
      return Promise.reject(new RelyableError('API_ERROR', message));
    },
    random: () => world.randomBytes(4).readUInt32LE() / 2 ** 32,
  });
}
