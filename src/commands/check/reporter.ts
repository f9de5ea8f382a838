import { parseOneOf } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';

/** The forms of a report. */
export const REPORTERS = ['pretty', 'json', 'junit', 'tap', 'github', 'markdown'] as const;

export type ReporterName = (typeof REPORTERS)[number];

/** A form of the report and where it goes. */
export interface Reporter {
  readonly name: ReporterName;
  /** null: stdout. */
  readonly file: string | null;
}

const parseName = parseOneOf(REPORTERS);

/** `pretty`, or `junit=check.xml` for a file. */
export function parseReporter(text: string, origin: string): Reporter {
  const equals = text.indexOf('=');
  if (equals === -1) return { name: parseName(text, origin), file: null };
  const file = text.slice(equals + 1);
  if (file === '') {
    throw new RelyableError('USAGE', `${origin}: expected a file after "=", got "${text}"`);
  }
  return { name: parseName(text.slice(0, equals), origin), file };
}

/**
 * The reporters of a run: those asked for, else `pretty`; under `--json` also `json`. Only one reporter
 * may write to stdout, but GitHub annotations may be printed next to a report for people.
 */
export function chooseReporters(asked: readonly Reporter[], isJson: boolean): readonly Reporter[] {
  const hasJson = asked.some(({ name, file }) => name === 'json' && file === null);
  const reporters: Reporter[] = [...asked];
  if (isJson && !hasJson) reporters.push({ name: 'json', file: null });
  else if (asked.length === 0) reporters.push({ name: 'pretty', file: null });
  refuseRivals(reporters);
  return reporters;
}

function refuseRivals(reporters: readonly Reporter[]): void {
  const onStdout = reporters.filter(({ file }) => file === null).map(({ name }) => name);
  // Annotations are lines that only the runner of GitHub Actions reads.
  const areCompatible = onStdout.every(isForPeople);
  const rivals = onStdout.filter((name) => name !== 'github' || !areCompatible);
  if (rivals.length <= 1) return;
  const other = rivals.find((name) => name !== 'json') ?? 'json';
  throw new RelyableError(
    'USAGE',
    `--reporter: expected one report on stdout, got ${rivals.join(' and ')}`,
    { hint: `give one a file: --reporter ${other}=report.txt` },
  );
}

/** Whether a reporter is for people, so that annotations may be printed next to it. */
function isForPeople(name: ReporterName): boolean {
  return name === 'pretty' || name === 'github' || name === 'markdown';
}
