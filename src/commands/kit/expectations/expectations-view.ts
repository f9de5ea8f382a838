import type { ExpectationReport, ExpectationState } from './expectations.ts';
import { formatCount, wrapText } from '../../../terminal/format.ts';
import { formatAnnotation } from '../../../terminal/github.ts';
import { formatJunit, type JunitCase } from '../../../terminal/junit.ts';
import { safeLine } from '../../../terminal/safe-text.ts';
import type { JsonObject, Terminal, View } from '../../../terminal/terminal.ts';

/**
 * What ended the waiting: the verdict, the time limit, the end of the app, a signal, another public
 * address, or a delivery that failed for good.
 */
export type Ending = 'verdict' | 'time' | 'app' | 'signal' | 'url-change' | 'failure';

/** The command that waited, and what it counts. */
export interface ExpectationSubject {
  /** Without the program and the group, e.g. `logs tail`. */
  readonly command: string;
  readonly one: string;
  readonly many: string;
}

const ENDINGS: Readonly<Record<Ending, string>> = {
  'url-change': 'the public address changed',
  verdict: 'the expectations can no longer be met',
  time: 'the time limit was reached',
  app: 'the app ended',
  signal: 'the command was stopped',
  failure: 'a delivery failed for good',
};

/** Why the expectations are not met; the time limit only where they could still have been met. */
function describeEnd({ verdict }: ExpectationReport, ending: Ending): string {
  return ENDINGS[ending === 'time' && verdict === 'impossible' ? 'verdict' : ending];
}

/** The verdict, with what was expected and what was received. */
export function expectationsView(
  report: ExpectationReport,
  ending: Ending,
  subject: ExpectationSubject,
): View {
  return {
    text: (terminal) => formatExpectations(report, ending, subject, terminal),
    json: () => expectationsToJson(report, ending),
  };
}

function expectationsToJson(report: ExpectationReport, ending: Ending): JsonObject {
  const { verdict, expectations, ...rest } = report;
  return {
    type: 'expectations',
    v: 1,
    met: verdict === 'met',
    ending,
    verdict,
    expectations: expectations.map(({ event, expected, received, isMet, mismatches }) => ({
      event,
      expected,
      came: received,
      isMet,
      mismatches,
    })),
    ...rest,
  };
}

function formatExpectations(
  report: ExpectationReport,
  ending: Ending,
  { one, many }: ExpectationSubject,
  { style, columns }: Pick<Terminal, 'style' | 'columns'>,
): string {
  const wrapped = (text: string): string => wrapText(safeLine(text), '      ', columns);
  const isMet = report.verdict === 'met';
  const mark = (ok: boolean): string => (ok ? style.green('✓') : style.red('✗'));
  const head = isMet ? 'as expected' : `not as expected: ${describeEnd(report, ending)}`;
  const lines = [`${mark(isMet)} ${style.bold(head)}`];
  for (const state of report.expectations) {
    lines.push(`  ${mark(state.isMet)} ${describeState(state)}`);
    for (const { id, why } of state.mismatches) {
      lines.push(style.dim(`      ${wrapped(`${id} did not count: ${why}`)}`));
    }
  }
  for (const { id, why } of report.failures) {
    lines.push(`  ${mark(false)} ${wrapped(`${id}: ${why}`)}`);
  }
  const others = describeOthers(report);
  if (others !== '') lines.push(style.dim(`  also received: ${others}`));
  if (report.expectations.length === 0)
    lines.push(`  ${formatCount(report.deliveries, one, many)}`);
  return lines.join('\n');
}

/** `test_run.completed: expected 2, received 1`. */
function describeState({ event, expected, received }: ExpectationState): string {
  return `${safeLine(event)}: expected ${expected === 0 ? 'none' : expected}, received ${received}`;
}

function describeOthers({ others, expectations }: ExpectationReport): string {
  if (expectations.length === 0) return '';
  return Object.entries(others)
    .map(([event, count]) => `${count} × ${safeLine(event)}`)
    .join(', ');
}

/** Why one expectation is not met, in lines. */
function explainState(
  state: ExpectationState,
  report: ExpectationReport,
  ending: Ending,
): string[] {
  const others = describeOthers(report);
  return [
    describeState(state),
    ...state.mismatches.map(({ id, why }) => `${id} did not count: ${safeLine(why)}`),
    ...(others === '' ? [] : [`also received: ${others}`]),
    `ended because ${describeEnd(report, ending)}`,
  ];
}

/** The expectations as a JUnit report: a case for each. */
export function formatExpectationsJunit(
  report: ExpectationReport,
  ending: Ending,
  subject: ExpectationSubject,
  durationMs: number,
): string {
  const classname = `relyable.${subject.command.replaceAll(' ', '.')}`;
  const timeSeconds = durationMs / 1000;
  const cases = report.expectations.map((state): JunitCase => {
    const name = state.expected === 0 ? `no ${state.event}` : `${state.event} × ${state.expected}`;
    if (state.isMet) return { name, classname, timeSeconds };
    const text = explainState(state, report, ending).join('\n');
    return { name, classname, timeSeconds, failure: { message: describeState(state), text } };
  });
  if (cases.length === 0) {
    const failed =
      report.verdict === 'met' ? {} : { failure: overallFailure(report, ending, subject) };
    cases.push({ name: 'deliveries', classname, timeSeconds, ...failed });
  }
  return formatJunit([{ name: nameOf(subject), cases }]);
}

function nameOf({ command }: ExpectationSubject): string {
  return `relyable webhooks ${command}`;
}

function overallFailure(
  report: ExpectationReport,
  ending: Ending,
  { one, many }: ExpectationSubject,
): { message: string; text: string } {
  const { deliveries, failures } = report;
  const message = `${formatCount(deliveries, one, many)}; ${describeEnd(report, ending)}`;
  return { message, text: failures.map(({ id, why }) => `${id}: ${safeLine(why)}`).join('\n') };
}

/** A GitHub annotation for each expectation that is not met; empty when all are. */
export function formatExpectationsGithub(
  report: ExpectationReport,
  ending: Ending,
  subject: ExpectationSubject,
): string {
  if (report.verdict === 'met') return '';
  const missed = report.expectations.filter(({ isMet }) => !isMet);
  if (missed.length > 0) {
    return missed
      .map((state) =>
        formatAnnotation(
          'error',
          `${state.event} not as expected`,
          explainState(state, report, ending),
        ),
      )
      .join('\n');
  }
  const { message, text } = overallFailure(report, ending, subject);
  return formatAnnotation('error', nameOf(subject), [message, text]);
}

/** A table for GitHub's step summary. */
export function formatExpectationsMarkdown(
  report: ExpectationReport,
  ending: Ending,
  subject: ExpectationSubject,
): string {
  const isMet = report.verdict === 'met';
  const cell = (text: string): string =>
    safeLine(text).replaceAll('|', '\\|').replaceAll('<', '&lt;');
  const lines = [
    `### ${nameOf(subject)}: ${isMet ? 'as expected' : `not as expected, ${describeEnd(report, ending)}`}`,
    '',
    '| | event | expected | received | did not count |',
    '|---|---|---|---|---|',
    ...report.expectations.map(({ event, expected, received, mismatches, isMet: ok }) => {
      const why = mismatches.map((mismatch) => mismatch.why).join('; ');
      return `| ${ok ? '✅' : '❌'} | ${cell(event)} | ${expected} | ${received} | ${cell(why)} |`;
    }),
  ];
  if (report.expectations.length === 0)
    lines.splice(2, 2, formatCount(report.deliveries, subject.one, subject.many));
  return `${lines.join('\n')}\n\n`;
}
