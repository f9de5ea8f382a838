import type { ApiClient, DeliveryPage, DeliveryQuery } from '../../src/relyable/api/client.ts';
import type { PageInfo } from '../../src/relyable/api/envelope.ts';
import { RelyableError } from '../../src/errors.ts';
import type { Attempt, Delivery } from '../../src/relyable/delivery.ts';
import { retryOffsetsMs } from '../../src/relyable/retry.ts';
import { START } from './emulator.ts';

export interface WorldOptions {
  readonly order: 'newest' | 'oldest' | 'shuffled';
  /** The server's own page size where it is smaller than what is asked for. */
  readonly pageCap: number;
  readonly info: 'none' | 'total' | 'has_more';
  /** Times are rounded down to a multiple of this, in ms. */
  readonly grainMs: number;
  /** From 0 up to 1. */
  random(): number;
  /** Probability that a request fails. */
  failures: number;
  /** At most this many new deliveries appear at one request. */
  burst: number;
  /** A delivery appears some seconds after its first attempt. */
  readonly isLate: boolean;
}

type LogRecord = { -readonly [Key in keyof Delivery]: Delivery[Key] } & {
  visibleAt: number;
  /** Its place in a shuffled log. */
  readonly rank: number;
};

/** A delivery log that changes while it is read. */
export interface LogWorld {
  readonly client: ApiClient;
  now: number;
  /** Makes the attempts that are due now. */
  step(): void;
  /** `<delivery> <attempt>` of every finished attempt. */
  attempts(): string[];
  requests: number;
  add(count: number): void;
}

/** With this many deliveries, no new ones appear by themselves. */
const MOST_DELIVERIES = 1000;
/** More than any test needs, so that a walk that does not end fails. */
const MOST_REQUESTS = 20_000;

const GAPS = retryOffsetsMs('gaps');

export function createLogWorld(options: WorldOptions): LogWorld {
  const records: LogRecord[] = [];
  const { random } = options;
  const grain = (time: number): number => Math.floor(time / options.grainMs) * options.grainMs;
  let made = 0;

  const tryOnce = (record: LogRecord): void => {
    const attempt: Attempt = {
      attempt: record.attempts.length + 1,
      at: grain(world.now),
      status: random() < 0.4 ? 200 : 500,
      responseBody: null,
      durationMs: options.isLate ? null : Math.floor(random() * 50),
      error: null,
    };
    record.attempts = [...record.attempts, attempt];
    const gap = (GAPS[attempt.attempt] ?? 0) - (GAPS[attempt.attempt - 1] ?? 0);
    record.nextRetryAt = null;
    if (attempt.status === 200) record.state = 'delivered';
    else if (attempt.attempt === 5) record.state = 'failed';
    else {
      record.state = 'retrying';
      record.nextRetryAt = world.now + gap;
    }
  };

  const add = (count: number): void => {
    for (let i = 0; i < count; i++) {
      made += 1;
      const record: LogRecord = {
        id: `d${made}`,
        rank: hash(`d${made}`),
        eventId: null,
        event: 'test_run.failed',
        endpoint: 'https://example.test/',
        state: 'pending',
        requestBody: null,
        requestHeaders: {},
        attempts: [],
        nextRetryAt: null,
        visibleAt: world.now + (options.isLate ? Math.floor(random() * 20_000) : 0),
      };
      records.push(record);
      if (options.isLate || random() < 0.8) tryOnce(record);
    }
  };

  const ordered = (): LogRecord[] => {
    const visible = records.filter(({ visibleAt }) => visibleAt <= world.now);
    if (options.order === 'newest') return visible.toReversed();
    if (options.order === 'oldest') return visible;
    return visible.sort((a, b) => a.rank - b.rank);
  };

  const pageInfo = (limit: number, page: number, total: number): PageInfo => {
    if (options.info === 'total') return { limit, total };
    return options.info === 'has_more' ? { hasMore: page * limit < total } : {};
  };

  const arrive = (): void => {
    world.requests += 1;
    if (world.requests > MOST_REQUESTS) throw new Error('the tail does not stop reading');
    world.now += 5;
    if (random() < options.failures) {
      throw new RelyableError('UNREACHABLE', 'the API cannot be reached: test');
    }
    if (made < MOST_DELIVERIES && random() < 0.2) add(Math.floor(random() * (options.burst + 1)));
  };

  const world: LogWorld = {
    now: START,
    requests: 0,
    add,
    step: () => {
      for (const record of records) {
        const isDue = record.nextRetryAt !== null && record.nextRetryAt <= world.now;
        if (isDue || record.state === 'pending') tryOnce(record);
      }
    },
    attempts: () =>
      records.flatMap(({ id, attempts }) => attempts.map(({ attempt }) => `${id} ${attempt}`)),
    client: {
      resend: async () => null,
      serverNow: () => world.now,
      listDeliveries: async ({ page, limit, state }: DeliveryQuery): Promise<DeliveryPage> => {
        arrive();
        const size = Math.min(limit, options.pageCap);
        const all = ordered().filter((record) => state === undefined || record.state === state);
        const deliveries = all.slice((page - 1) * size, page * size).map(copy);
        const info = pageInfo(size, page, all.length);
        return { deliveries, problems: [], info, size: deliveries.length };
      },
      getDelivery: async (id) => {
        arrive();
        const record = records.find((candidate) => candidate.id === id);
        if (record === undefined) throw new RelyableError('NOT_FOUND', id);
        return { delivery: copy(record), problems: [] };
      },
    },
  };
  return world;
}

/** A record as it is now; its attempts are never changed in place. */
const copy = (record: LogRecord): LogRecord => ({ ...record });

function hash(text: string): number {
  let value = 7;
  for (const char of text) value = (Math.imul(value, 31) + char.charCodeAt(0)) >>> 0;
  return Math.imul(value, 0x9e3779b1) >>> 0;
}
