import { orMissing } from './library.ts';
import type { RelayEvent } from './relay-events.ts';

/** The metrics of the relay in the text format of Prometheus. */
export interface RelayMetrics {
  readonly contentType: string;
  observe(event: RelayEvent): void;
  text(): Promise<string>;
}

/** The values that are read when the metrics are scraped. */
export interface Gauges {
  isConnected(): boolean;
  pendingBytes(): number;
}

/** The histogram buckets of the time from the request to the stream's acknowledgement, seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

export async function createMetrics(gauges: Gauges): Promise<RelayMetrics> {
  const { Counter, Gauge, Histogram, Registry } = await orMissing(
    'prom-client',
    () => import('prom-client'),
  );
  const registry = new Registry();
  const registers = [registry];
  const requests = new Counter({
    name: 'relyable_relay_requests_total',
    help: 'Requests by their result: stored, duplicate, or the status they were refused with',
    labelNames: ['result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'relyable_relay_store_seconds',
    help: 'From the complete request to the answer, for requests that were stored',
    buckets: BUCKETS,
    registers,
  });
  const reconnects = new Counter({
    name: 'relyable_relay_connections_lost_total',
    help: 'How often the connection to NATS was lost',
    registers,
  });
  void new Gauge({
    name: 'relyable_relay_connected',
    help: 'Whether the relay is connected to NATS',
    registers,
    collect() {
      this.set(gauges.isConnected() ? 1 : 0);
    },
  });
  void new Gauge({
    name: 'relyable_relay_pending_bytes',
    help: 'Bytes of bodies that wait for the acknowledgement of the stream',
    registers,
    collect() {
      this.set(gauges.pendingBytes());
    },
  });
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    observe: (event) => {
      if (event.type === 'relayed') {
        requests.inc({ result: event.isDuplicate ? 'duplicate' : 'stored' });
        seconds.observe(event.durationMs / 1000);
      } else if (event.type === 'refused') requests.inc({ result: String(event.status) });
      else if (event.type === 'source' && event.state === 'down') reconnects.inc();
    },
  };
}
