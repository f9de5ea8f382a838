import { expect, it } from 'vitest';
import { initCommand } from '../../../src/commands/init/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

it('has no defaults: what is not given is found out or asked', () => {
  expect(parseOptions(initCommand, [])).toEqual({
    yes: false,
    handler: false,
    tunnel: undefined,
    publicUrl: undefined,
    framework: undefined,
    port: undefined,
    path: undefined,
    dotenv: undefined,
    secretEnv: undefined,
  });
});

it('parses every value', () => {
  expect(
    parseOptions(initCommand, [
      '-y',
      '--framework',
      'Next',
      '--port',
      '3000',
      '--path',
      '/hooks/relyable',
      '--dotenv',
      'config/.env',
      '--secret-env',
      'HOOK_SECRET',
    ]),
  ).toEqual({
    yes: true,
    handler: false,
    tunnel: undefined,
    publicUrl: undefined,
    framework: 'next',
    port: 3000,
    path: '/hooks/relyable',
    dotenv: 'config/.env',
    secretEnv: 'HOOK_SECRET',
  });
});

it.each([
  [['--framework', 'expres'], '--framework: expected a known framework, got "expres"'],
  [['--port', '0'], '--port: expected a port from 1 to 65535, got "0"'],
  [['--path', 'hooks'], '--path: expected a path such as /webhooks/relyable, got "hooks"'],
  [['--dotenv', '../.env'], '--dotenv: expected a file in this folder'],
  [['--dotenv', 'a/../../.env'], '--dotenv: expected a file in this folder'],
  [['--dotenv', '/etc/.env'], '--dotenv: expected a file in this folder'],
  [['--secret-env', '1A'], '--secret-env: expected the name of a variable'],
  [['--port', '1', '--port', '2'], '--port is given twice'],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(initCommand, args)).toThrow(message);
});
