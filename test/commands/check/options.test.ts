import { describe, expect, it } from 'vitest';
import { checkCommand, type CheckOptions } from '../../../src/commands/check/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

const parse = (...args: string[]): CheckOptions => parseOptions(checkCommand, args);

describe('the options of check', () => {
  it('have their defaults', () => {
    expect(parse()).toEqual({
      only: [],
      skip: [],
      list: false,
      failOn: 'error',
      bail: false,
      reporter: [],
      allowRemote: false,
      idempotency: false,
      settle: 250,
      header: [],
      timeout: 10_000,
      startTimeout: 30_000,
      insecure: false,
      secret: [],
      secretFile: [],
    });
  });

  it('are parsed, and accumulate where they are repeatable', () => {
    const words =
      '--only refuses --only accepts --skip answers.* --fail-on warning --reporter pretty ' +
      '--reporter junit=a=b.xml --seed 7 --idempotency --state-url 3000/state --settle 1s ' +
      '--timeout 2s';
    const options = parse(...words.split(' '), '-H', 'A: 1');
    expect(options).toMatchObject({
      only: ['refuses', 'accepts'],
      skip: ['answers.*'],
      failOn: 'warning',
      reporter: [
        { name: 'pretty', file: null },
        { name: 'junit', file: 'a=b.xml' },
      ],
      seed: 7,
      header: [['A', '1']],
      idempotency: true,
      stateUrl: new URL('http://localhost:3000/state'),
      settle: 1000,
      timeout: 2000,
    });
  });

  it.each([
    [['--seed', '1', '--seed', '2'], '--seed is given twice'],
    [['--seed', 'x'], '--seed: expected a whole number'],
    [['--fail-on', 'nothing'], '--fail-on: expected warning or error'],
    [['--reporter', 'xml'], '--reporter: expected pretty, json, junit, tap, github or markdown'],
    [['--reporter', 'junit='], '--reporter: expected a file after "="'],
    [['--idempotency'], '--idempotency needs --state-url or --state-command'],
    [['--state-url', '3001', '--state-command', 'x'], '--state-url and --state-command exclude'],
  ])('refuse %j', (args, message) => {
    expect(() => parse(...args)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });
});
