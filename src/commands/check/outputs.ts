import { Chalk } from 'chalk';
import type { Invocation } from '../../invocation.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { prepareOutput, writeOutput } from '../kit/output-file.ts';
import type { Severity } from './check-case.ts';
import type { CheckOptions } from './options.ts';
import { chooseReporters, type Reporter } from './reporter.ts';
import {
  formatCheckBadge,
  formatCheckGithub,
  formatCheckJunit,
  formatCheckMarkdown,
  formatCheckTap,
} from './view/ci.ts';
import { checkSummaryToJson, formatCheckJson } from './view/json.ts';
import { formatCheckPretty } from './view/pretty.ts';
import type { CheckReport } from './view/report.ts';

const PLAIN = new Chalk({ level: 0 });

/** Where the reports of a run go. */
export class Outputs {
  private readonly invocation: Invocation<CheckOptions>;
  private readonly reporters: readonly Reporter[];

  /** USAGE where two reports would go to stdout, or one to a file that cannot be written. */
  constructor(invocation: Invocation<CheckOptions>) {
    this.invocation = invocation;
    this.reporters = chooseReporters(invocation.options.reporter, invocation.terminal.isJson);
    const { context, options } = invocation;
    prepareOutput(context, options.badge, '--badge');
    for (const { name, file } of this.reporters) {
      prepareOutput(context, file ?? undefined, `--reporter ${name}`);
    }
  }

  /** Each case's line of JSON goes to stdout as soon as the case is done. */
  get streamsJson(): boolean {
    return this.reporters.some(isJsonOnStdout);
  }

  /** Writes every report and the badge, and adds to the step summary of GitHub Actions. */
  write(report: CheckReport): void {
    const { context, options } = this.invocation;
    for (const reporter of this.reporters) this.writeReport(reporter, report);
    if (options.badge !== undefined) {
      writeOutput(context, options.badge, '--badge', formatCheckBadge(report));
    }
    const summaryFile = context.env['GITHUB_STEP_SUMMARY'];
    if (summaryFile && this.reporters.some(({ name }) => name === 'github')) {
      const markdown = formatCheckMarkdown(report);
      writeOutput(context, summaryFile, 'GITHUB_STEP_SUMMARY', markdown, 'append');
    }
  }

  private writeReport(reporter: Reporter, report: CheckReport): void {
    const { context, terminal, options } = this.invocation;
    if (isJsonOnStdout(reporter)) {
      terminal.json(checkSummaryToJson(report));
      return;
    }
    const { name, file } = reporter;
    const text = render(reporter, report, options.failOn, terminal).replace(/\n$/, '');
    if (file !== null) writeOutput(context, file, `--reporter ${name}`, `${text}\n`);
    else if (name === 'pretty') terminal.data(text);
    else terminal.raw(`${text}\n`);
  }
}

function isJsonOnStdout({ name, file }: Reporter): boolean {
  return name === 'json' && file === null;
}

function render(
  { name, file }: Reporter,
  report: CheckReport,
  failOn: Severity,
  terminal: Terminal,
): string {
  switch (name) {
    case 'pretty':
      return formatCheckPretty(
        report,
        file === null ? terminal : { style: PLAIN, isUtf8: true, columns: Infinity },
      );
    case 'json':
      return formatCheckJson(report);
    case 'junit':
      return formatCheckJunit(report, failOn);
    case 'tap':
      return formatCheckTap(report, failOn);
    case 'github':
      return formatCheckGithub(report);
    case 'markdown':
      return formatCheckMarkdown(report);
  }
}
