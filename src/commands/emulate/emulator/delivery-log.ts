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

/** Finished deliveries beyond this number are removed, the oldest first. */
export const MAX_REMEMBERED = 100_000;

/** The deliveries of the emulator, in the order in which they began. */
export class DeliveryLog {
  private readonly maxRemembered: number;
  private readonly byId = new Map<string, DeliveryRecord>();
  /** Oldest first; those before `first` are removed already. */
  private ordered: DeliveryRecord[] = [];
  private first = 0;

  constructor(maxRemembered = MAX_REMEMBERED) {
    this.maxRemembered = maxRemembered;
  }

  add(delivery: DeliveryRecord): void {
    this.ordered.push(delivery);
    this.byId.set(delivery.id, delivery);
    this.removeOldest();
  }

  get(id: string): DeliveryRecord | undefined {
    return this.byId.get(id);
  }

  /** Newest first; `total` counts all that pass the filters. */
  page(query: LogQuery): { deliveries: DeliveryRecord[]; total: number } {
    const isFiltered =
      query.event !== undefined || query.state !== undefined || query.since !== undefined;
    return isFiltered ? this.filteredPage(query) : this.plainPage(query);
  }

  all(): Iterable<DeliveryRecord> {
    return this.ordered.slice(this.first);
  }

  private plainPage({ page, limit }: LogQuery): { deliveries: DeliveryRecord[]; total: number } {
    const { ordered, first } = this;
    const end = Math.max(ordered.length - (page - 1) * limit, first);
    const start = Math.max(end - limit, first);
    return { deliveries: ordered.slice(start, end).reverse(), total: ordered.length - first };
  }

  private filteredPage(query: LogQuery): { deliveries: DeliveryRecord[]; total: number } {
    const from = (query.page - 1) * query.limit;
    const deliveries: DeliveryRecord[] = [];
    let total = 0;
    for (let i = this.ordered.length - 1; i >= this.first; i--) {
      const delivery = this.ordered[i];
      if (delivery === undefined || !passes(delivery, query)) continue;
      if (total >= from && deliveries.length < query.limit) deliveries.push(delivery);
      total += 1;
    }
    return { deliveries, total };
  }

  private removeOldest(): void {
    while (this.ordered.length - this.first > this.maxRemembered) {
      const oldest = this.ordered[this.first];
      // A delivery with attempts ahead is never removed, and neither are the deliveries after it.
      if (oldest === undefined || isOpen(oldest)) break;
      this.byId.delete(oldest.id);
      this.first += 1;
    }
    // From time to time, so that the array does not keep removed deliveries.
    if (this.first > this.maxRemembered / 10) {
      this.ordered = this.ordered.slice(this.first);
      this.first = 0;
    }
  }
}

function passes(delivery: Delivery, { event, state, since }: LogQuery): boolean {
  const firstAt = delivery.attempts[0]?.at ?? Infinity;
  return (
    (event === undefined || delivery.event === event) &&
    (state === undefined || delivery.state === state) &&
    (since === undefined || firstAt >= since)
  );
}
