import { expect, it } from 'vitest';
import { emulateCommand } from '../../../src/commands/emulate/options.ts';
import { EVENT_TYPES } from '../../../src/relyable/event-type.ts';
import { parseOptions } from '../../support/parse-options.ts';

const parse = (...args: string[]): ReturnType<typeof emulateCommand.read> =>
  parseOptions(emulateCommand, args);

it('has defaults', () => {
  expect(parse()).toEqual({
    endpoint: [],
    port: 4500,
    host: '127.0.0.1',
    speed: 1,
    apiKey: undefined,
    rateLimit: 1_000_000,
    faults: undefined,
    send: [],
    seed: undefined,
    readyFile: undefined,
    store: undefined,
    secret: [],
    secretFile: [],
  });
});

it('parses every value', () => {
  const { endpoint, ...options } = parse(
    '--endpoint',
    '4400',
    '--endpoint',
    'https://example.test/hook',
    '-p',
    '0',
    '--host',
    '[::1]',
    '--speed',
    '60x',
    '--api-key',
    'rk_1',
    '--seed',
    '7',
    '--rate-limit',
    '10',
    '--faults',
    '429:3,slow:2s:50%',
    '--store',
    'state.db',
  );
  expect(endpoint.map(({ href }) => href)).toEqual([
    'http://localhost:4400/',
    'https://example.test/hook',
  ]);
  expect(options).toMatchObject({
    port: 0,
    host: '::1',
    speed: 60,
    apiKey: 'rk_1',
    seed: 7,
    rateLimit: 10,
    faults: [
      { kind: '429', count: 3, share: 1 },
      { kind: 'slow', slowMs: 2000, share: 0.5 },
    ],
    store: { file: 'state.db' },
  });
});

it('tells --store with a file, without one, and none', () => {
  expect(parse('--store', 'a.db').store).toEqual({ file: 'a.db' });
  expect(parse('--store').store).toEqual({ file: undefined });
  expect(parse().store).toBeUndefined();
});

it.each([
  [['--speed', 'fast'], '--speed'],
  [['--faults', 'fire'], '--faults: expected 429, 500'],
  [['--port', '99999'], '--port: expected a whole number from 0 to 65535, got "99999"'],
  [['--rate-limit', '0'], '--rate-limit'],
  [['--seed', '-1'], '--seed'],
  [['--host', ''], '--host'],
  [['--api-key', ''], '--api-key: expected visible ASCII characters, got ""'],
  [['--api-key', 'a b'], '--api-key: expected visible ASCII characters, got "a b"'],
  [['--send', 'test_run.complete'], '--send: unknown event type "test_run.complete"'],
  [['--send', 'x.*'], '--send: no event type begins as "x.*"'],
  [['--endpoint', 'ftp://example.test'], '--endpoint'],
  [['--port', '4501', '--port', '4502'], '--port is given twice'],
  [['--store', '--store'], '--store is given twice'],
])('refuses %j', (args, message) => {
  expect(() => parse(...args)).toThrow(message);
});

it.each([
  [['--send', 'all'], [...EVENT_TYPES]],
  [
    ['--send', 'test_run.*'],
    ['test_run.completed', 'test_run.failed'],
  ],
  [
    ['--send', 'test_run.failed', '--send', 'test_run.failed'],
    ['test_run.failed', 'test_run.failed'],
  ],
])('%j sends those at the start', (args, types) => {
  expect(parse(...args).send.flat()).toEqual(types);
});
