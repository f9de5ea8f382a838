import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createExpectationWatcher } from '../../../../src/commands/kit/expectations/expectation-watcher.ts';
import { observeDelivery } from '../../../../src/commands/listen/observe-delivery.ts';
import { listenCommand } from '../../../../src/commands/listen/options.ts';
import { createTerminal } from '../../../../src/terminal/terminal.ts';
import { temporaryFolder } from '../../../support/cli.ts';
import { testContext } from '../../../support/context.ts';
import { parseOptions } from '../../../support/parse-options.ts';
import { delivery } from '../../listen/live/live.ts';

/** A watcher for these options, and what is printed to stdout. */
function watch(...args: string[]) {
  return watchIn({}, ...args);
}

/** The same with changes of the context; stderr is kept as well. */
function watchIn(changes: Parameters<typeof testContext>[0], ...args: string[]) {
  const printed: string[] = [];
  const errors: string[] = [];
  const keepIn = (list: string[]) => ({
    write: (text: string | Uint8Array) => list.push(String(text)) > 0,
  });
  const context = testContext({ stdout: keepIn(printed), stderr: keepIn(errors), ...changes });
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
    errors,
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
    expect(() => watch(...args)).toThrow(
      expect.objectContaining({
        code: 'USAGE',
        message: expect.stringMatching(
          /^--expect\b.*(is given twice|expected a time|unknown event type)/,
        ),
        hint,
      }),
    );
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

  it.each([
    [['--exit-after', '1'], 'verdict'],
    [['--timeout-after', '0'], 'time'],
  ])('needs no expected event: %j', async (args, ending) => {
    const { watcher } = watch(...args);
    watcher?.start();
    if (ending === 'verdict') expect(watcher?.observe(observeDelivery(delivery(1)))).toBe(true);
    expect(await watcher?.decided).toBe(ending);
    expect(watcher?.finish(await watcher.decided)).toBe(0);
  });

  it('counts on while more is missing', () => {
    const { watcher } = watch('--expect', 'test_run.completed:2');
    expect(watcher?.observe(observeDelivery(delivery(1)))).toBe(false);
    expect(watcher?.observe(observeDelivery(delivery(2)))).toBe(true);
  });

  it('ends with 1 when it is stopped, or can no longer be met at the time limit', () => {
    const stopped = watch('--expect', 'test_run.completed').watcher;
    expect(stopped?.finish('signal')).toBe(1);
    const args = ['--expect', 'test_run.completed:0', '--timeout-after', '1h'];
    const { watcher } = watch(...args);
    watcher?.observe(observeDelivery(delivery(1)));
    expect(watcher?.finish('time')).toBe(1);
  });

  it('of no events waits for them until the time limit', () => {
    const { watcher } = watch('--expect', 'test_run.completed:0', '--timeout-after', '1h');
    expect(watcher?.finish('time')).toBe(0);
    expect(watch('--expect', 'test_run.completed:0', '--exit-after', '2').watcher).not.toBeNull();
    expect(watch('--expect', 'a:0', '--expect', 'b').watcher).not.toBeNull();
  });

  it('waits no longer once it has ended', async () => {
    const slept: AbortSignal[] = [];
    const sleep = (_: number, signal?: AbortSignal): Promise<void> => {
      if (signal !== undefined) slept.push(signal);
      return new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('stopped')));
      });
    };
    const { watcher } = watchIn(
      { sleep },
      '--expect',
      'test_run.completed',
      '--timeout-after',
      '1h',
    );
    watcher?.start();
    expect(slept.map(({ aborted }) => aborted)).toEqual([false]);
    watcher?.finish('signal');
    expect(slept.map(({ aborted }) => aborted)).toEqual([true]);
  });
});

describe('the reports', () => {
  it('are a JUnit file with the time that it took', () => {
    const cwd = temporaryFolder();
    let now = 1000;
    const { watcher } = watchIn(
      { cwd, elapsed: () => now },
      '--expect',
      'test_run.completed',
      '--junit',
      'report.xml',
    );
    watcher?.start();
    now += 2500;
    watcher?.finish('signal');
    const text = readFileSync(join(cwd, 'report.xml'), 'utf8');
    expect(text).toContain('name="test_run.completed × 1"');
    expect(text).toContain('time="2.500"');
  });

  it('are annotations and a summary under GitHub Actions alone', () => {
    const cwd = temporaryFolder();
    const file = join(cwd, 'summary.md');
    const run = (env: Record<string, string>, isMet: boolean): string => {
      const { watcher, errors } = watchIn({ cwd, env }, '--expect', 'test_run.completed');
      if (isMet) watcher?.observe(observeDelivery(delivery(1)));
      watcher?.finish('verdict');
      return errors.join('');
    };
    const github = { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: file };
    expect(run({ GITHUB_STEP_SUMMARY: file }, false)).toBe('');
    expect(() => readFileSync(file)).toThrow('ENOENT');
    expect(run(github, false)).toMatch(/^::error title=test_run.completed not as expected::.*\n$/);
    expect(run(github, true)).toBe('');
    expect(run({ GITHUB_ACTIONS: 'true' }, false)).toMatch(/^::error /);
    // One after the other: the runner collects what all steps append.
    expect(readFileSync(file, 'utf8').match(/^### relyable webhooks listen: /gm)).toHaveLength(2);
  });
});
