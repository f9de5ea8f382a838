import { describe, expect, it } from 'vitest';
import { listenCommand, type ListenOptions } from '../../../src/commands/listen/options.ts';
import { parseOptions } from '../../support/parse-options.ts';

const parse = (...args: string[]): ListenOptions => parseOptions(listenCommand, args);

describe('the options of listen', () => {
  it('have their defaults, and leave settings to the config', () => {
    expect(parse()).toEqual({
      header: [],
      route: [],
      keepHost: false,
      expect: [],
      exitOnUrlChange: false,
      team: 'default',
      dryRun: false,
      apiUrl: undefined,
      apiKeyFile: undefined,
      where: [],
      secret: [],
      secretFile: [],
      printSecret: false,
      insecure: false,
      output: 'auto',
      startTimeout: 30_000,
    });
  });

  it('are parsed', () => {
    const args =
      '-f 3000/hook -p 0 --host [::1] -e test_run.failed,b --max-body 1kb --timeout 0 ' +
      '--concurrency 7 --respond ack --timeout-after 1m --exit-after 3 --output plain ' +
      '--invalid=forward';
    const options = parse(...args.split(' '));
    expect(options).toMatchObject({
      forwardTo: { value: new URL('http://localhost:3000/hook'), text: '3000/hook' },
      port: { value: 0 },
      host: { value: '::1' },
      events: { value: ['test_run.failed', 'b'] },
      maxBody: { value: 1024 },
      timeout: { value: 0 },
      concurrency: { value: 7 },
      respond: { value: 'ack' },
      invalid: { value: 'forward' },
      timeoutAfter: 60_000,
      exitAfter: 3,
      output: 'plain',
    });
  });

  it('accumulate where they are repeatable', () => {
    const args = '--expect a --expect b:2 --where x=1 --where y>2 --secret s1 --secret s2';
    const options = parse(...args.split(' '), '-H', 'A: 1', '-H', 'A: 2');
    expect(options.expect).toEqual([
      { event: 'a', count: 1 },
      { event: 'b', count: 2 },
    ]);
    expect(options.where.map(({ text }) => text)).toEqual(['x=1', 'y>2']);
    expect(options.header).toEqual([
      ['A', '1'],
      ['A', '2'],
    ]);
    expect(options.secret).toEqual(['s1', 's2']);
  });

  it.each([
    [['-p', '1', '--port', '2'], '--port is given twice'],
    [['--junit', 'a', '--junit', 'b', '--exit-after', '1'], '--junit is given twice'],
    [['--port', '65536'], '--port: expected a whole number from 0 to 65535'],
    [['--invalid', 'forwrd'], '--invalid: expected reject or forward'],
    [['--expect', 'a b'], '--expect: expected an event type'],
    [['--where', 'data.score>1'], '--where needs --expect'],
    [['--junit', 'x.xml'], '--junit needs --expect, --exit-after or --timeout-after'],
  ])('%j are refused', (args, message) => {
    expect(() => parse(...args)).toThrow(
      expect.objectContaining({ code: 'USAGE', message: expect.stringContaining(message) }),
    );
  });
});
