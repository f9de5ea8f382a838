import type { Command, Help } from 'commander';
import { DOCS_URL } from '../../relyable/addresses.ts';
import { wrapText } from '../../terminal/format.ts';

/** What a command's help shows in addition to what commander knows. */
export interface HelpNotes {
  /** Commands that run as printed, with what they do. */
  readonly examples: readonly (readonly [command: string, does: string])[];
  readonly exitCodes: readonly (readonly [code: number | string, meaning: string])[];
  /** The command's page, as a path in the package. */
  readonly page: string;
}

/** A name of an option or a command, and what it does. */
type Item = readonly [term: string, text: string];

/** The share of a line that names may take; a longer one gets a line to itself. */
const MAX_TERM_SHARE = 0.36;
/** The minimum width of the text column. */
const MIN_TEXT = 24;

/** The help of a command: its commands first, then options, examples and exit codes. */
export function formatHelp(command: Command, helper: Help, notes: HelpNotes): string {
  const width = helper.helpWidth ?? 80;
  const commands = helper
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help')
    .map((child): Item => [nameOf(child), helper.subcommandDescription(child)]);
  const operands = helper
    .visibleArguments(command)
    .map((operand): Item => [helper.argumentTerm(operand), helper.argumentDescription(operand)]);
  const options = helper
    .visibleOptions(command)
    .map((option): Item => [helper.optionTerm(option), helper.optionDescription(option)]);
  const column = columnFor([...commands, ...operands, ...options], width);
  const list = (title: string, items: readonly Item[]): string[] =>
    items.length === 0
      ? []
      : [[title, ...items.map((item) => formatItem(item, column, width))].join('\n')];
  return [
    wrapLine('Usage: ', `${commandPath(command)} ${usageOf(command)}`, width),
    wrapText(toSentence(helper.commandDescription(command)), '', width),
    ...list('Commands:', commands),
    ...list('Arguments:', operands),
    ...list('Options:', options),
    ['Examples:', ...notes.examples.flatMap((example) => formatExample(example, width))].join('\n'),
    ['Exit codes:', ...notes.exitCodes.map((code) => formatExitCode(code, width))].join('\n'),
    formatFurther(command, notes, helper)
      .map((line) => wrapText(line, '  ', width))
      .join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

/** `relyable webhooks captures` */
export function commandPath(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${commandPath(parent)} ${command.name()}`;
}

function usageOf(command: Command): string {
  return command.commands.length > 0 ? '<command> [options]' : command.usage();
}

/** `listen`, or `webhooks, wh`. */
function nameOf(command: Command): string {
  return [command.name(), ...command.aliases()].join(', ');
}

/** A description as a sentence of its own. */
function toSentence(description: string): string {
  const capital = description.charAt(0).toUpperCase();
  return `${capital}${description.slice(1)}${description.endsWith('.') ? '' : '.'}`;
}

/** The column at which the texts begin. */
function columnFor(items: readonly Item[], width: number): number {
  const most = Math.min(Math.floor(width * MAX_TERM_SHARE), width - 4 - MIN_TEXT);
  return 4 + Math.max(0, ...items.map(([term]) => term.length).filter((length) => length <= most));
}

function formatItem([term, text]: Item, column: number, width: number): string {
  const indent = ' '.repeat(column);
  // A default stays beside its name, where both fit.
  const joined = text.replace(/\(default: \S+/, (both) =>
    column + both.length <= width ? both.replace(' ', '\u00a0') : both,
  );
  const wrapped = wrapText(joined, indent, width).replace('\u00a0', ' ');
  const name = `  ${wrapChoices(term, '      ', width - 2)}`;
  return name.length + 2 > column ? `${name}\n${indent}${wrapped}` : name.padEnd(column) + wrapped;
}

/** `--format <http|har|…>` in lines of at most `width` columns, each but the first after `indent`. */
function wrapChoices(term: string, indent: string, width: number): string {
  const [first = '', ...choices] = term.split(/(?<=\|)/);
  let used = first.length;
  return choices.reduce((wrapped, choice) => {
    const fits = used + choice.length <= width;
    used = fits ? used + choice.length : indent.length + choice.length;
    return fits ? wrapped + choice : `${wrapped}\n${indent}${choice}`;
  }, first);
}

/** A text whose further lines stand below its first word. */
function wrapLine(label: string, text: string, width: number): string {
  return `${label}${wrapText(text, ' '.repeat(label.length), width)}`;
}

/** A command longer than a line is continued with a backslash, so that it still runs as printed. */
function formatExample([line, does]: readonly [string, string], width: number): string[] {
  const words = (line.match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? []).flatMap((word) =>
    // The command in "$(…)" can be continued as any other, although quotes are around it.
    word.includes('"$(') ? word.split(' ') : [word],
  );
  const lines: string[] = [];
  for (const [index, word] of words.entries()) {
    const last = lines.at(-1);
    const mark = index === words.length - 1 ? '' : ' \\';
    const longer = `${last ?? ''} ${word}`;
    const indent = lines.length > 1 ? 6 : 4;
    if (last === undefined || indent + longer.length + mark.length > width) lines.push(word);
    else lines[lines.length - 1] = longer;
  }
  return [`  $ ${lines.join(' \\\n      ')}`, wrapLine('      ', does, width)];
}

function formatExitCode(
  [code, meaning]: readonly [number | string, string],
  width: number,
): string {
  return wrapLine(`  ${String(code).padEnd(4)} `, meaning, width);
}

/** Where the rest is: the options of a group's commands, the global options, the pages. */
function formatFurther(command: Command, { page }: HelpNotes, helper: Help): string[] {
  const isProgram = command.parent === null;
  const global = helper.visibleGlobalOptions(command).map(({ long }) => long ?? '');
  return [
    ...(isProgram ? [] : [`Global options: ${global.join(', ')}.`]),
    command.commands.length > 0
      ? `Use "${commandPath(command)} <command> --help" for the options of a command.`
      : 'Use "relyable --help" for what the global options mean.',
    `Page: ${page} in this package.`,
    ...(isProgram ? [`Relyable's own documentation: ${DOCS_URL}`] : []),
  ];
}
