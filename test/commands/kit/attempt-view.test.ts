import { Chalk } from 'chalk';
import { describe, expect, it } from 'vitest';
import { attemptView } from '../../../src/commands/kit/attempt-view.ts';
import type { Attempt, Delivery } from '../../../src/relyable/delivery.ts';
import type { LogEntry } from '../../../src/relyable/log-entries.ts';
import type { Terminal } from '../../../src/terminal/terminal.ts';
import { displayWidth } from '../../../src/terminal/width.ts';

const NOW = Date.UTC(2026, 0, 31, 10);

const attempt: Attempt = {
  attempt: 2,
  at: NOW,
  status: 500,
  responseBody: null,
  durationMs: 12,
  error: null,
};

const delivery: Delivery = {
  id: 'dlv_0123456789abcdef',
  eventId: null,
  event: 'test_case.critical_failure',
  endpoint: 'https://example.test/hook',
  state: 'retrying',
  requestBody: '{}',
  requestHeaders: {},
  attempts: [attempt],
  nextRetryAt: NOW + 30_000,
};

const retrying: LogEntry = { delivery, attempt, state: 'retrying', nextRetryAt: NOW + 30_000 };
const failed: LogEntry = {
  delivery,
  state: 'failed',
  nextRetryAt: null,
  attempt: {
    ...attempt,
    attempt: 5,
    status: null,
    durationMs: 10_000,
    error: 'the endpoint closed the connection before it had answered, after all of the request',
  },
};
const delivered: LogEntry = {
  delivery: { ...delivery, event: 'test_run.failed' },
  state: 'delivered',
  nextRetryAt: null,
  attempt: { ...attempt, attempt: 1, status: 200 },
};

function show(entry: LogEntry, columns: number, captureId: string | null = null): string[] {
  const style = new Chalk({ level: 0 });
  const look = { style, isUtc: true, columns, legible: (text: string) => text };
  const text = attemptView({ entry, captureId }, NOW).text(look as Terminal) ?? '';
  return text.split('\n');
}

describe('an attempt', () => {
  it('is one line in a pipe', () => {
    expect(show(retrying, Infinity, 'cap_0123456789abcdef')).toEqual([
      '10:00:00Z  ✗ 500   12 ms  2/5  test_case.critical_failure  dlv_0123456789abcdef  next retry in 30.0 s  cap_0123456789abcdef',
    ]);
    expect(show(delivered, Infinity)).toEqual([
      '10:00:00Z  ✓ 200   12 ms  1/5  test_run.failed             dlv_0123456789abcdef',
    ]);
  });

  it('fits 80 columns, what comes next below it', () => {
    expect(show(retrying, 80)).toEqual([
      '10:00:00Z  ✗ 500   12 ms  2/5  test_case.critical_failure  dlv_0123456789abcdef',
      '          next retry in 30.0 s',
    ]);
    expect(show(failed, 80)).toEqual([
      '10:00:00Z  ✗ no answer    5/5  test_case.critical_failure  dlv_0123456789abcdef',
      '          FAILED for good after 5 attempts',
      '          the endpoint closed the connection before it had answered, after all',
      '          of the request',
    ]);
  });

  it.each([80, 72, 66])('never cuts its id at %i columns', (columns) => {
    for (const entry of [retrying, failed, delivered]) {
      const lines = show(entry, columns, 'cap_0123456789abcdef');
      expect(lines[0]?.endsWith('  dlv_0123456789abcdef')).toBe(true);
      expect(Math.max(...lines.map(displayWidth))).toBeLessThanOrEqual(columns);
    }
  });
});
