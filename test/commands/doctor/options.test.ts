import { expect, it } from 'vitest';
import { doctorCommand } from '../../../src/commands/doctor/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

it('has no defaults of its own', () => {
  expect(parseOptions(doctorCommand, [])).toEqual({
    to: undefined,
    probe: false,
    insecure: false,
    cacert: undefined,
    store: undefined,
    from: undefined,
    as: undefined,
    team: 'default',
    natsCreds: undefined,
    natsNkey: undefined,
    natsUser: undefined,
    natsPasswordFile: undefined,
    natsTokenFile: undefined,
    natsCa: undefined,
    encryptKeyFile: undefined,
  });
});

it('parses every value', () => {
  const { to, store } = parseOptions(doctorCommand, ['--to', '3000/hook', '--store', 'a.db']);
  expect(to?.value?.href).toBe('http://localhost:3000/hook');
  expect(store).toBe('a.db');
});

it.each([
  [['--to', 'ftp://x'], '--to: expected a URL or port'],
  [['--to', '1', '--to', '2'], '--to is given twice'],
  [['--store', 'a', '--store', 'b'], '--store is given twice'],
])('refuses %j', (args, message) => {
  expect(() => parseOptions(doctorCommand, args)).toThrow(message);
});
