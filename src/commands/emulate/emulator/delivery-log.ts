import { type Delivery, type DeliveryState, isOpen } from '../../../relyable/delivery.ts';

/** A delivery while it is worked on. */
export type DeliveryRecord = { -readonly [Key in keyof Delivery]: Delivery[Key] } & {
  readonly endpointId: string;
};

export interface LogQuery {
  /** From 1. */
  readonly page: number;
  readonly limit: number;
  readonly event?: string | undefined;
  readonly state?: DeliveryState | undefined;
  /** First attempt at or after, ms since 1970. */
  readonly since?: number | undefined;
}

/** Every delivery that is remembered. */
export interface DeliveryLog {
  add(delivery: DeliveryRecord): void;
  get(id: string): DeliveryRecord | undefined;
  /** Newest first; `total` counts all that pass the filters. */
  page(query: LogQuery): { deliveries: DeliveryRecord[]; total: number };
  all(): Iterable<DeliveryRecord>;
}

/** More finished deliveries than this are forgotten, the oldest first. */
export const MAX_KEPT = 100_000;

export function createDeliveryLog(maxKept = MAX_KEPT): DeliveryLog {
  let ordered: DeliveryRecord[] = [];
  let first = 0;
  const byId = new Map<string, DeliveryRecord>();

  const forgetOldest = (): void => {
    while (ordered.length - first > maxKept) {
      const oldest = ordered[first];
      // One that still has attempts to come is never forgotten, nor what came after it.
      if (oldest === undefined || isOpen(oldest)) break;
      byId.delete(oldest.id);
      first += 1;
    }
    // Now and then, so that the array does not keep what is forgotten.
    if (first > maxKept / 10) {
      ordered = ordered.slice(first);
      first = 0;
    }
  };

  return {
    add: (delivery) => {
      ordered.push(delivery);
      byId.set(delivery.id, delivery);
      forgetOldest();
    },
    get: (id) => byId.get(id),
    page: (query) => {
      const from = (query.page - 1) * query.limit;
      const isFiltered =
        query.event !== undefined || query.state !== undefined || query.since !== undefined;
      if (!isFiltered) {
        const end = Math.max(ordered.length - from, first);
        const start = Math.max(end - query.limit, first);
        return {
          deliveries: ordered.slice(start, end).reverse(),
          total: ordered.length - first,
        };
      }
      const deliveries: DeliveryRecord[] = [];
      let total = 0;
      for (let i = ordered.length - 1; i >= first; i--) {
        const delivery = ordered[i];
        if (delivery === undefined || !passes(delivery, query)) continue;
        if (total >= from && deliveries.length < query.limit) deliveries.push(delivery);
        total += 1;
      }
      return { deliveries, total };
    },
    all: () => ordered.slice(first),
  };
}

function passes(delivery: Delivery, { event, state, since }: LogQuery): boolean {
  const firstAt = delivery.attempts[0]?.at ?? Infinity;
  return (
    (event === undefined || delivery.event === event) &&
    (state === undefined || delivery.state === state) &&
    (since === undefined || firstAt >= since)
  );
}
