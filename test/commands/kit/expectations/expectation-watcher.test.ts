import { describe, expect, it } from 'vitest';
import { createExpectationWatcher } from '../../../../src/commands/kit/expectations/expectation-watcher.ts';
import { observeDelivery } from '../../../../src/commands/listen/observe-delivery.ts';
import { listenCommand } from '../../../../src/commands/listen/options.ts';
import { createTerminal } from '../../../../src/terminal/terminal.ts';
import { testContext } from '../../../support/context.ts';
import { parseOptions } from '../../../support/parse-options.ts';
import { delivery } from '../../listen/live/live.ts';

/** A watcher for these options, and what is printed to stdout. */
function watch(...args: string[]) {
  const printed: string[] = [];
  const stdout = { write: (text: string | Uint8Array) => printed.push(String(text)) > 0 };
  const context = testContext({ stdout });
  const options = parseOptions(listenCommand, args);
  const terminal = createTerminal(context, {});
  const invocation = { context, terminal, globals: {}, options, args: [] };
  return {
    watcher: createExpectationWatcher(invocation, {
      command: 'listen',
      one: 'delivery',
      many: 'deliveries',
    }),
    printed,
  };
}

describe('createExpectationWatcher', () => {
  it('makes none without expectations', () => {
    expect(watch('-p', '0').watcher).toBeNull();
  });

  it('warns of a type that is not published', () => {
    const { watcher } = watch('--expect', 'a');
    expect(watcher?.warnings[0]).toContain('a is not a published event type');
  });

  it.each([
    [['--expect', 'a', '--expect', 'a'], 'give a count instead: --expect a:2'],
    [['--expect', 'a:0'], 'add --timeout-after 10s or --exit-after 5'],
    [['--expect', 'test_run.complete'], 'did you mean test_run.completed?'],
  ])('refuses %j', (args, hint) => {
    expect(() => watch(...args)).toThrow(expect.objectContaining({ code: 'USAGE', hint }));
  });
});

describe('the watcher', () => {
  it('ends with 0 once the expectation is met', async () => {
    const { watcher, printed } = watch('--expect', 'test_run.completed');
    watcher?.start();
    watcher?.observe(observeDelivery(delivery(1)));
    expect(await watcher?.decided).toBe('verdict');
    expect(watcher?.finish('verdict')).toBe(0);
    expect(printed.join('')).toBe(
      '✓ as expected\n  ✓ test_run.completed: expected 1, received 1\n',
    );
  });

  it('ends with 5 at the time limit', async () => {
    const { watcher, printed } = watch('--expect', 'test_run.completed', '--timeout-after', '0');
    watcher?.start();
    expect(await watcher?.decided).toBe('time');
    expect(watcher?.finish('time')).toBe(5);
    expect(printed.join('')).toContain('✗ not as expected: the time limit was reached');
  });

  it('ends with 1 when the app ended before', () => {
    const { watcher } = watch('--expect', 'test_run.completed');
    expect(watcher?.finish('app')).toBe(1);
  });
});
