import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_TIMED_OUT, RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenEvent } from '../../pipeline/events.ts';
import { checkEventTypes } from '../kit/event-types.ts';
import { prepareOutput, writeOutput } from '../kit/output-file.ts';
import { type Expectation, type ExpectationReport, Expectations } from './expectations.ts';
import {
  type Ending,
  expectationsView,
  formatExpectationsGithub,
  formatExpectationsJunit,
  formatExpectationsMarkdown,
} from './expectations-view.ts';
import type { ListenOptions } from './options.ts';

/** A watcher for `--expect`, `--exit-after` and `--timeout-after`; null when none is given. */
export function createExpectationWatcher(
  invocation: Invocation<ListenOptions>,
): ExpectationWatcher | null {
  const { expect, where, exitAfter = null, timeoutAfter } = invocation.options;
  if (expect.length === 0 && exitAfter === null && timeoutAfter === undefined) return null;
  prepareOutput(invocation.context, invocation.options.junit, '--junit');
  const names = expect.map(({ event }) => event);
  refuseRepeated(names);
  if (exitAfter === null && timeoutAfter === undefined) refuseEndless(expect);
  return new ExpectationWatcher(
    invocation,
    new Expectations({ expected: expect, where, exitAfter }),
    checkEventTypes('--expect', names),
  );
}

function refuseRepeated(names: readonly string[]): void {
  const twice = names.find((event, index) => names.indexOf(event) !== index);
  if (twice === undefined) return;
  throw new RelyableError('USAGE', `--expect: ${twice} is given twice`, {
    hint: `give a count instead: --expect ${twice}:2`,
  });
}

/** `--expect type:0` alone would wait for ever. */
function refuseEndless(expected: readonly Expectation[]): void {
  if (expected.some(({ count }) => count > 0)) return;
  throw new RelyableError('USAGE', '--expect with 0: expected a time to wait', {
    hint: 'add --timeout-after 10s or --exit-after 5',
  });
}

/** Ends a `listen` when its expectations are decided or its time is over, and reports the verdict. */
export class ExpectationWatcher {
  /** About event types that are not published. */
  readonly warnings: readonly string[];
  /** Resolves with what ended the waiting: the verdict or the time limit. */
  readonly decided: Promise<Ending>;
  private readonly invocation: Invocation<ListenOptions>;
  private readonly expectations: Expectations;
  private readonly finished = new AbortController();
  private decide: (ending: Ending) => void = () => undefined;
  private startedAt = 0;

  constructor(
    invocation: Invocation<ListenOptions>,
    expectations: Expectations,
    warnings: readonly string[],
  ) {
    this.invocation = invocation;
    this.expectations = expectations;
    this.warnings = warnings;
    this.decided = new Promise((resolve) => {
      this.decide = resolve;
    });
  }

  /** The time limit counts from here. */
  start(): void {
    const { context, options } = this.invocation;
    this.startedAt = context.elapsed();
    if (options.timeoutAfter === undefined) return;
    context.sleep(options.timeoutAfter, this.finished.signal).then(
      () => this.decide('time'),
      () => undefined,
    );
  }

  observe(event: ListenEvent): void {
    if (event.type !== 'delivery') return;
    if (this.expectations.add(event) !== 'waiting') this.decide('verdict');
  }

  /** Reports the verdict; the exit code. */
  finish(ending: Ending): number {
    // A pending timer would keep the process alive.
    this.finished.abort();
    // Once the app has ended, nothing more can arrive.
    const report = this.expectations.conclude(ending !== 'app');
    this.report(report, ending);
    if (report.verdict === 'met') return EXIT_SUCCESS;
    return ending === 'time' && report.verdict === 'waiting' ? EXIT_TIMED_OUT : EXIT_CHECK_FAILED;
  }

  private report(report: ExpectationReport, ending: Ending): void {
    const { context, terminal, options } = this.invocation;
    terminal.show(expectationsView(report, ending));
    if (options.junit !== undefined) {
      const durationMs = context.elapsed() - this.startedAt;
      const junit = formatExpectationsJunit(report, ending, durationMs);
      writeOutput(context, options.junit, '--junit', junit);
    }
    if (context.env['GITHUB_ACTIONS'] !== 'true') return;
    // The runner reads annotations on both streams; stdout is data.
    const annotations = formatExpectationsGithub(report, ending);
    if (annotations !== '') context.stderr.write(`${annotations}\n`);
    const summaryFile = context.env['GITHUB_STEP_SUMMARY'];
    if (summaryFile) {
      const markdown = formatExpectationsMarkdown(report, ending);
      writeOutput(context, summaryFile, 'GITHUB_STEP_SUMMARY', markdown, 'append');
    }
  }
}
