import { expect, it } from 'vitest';
import { inspectCommand } from '../../../src/commands/inspect/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

const parse = (...args: string[]): ReturnType<typeof inspectCommand.read> =>
  parseOptions(inspectCommand, args);

it('serves the page on loopback by default, and opens nothing', () => {
  expect(parse()).toMatchObject({ port: 4401, host: '127.0.0.1', secret: [], secretFile: [] });
  expect(parse().open).toBeFalsy();
  expect(parse().forwardTo).toBeUndefined();
});

it('parses every value of its own', () => {
  const options = parse(
    '--open',
    '-p',
    '0',
    '--host',
    '0.0.0.0',
    '-f',
    '3000/hook',
    '--timeout',
    '5s',
  );
  expect(options).toMatchObject({ port: 0, host: '0.0.0.0', open: true, timeout: { value: 5000 } });
  expect(options.forwardTo).toMatchObject({ text: '3000/hook' });
});

it.each([
  [['--port', '6000'], '--port'],
  [['--host', ''], '--host'],
  [['--forward-to', 'ftp://x'], '--forward-to'],
  [['--timeout', 'soon'], '--timeout'],
  [['--port', '1', '--port', '2'], '--port'],
])('refuses %j', (args, option) => {
  expect(() => parse(...args)).toThrow(option);
});
