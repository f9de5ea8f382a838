import { describe, expect, it, onTestFinished } from 'vitest';
import { startAdminServer } from '../../src/relay/admin-server.ts';
import { createMetrics, type RelayMetrics } from '../../src/relay/metrics.ts';

const SIGNATURE = { valid: true, reason: 'ok' } as const;
const relayed = (isDuplicate: boolean, durationMs: number) =>
  ({
    type: 'relayed',
    at: 0,
    event: 'test_run.completed',
    subject: 'relyable.acme.test_run.completed',
    seq: 1,
    isDuplicate,
    signature: SIGNATURE,
    durationMs,
  }) as const;

interface Admin {
  readonly metrics: RelayMetrics;
  get(path: string, method?: string): Promise<Response>;
}

async function startAdmin(problem: string | null = null): Promise<Admin> {
  const metrics = await createMetrics({ isConnected: () => true, pendingBytes: () => 77 });
  const readiness = { problem: () => Promise.resolve(problem) };
  const server = await startAdminServer({ host: '127.0.0.1', port: 0 }, readiness, metrics);
  onTestFinished(() => server.close());
  return { metrics, get: (path, method = 'GET') => fetch(`${server.url}${path}`, { method }) };
}

describe("a relay's admin port", () => {
  it('answers /healthz 200 even where no request can be stored', async () => {
    const { get } = await startAdmin('there is no stream RELYABLE_acme');
    const health = await get('/healthz?probe=1');
    expect(health.status).toBe(200);
    expect(await health.json()).toEqual({ status: 'ok' });
    const ready = await get('/readyz');
    expect(ready.status).toBe(503);
    expect(await ready.json()).toEqual({
      status: 'not_ready',
      problem: 'there is no stream RELYABLE_acme',
    });
  });

  it('counts requests by result, and the time of those that were stored', async () => {
    const { metrics, get } = await startAdmin();
    metrics.observe(relayed(false, 4));
    metrics.observe(relayed(false, 40));
    metrics.observe(relayed(true, 4));
    metrics.observe({ type: 'refused', at: 0, status: 401, reason: 'forged' });
    const answer = await get('/metrics');
    expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    const lines = (await answer.text()).split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'relyable_relay_requests_total{result="stored"} 2',
        'relyable_relay_requests_total{result="duplicate"} 1',
        'relyable_relay_requests_total{result="401"} 1',
        'relyable_relay_store_seconds_bucket{le="0.005"} 2',
        'relyable_relay_store_seconds_bucket{le="0.05"} 3',
        'relyable_relay_store_seconds_count 3',
        'relyable_relay_connections_lost_total 0',
        'relyable_relay_connected 1',
        'relyable_relay_pending_bytes 77',
      ]),
    );
  });

  it.each([
    ['GET', '/', 404],
    ['GET', '/metrics/..%2f', 404],
    ['POST', '/metrics', 405],
    ['DELETE', '/readyz', 405],
    ['HEAD', '/healthz', 200],
  ])('answers %s %s with %i', async (method, path, status) => {
    const { get } = await startAdmin();
    expect((await get(path, method)).status).toBe(status);
  });
});
