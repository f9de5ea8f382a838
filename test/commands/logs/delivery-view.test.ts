import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { countDeliveries, DeliveryTable } from '../../../src/commands/logs/delivery-view.ts';
import type { Attempt, Delivery } from '../../../src/relyable/delivery.ts';

const NOW = Date.UTC(2026, 0, 31, 10);

function attempt(number: number, status: number | null, at = NOW): Attempt {
  return { attempt: number, at, status, responseBody: null, durationMs: 5, error: null };
}

function delivery(id: string, more: Partial<Delivery>): Delivery {
  return {
    id,
    eventId: null,
    event: 'test_run.completed',
    endpoint: 'https://example.test/hook',
    state: 'delivered',
    requestBody: '{}',
    requestHeaders: {},
    attempts: [attempt(1, 200)],
    nextRetryAt: null,
    ...more,
  };
}

const DELIVERIES = [
  delivery('dlv_0123456789abcdef', {}),
  delivery('dlv_abcdef0123456789', {
    event: 'test_case.critical_failure',
    state: 'retrying',
    attempts: [attempt(1, 500), attempt(2, null)],
    nextRetryAt: NOW + 5 * 60_000,
  }),
  delivery('dlv_00000000000000ff', { state: 'failed', attempts: [attempt(5, 503)] }),
  delivery('dlv_ffffffffffffffff', { state: 'pending', attempts: [] }),
];

function lines(deliveries: readonly Delivery[], columns: number, now = NOW): string[] {
  const terminal = { style: new Chalk({ level: 0 }), isUtc: true, columns };
  const table = new DeliveryTable(deliveries, terminal, now);
  return deliveries.map((each) => table.line(each));
}

describe('DeliveryTable', () => {
  it('aligns its columns', () => {
    expect(lines(DELIVERIES, Infinity)).toEqual([
      '✓ 200   1/5  10:00:00Z  test_run.completed          dlv_0123456789abcdef',
      '✗ none  2/5  10:00:00Z  test_case.critical_failure  dlv_abcdef0123456789  → 10:05',
      '✗ 503   5/5  10:00:00Z  test_run.completed          dlv_00000000000000ff  failed',
      '…       0/5             test_run.completed          dlv_ffffffffffffffff  pending',
    ]);
  });

  it('leaves out the seconds where the shortest event type is too long', () => {
    expect(lines(DELIVERIES.slice(1, 3), 60)).toEqual([
      '✗ none  2/5  10:00Z  …failure  dlv_abcdef0123456789  → 10:05',
      '✗ 503   5/5  10:00Z  …mpleted  dlv_00000000000000ff  failed',
    ]);
  });

  it('fits the terminal by shortening the event type, never the id', () => {
    for (const now of [NOW, NOW + 3 * 24 * 60 * 60_000]) {
      for (const line of lines(DELIVERIES, 80, now)) {
        expect(line.length).toBeLessThanOrEqual(80);
        expect(line).toMatch(/dlv_[0-9a-f]{16}/);
      }
    }
    expect(lines(DELIVERIES, 70)[1]).toContain('  …itical_failure  dlv_abcdef0123456789');
    expect(lines(DELIVERIES, 10)[1]).toContain('  …failure  dlv_abcdef0123456789');
  });

  it('shows the date of another day', () => {
    expect(lines(DELIVERIES.slice(0, 1), 80, NOW + 24 * 60 * 60_000)).toEqual([
      '✓ 200  1/5  01-31 10:00Z  test_run.completed  dlv_0123456789abcdef',
    ]);
  });

  it('shows what came from outside without control characters', () => {
    const [line] = lines([delivery('dlv_\u001B[2J', { event: 'a\nb' })], 80);
    expect(line).toBe('✓ 200  1/5  10:00:00Z  a\\nb  dlv_\\u{1b}[2J');
  });
});

it('counts deliveries by state, and those in trouble by endpoint and status', () => {
  const other = delivery('dlv_1', { endpoint: null, state: 'failed', attempts: [] });
  expect(countDeliveries([...DELIVERIES, other])).toEqual({
    deliveries: 5,
    delivered: 1,
    pending: 1,
    retrying: 1,
    failed: 2,
    nextRetryAt: NOW + 5 * 60_000,
    byEndpoint: [
      {
        endpoint: 'https://example.test/hook',
        retrying: 1,
        failed: 1,
        statuses: { none: 1, 503: 1 },
      },
      { endpoint: '(unknown)', retrying: 0, failed: 1, statuses: {} },
    ],
  });
});
