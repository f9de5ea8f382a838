import { expect, it } from 'vitest';
import {
  logsListCommand,
  logsShowCommand,
  logsTailCommand,
} from '../../../src/commands/logs/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

const api = { apiUrl: undefined, apiKeyFile: undefined, store: undefined };
const filter = { event: undefined, status: [], since: undefined };

it('has defaults', () => {
  expect(parseOptions(logsListCommand, [])).toEqual({
    ...api,
    ...filter,
    attempts: false,
    reverse: false,
    limit: 25,
  });
  expect(parseOptions(logsTailCommand, [])).toEqual({
    ...api,
    ...filter,
    limit: 10,
    interval: 5000,
    resume: false,
    exitOnFailure: false,
    expect: [],
    exitAfter: undefined,
    timeoutAfter: undefined,
  });
  expect(parseOptions(logsShowCommand, ['dlv_1'])).toEqual(api);
});

it('parses every value', () => {
  const now = Date.UTC(2026, 0, 31);
  const { since, status, ...options } = parseOptions(logsTailCommand, [
    '--since',
    '2h',
    '--status',
    '5xx,none',
    '--event',
    'test_run.failed',
    '--limit',
    '0',
    '--interval',
    '50ms',
    '--resume',
    '--exit-on-failure',
    '--store',
    'a.db',
    '--api-url',
    'http://127.0.0.1:4500/api?x=1',
    '--api-key-file',
    'key',
  ]);
  expect(since?.(now)).toBe(now - 2 * 60 * 60_000);
  expect(status).toHaveLength(1);
  expect(options).toMatchObject({
    event: 'test_run.failed',
    limit: 0,
    interval: 50,
    resume: true,
    exitOnFailure: true,
    store: 'a.db',
    apiKeyFile: 'key',
  });
  expect(options.apiUrl?.value.href).toBe('http://127.0.0.1:4500/api');
});

it.each([
  [['--interval', '10ms'], '--interval: expected at least 50ms, got "10ms"'],
  [['--limit', 'all'], '--limit'],
  [['--status', 'odd'], '--status'],
  [['--since', 'yesterday'], '--since'],
  [['--api-url', 'app.relyable.ai'], '--api-url: expected an http(s) URL'],
  [['--api-url', 'https://me:pw@app.relyable.ai'], '--api-url: a URL with a user name'],
  [['--interval', '1s', '--interval', '2s'], '--interval is given twice'],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(logsTailCommand, args)).toThrow(message);
});

it('lists at least one attempt, and needs the id of a delivery to show', () => {
  expect(() => parseOptions(logsListCommand, ['--limit', '0'])).toThrow('--limit');
  expect(() => parseOptions(logsShowCommand, [])).toThrow('delivery id');
});
