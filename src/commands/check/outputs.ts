import type { Severity } from './check-case.ts';
import type { Invocation } from '../../invocation.ts';
import { parseChoice } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { type CheckFlags, REPORTERS } from './options.ts';
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
import { Chalk } from 'chalk';
import { writeOutput } from '../kit/output-file.ts';

type ReporterName = (typeof REPORTERS)[number];

const PLAIN = new Chalk({ level: 0 });

interface Reporter {
  readonly name: ReporterName;
  /** null: stdout. */
  readonly file: string | null;
}

/** Where the reports of a run go. */
export interface Outputs {
  /** Each case's line of JSON goes to stdout as soon as it is there. */
  readonly streamsJson: boolean;
  write(report: CheckReport): void;
}

/** Reads `--reporter` and `--badge`; of the reporters without a file one alone gets stdout. */
export function createOutputs(
  { context, terminal, flags }: Invocation<CheckFlags>,
  failOn: Severity,
): Outputs {
  const reporters = readReporters(flags.reporter ?? [], terminal.isJson);
  const render = ({ name, file }: Reporter, report: CheckReport): string => {
    switch (name) {
      case 'pretty':
        return formatCheckPretty(report, file === null ? terminal : { style: PLAIN, isUtf8: true });
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
  };
  const streamsJson = reporters.some(({ name, file }) => name === 'json' && file === null);
  return {
    streamsJson,
    write: (report) => {
      for (const reporter of reporters) {
        if (reporter.name === 'json' && reporter.file === null) {
          terminal.json(checkSummaryToJson(report));
          continue;
        }
        const text = render(reporter, report).replace(/\n$/, '');
        const { name, file } = reporter;
        if (file !== null) writeOutput(context, file, `--reporter ${name}`, `${text}\n`);
        else if (name === 'pretty') terminal.data(text);
        else terminal.raw(`${text}\n`);
      }
      if (flags.badge !== undefined) {
        writeOutput(context, flags.badge, '--badge', formatCheckBadge(report));
      }
      const summaryFile = context.env['GITHUB_STEP_SUMMARY'];
      if (summaryFile && reporters.some(({ name }) => name === 'github')) {
        const markdown = formatCheckMarkdown(report);
        writeOutput(context, summaryFile, 'GITHUB_STEP_SUMMARY', markdown, 'append');
      }
    },
  };
}

function readReporters(texts: readonly string[], isJson: boolean): Reporter[] {
  const asked = texts.map((text): Reporter => {
    const [name = '', ...rest] = text.split('=');
    const file = rest.join('=');
    if (rest.length > 0 && file === '') {
      throw new RelyableError('USAGE', `--reporter: expected a file after "=", got "${text}"`);
    }
    return {
      name: parseChoice(name, '--reporter', REPORTERS),
      file: rest.length === 0 ? null : file,
    };
  });
  const toStdout = asked.filter(({ file }) => file === null);
  const reporters: Reporter[] = [...asked];
  if (isJson && toStdout.every(({ name }) => name !== 'json')) {
    reporters.push({ name: 'json', file: null });
  } else if (toStdout.length === 0 && asked.length === 0) {
    reporters.push({ name: 'pretty', file: null });
  }
  // Annotations are lines of their own that only the runner of GitHub Actions reads.
  const rivals = reporters.filter(
    ({ name, file }, _, all) => file === null && !(name === 'github' && all.every(isReadable)),
  );
  if (rivals.length > 1) {
    throw new RelyableError(
      'USAGE',
      `--reporter: expected one report on stdout, got ${rivals.map(({ name }) => name).join(' and ')}`,
      {
        hint: `give one a file: --reporter ${rivals.find(({ name }) => name !== 'json')?.name ?? 'json'}=report.txt`,
      },
    );
  }
  return reporters;
}

/** Whether annotations may stand beside it on stdout. */
function isReadable({ name, file }: Reporter): boolean {
  return file !== null || name === 'pretty' || name === 'github' || name === 'markdown';
}
