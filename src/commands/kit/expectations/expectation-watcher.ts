import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_TIMED_OUT, RelyableError } from '../../../errors.ts';
import type { Invocation } from '../../../invocation.ts';
import { checkEventTypes } from '../event-types.ts';
import { prepareOutput, writeOutput } from '../output-file.ts';
import {
  type Expectation,
  type ExpectationReport,
  Expectations,
  type Observation,
} from './expectations.ts';
import type { WhereClause } from './where.ts';
import {
  type Ending,
  type ExpectationSubject,
  expectationsView,
  formatExpectationsGithub,
  formatExpectationsJunit,
  formatExpectationsMarkdown,
} from './expectations-view.ts';

/** The options for expectations, of the commands that can wait for deliveries. */
export interface ExpectationSettings {
  readonly expect: readonly Expectation[];
  readonly where?: readonly WhereClause[];
  readonly exitAfter: number | undefined;
  /** ms */
  readonly timeoutAfter: number | undefined;
  readonly junit?: string | undefined;
}

/** A watcher for `--expect`, `--exit-after` and `--timeout-after`; null when none is given. */
export function createExpectationWatcher(
  invocation: Invocation<ExpectationSettings>,
  subject: ExpectationSubject,
): ExpectationWatcher | null {
  const { expect, where = [], exitAfter = null, timeoutAfter } = invocation.options;
  if (expect.length === 0 && exitAfter === null && timeoutAfter === undefined) return null;
  prepareOutput(invocation.context, invocation.options.junit, '--junit');
  const names = expect.map(({ event }) => event);
  refuseRepeated(names);
  if (exitAfter === null && timeoutAfter === undefined) refuseEndless(expect);
  return new ExpectationWatcher(
    invocation,
    subject,
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

/** Ends a command when its expectations are decided or its time is over, and reports the verdict. */
export class ExpectationWatcher {
  /** Warnings about event types that are not published. */
  readonly warnings: readonly string[];
  /** Resolves with what ended the waiting: the verdict or the time limit. */
  readonly decided: Promise<Ending>;
  private readonly invocation: Invocation<ExpectationSettings>;
  private readonly subject: ExpectationSubject;
  private readonly expectations: Expectations;
  private readonly finished = new AbortController();
  private decide: (ending: Ending) => void = () => undefined;
  private startedAt = 0;

  constructor(
    invocation: Invocation<ExpectationSettings>,
    subject: ExpectationSubject,
    expectations: Expectations,
    warnings: readonly string[],
  ) {
    this.invocation = invocation;
    this.subject = subject;
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

  /** Counts a delivery; returns true once the verdict is decided. */
  observe(observation: Observation): boolean {
    const isDecided = this.expectations.add(observation) !== 'waiting';
    if (isDecided) this.decide('verdict');
    return isDecided;
  }

  /** Stops waiting: a pending timer would keep the process alive. */
  cancel(): void {
    this.finished.abort();
  }

  /** Reports the verdict; the exit code. */
  finish(ending: Ending): number {
    this.cancel();
    // Once the app has ended, nothing more can arrive.
    const report = this.expectations.conclude(ending !== 'app');
    this.report(report, ending);
    if (report.verdict === 'met') return EXIT_SUCCESS;
    return ending === 'time' && report.verdict === 'waiting' ? EXIT_TIMED_OUT : EXIT_CHECK_FAILED;
  }

  private report(report: ExpectationReport, ending: Ending): void {
    const { context, terminal, options } = this.invocation;
    const { subject } = this;
    terminal.show(expectationsView(report, ending, subject));
    if (options.junit !== undefined) {
      const durationMs = context.elapsed() - this.startedAt;
      const junit = formatExpectationsJunit(report, ending, subject, durationMs);
      writeOutput(context, options.junit, '--junit', junit);
    }
    if (context.env['GITHUB_ACTIONS'] !== 'true') return;
    // The runner reads annotations on both streams; stdout is data.
    const annotations = formatExpectationsGithub(report, ending, subject);
    if (annotations !== '') context.stderr.write(`${annotations}\n`);
    const summaryFile = context.env['GITHUB_STEP_SUMMARY'];
    if (summaryFile) {
      const markdown = formatExpectationsMarkdown(report, ending, subject);
      writeOutput(context, summaryFile, 'GITHUB_STEP_SUMMARY', markdown, 'append');
    }
  }
}
