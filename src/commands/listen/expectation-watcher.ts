import type { Invocation } from '../../invocation.ts';
import { parseDuration, parseInteger } from '../../config/values.ts';
import { EXIT_CHECK_FAILED, EXIT_TIMED_OUT, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { ListenFlags } from './options.ts';
import type { ListenEvent } from '../../pipeline/events.ts';
import { createExpectations, type ExpectationReport, parseExpectation } from './expectations.ts';
import { parseWhere } from './where.ts';
import {
  expectationsToJson,
  formatExpectations,
  formatExpectationsGithub,
  formatExpectationsJunit,
  formatExpectationsMarkdown,
  type Ending,
} from './expectations-view.ts';
import { checkEventTypes } from '../kit/event-types.ts';
import { writeOutput } from '../kit/output-file.ts';

/** The end of a `listen` that should end: its expectations, count and time limit. */
export interface Watch {
  /** What is odd about what was asked for. */
  readonly warnings: readonly string[];
  /** The time limit counts from here. */
  start(): void;
  observe(event: ListenEvent): void;
  /** Resolves when it is decided; never where nothing was asked for. */
  readonly decided: Promise<Ending>;
  /** Tells the verdict and answers with the exit code. */
  conclude(ending: Ending): number;
}

/** Reads `--expect`, `--where`, `--exit-after` and `--timeout-after`; null when none is given. */
export function createWatch(invocation: Invocation<ListenFlags>): Watch | null {
  const { context, flags } = invocation;
  const expected = (flags.expect ?? []).map(parseExpectation);
  const where = (flags.where ?? []).map(parseWhere);
  const exitAfter =
    flags.exitAfter === undefined
      ? null
      : parseInteger(flags.exitAfter, '--exit-after', 1, 1_000_000);
  const limitMs =
    flags.timeoutAfter === undefined ? null : parseDuration(flags.timeoutAfter, '--timeout-after');
  if (where.length > 0 && expected.length === 0) {
    throw new RelyableError('USAGE', '--where: expected --expect as well', {
      hint: `e.g. --expect test_run.completed --where '${flags.where?.[0] ?? ''}'`,
    });
  }
  if (expected.length === 0 && exitAfter === null && limitMs === null) {
    if (flags.junit === undefined) return null;
    throw new RelyableError('USAGE', '--junit: expected --expect, --exit-after or --timeout-after');
  }
  const names = expected.map(({ event }) => event);
  const twice = names.find((event, index) => names.indexOf(event) !== index);
  if (twice !== undefined) {
    throw new RelyableError('USAGE', `--expect: ${twice} stands there twice`, {
      hint: `a count says how many: --expect ${twice}:2`,
    });
  }
  if (expected.length > 0 && expected.every(({ count }) => count === 0)) {
    if (exitAfter === null && limitMs === null) {
      throw new RelyableError('USAGE', '--expect with 0: expected a time to wait', {
        hint: 'add --timeout-after 10s or --exit-after 5',
      });
    }
  }
  const warnings = checkEventTypes('--expect', names);

  const expectations = createExpectations({ expected, where, exitAfter });
  const { promise, resolve: decide } = defer<Ending>();
  const over = new AbortController();
  let startedAt = context.elapsed();
  return {
    warnings,
    start: () => {
      startedAt = context.elapsed();
      if (limitMs === null) return;
      context.sleep(limitMs, over.signal).then(
        () => decide('time'),
        () => undefined,
      );
    },
    observe: (event) => {
      if (event.type !== 'delivery') return;
      const verdict = expectations.add(event);
      if (verdict !== 'waiting') decide('verdict');
    },
    decided: promise,
    conclude: (ending) => {
      // A timer that still runs would keep the program from ending.
      over.abort();
      // Where the app ended, waiting longer would not have helped.
      const report = expectations.conclude(ending !== 'app');
      tell(invocation, report, ending, context.elapsed() - startedAt);
      if (report.verdict === 'met') return EXIT_SUCCESS;
      return ending === 'time' && report.verdict === 'waiting' ? EXIT_TIMED_OUT : EXIT_CHECK_FAILED;
    },
  };
}

function defer<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function tell(
  { context, terminal, flags }: Invocation<ListenFlags>,
  report: ExpectationReport,
  ending: Ending,
  durationMs: number,
): void {
  if (terminal.isJson) terminal.json(expectationsToJson(report, ending));
  else terminal.data(formatExpectations(report, ending, terminal.style));
  if (flags.junit !== undefined) {
    const junit = formatExpectationsJunit(report, ending, durationMs);
    writeOutput(context, flags.junit, '--junit', junit);
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
