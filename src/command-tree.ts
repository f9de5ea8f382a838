import type { Command, CommanderError } from 'commander';
import type { DeclaredCommand } from './commands/kit/declare-command.ts';
import { commandPath } from './commands/kit/help-text.ts';
import { didYouMean } from './did-you-mean.ts';
import { EXIT_SUCCESS, RelyableError } from './errors.ts';
import type { CommandModule } from './invocation.ts';

/** A command in the tree: what it is called, its declaration, and its code. */
export interface CommandEntry {
  readonly name: string;
  readonly declared: DeclaredCommand<unknown>;
  /** Loads the code when the command runs; completion reads the whole program. */
  readonly load: (program: Command) => Promise<CommandModule>;
  /** Runs when its group is named without a command. */
  readonly isDefault?: true;
  readonly isHidden?: true;
}

/** A command that holds others. */
export interface GroupEntry {
  readonly name: string;
  readonly alias?: string;
  readonly declared: DeclaredCommand<unknown>;
  readonly commands: readonly TreeEntry[];
}

export type TreeEntry = CommandEntry | GroupEntry;

/** Runs a command of the tree. */
export type RunCommand = (command: Command, entry: CommandEntry) => Promise<void>;

/** Declarations that were not applied to their command yet. A run needs few of them. */
const pending = new WeakMap<Command, DeclaredCommand<unknown>>();

function defineNow(command: Command): void {
  const declared = pending.get(command);
  pending.delete(command);
  declared?.define(command);
}

/** Gives every command below a group its options and texts, as completion needs them. */
export function defineBelow(group: Command): void {
  for (const command of group.commands) {
    defineNow(command);
    defineBelow(command);
  }
}

/** Adds commands to a group; each gets its options and texts when it is asked for. */
export function addCommands(
  group: Command,
  entries: readonly TreeEntry[],
  program: Command,
  runCommand: RunCommand,
): void {
  for (const entry of entries) {
    if ('commands' in entry) addGroup(group, entry, program, runCommand);
    else addCommand(group, entry, program, runCommand);
  }
  group.hook('preSubcommand', (_, command) => defineNow(command));
  group.on('beforeHelp', () => {
    requireKnown(group);
    // The list of commands in the help shows the description of each.
    group.commands.forEach(defineNow);
  });
}

/** `lisen --help` is a misspelt command, not a question about the group. */
function requireKnown(group: Command): void {
  const [word] = group.args;
  if (word === undefined || word.startsWith('-') || word === 'help') return;
  if (findCommand(group, word) === undefined) throw unknownCommand(group, word);
}

function findCommand(group: Command, word: string): Command | undefined {
  return group.commands.find((it) => it.name() === word || it.aliases().includes(word));
}

function addGroup(
  parent: Command,
  { name, alias, declared, commands }: GroupEntry,
  program: Command,
  runCommand: RunCommand,
): void {
  const group = parent.command(name);
  if (alias !== undefined) group.alias(alias);
  pending.set(group, declared);
  addCommands(group, commands, program, runCommand);
  const hasDefault = commands.some((entry) => 'isDefault' in entry);
  if (!hasDefault) actOnGroup(group, async () => showHelp(group, []));
}

function addCommand(
  group: Command,
  entry: CommandEntry,
  program: Command,
  runCommand: RunCommand,
): void {
  const { name, declared, isDefault = false, isHidden = false } = entry;
  const command = group.command(name, { isDefault, hidden: isHidden });
  pending.set(command, declared);
  command.exitOverride((error) => {
    throw unknownOption(error, command, program) ?? error;
  });
  // A misspelt command of the group arrives as an operand of its default command.
  if (isDefault) command.allowExcessArguments();
  command.action(() => {
    const [word] = isDefault ? command.args : [];
    if (word !== undefined) {
      const isNamed = group.args[0] === name;
      throw isNamed ? unexpectedArgument(command, word) : unknownCommand(group, word);
    }
    return runCommand(command, entry);
  });
}

/** What a group does when none of its commands is named: `help <command…>`, or what `alone` does. */
export function actOnGroup(group: Command, alone: () => Promise<void>): void {
  group.allowExcessArguments().action(async () => {
    const [word, ...rest] = group.args;
    if (word === undefined) return alone();
    if (word !== 'help') throw unknownCommand(group, word);
    showHelp(group, rest);
  });
}

/** `help <command…>` as in git and gh: the help of the command that the words lead to. */
function showHelp(group: Command, [word, ...rest]: readonly string[]): void {
  if (word === undefined) {
    defineNow(group);
    group.outputHelp();
    return;
  }
  const command = findCommand(group, word);
  if (command === undefined) throw unknownCommand(group, word);
  showHelp(command, rest);
}

function unexpectedArgument(command: Command, word: string): RelyableError {
  return new RelyableError('USAGE', `unexpected argument "${word}"`, {
    hint: `see ${commandPath(command)} --help`,
  });
}

function unknownCommand(group: Command, word: string): RelyableError {
  const path = commandPath(group);
  const known = group.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const hint =
    didYouMean(word, known, (name) => `${path} ${name}`) ??
    inSubgroup(group, word) ??
    besideGroup(group, word) ??
    `see ${path} --help`;
  return new RelyableError('USAGE', `unknown command "${word}"`, { hint });
}

/** The hint for a command of a group below this one: `webhooks logs tail` for `webhooks tail`. */
function inSubgroup(group: Command, word: string): string | undefined {
  for (const command of group.commands) {
    const names = command.commands.map((child) => child.name());
    const hint = didYouMean(word, names, (name) => `${commandPath(command)} ${name}`);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** The hint for a command that stands beside the group: `captures logs` for `logs`. */
function besideGroup({ parent }: Command, word: string): string | undefined {
  const names = parent?.commands.map((command) => command.name()) ?? [];
  return parent === null
    ? undefined
    : didYouMean(word, names, (name) => `${commandPath(parent)} ${name}`);
}

/** An unknown option with the nearest known one; undefined for any other complaint of commander. */
function unknownOption(
  error: CommanderError,
  command: Command,
  program: Command,
): RelyableError | undefined {
  const option = /^error: unknown option '([^'=]+)/.exec(error.message)?.[1];
  if (option === undefined) return undefined;
  const known = [...command.options, ...program.options].flatMap(({ long }) => long ?? []);
  return new RelyableError('USAGE', `unknown option '${option}'`, {
    hint: didYouMean(option, known) ?? 'add --help to see the options',
  });
}

/** A complaint of commander in our terms; undefined where it was help or the version. */
export function toUsageError(error: CommanderError): RelyableError | undefined {
  if (error.exitCode === EXIT_SUCCESS) return undefined;
  const [message = '', guess] = error.message.replace(/^error: /, '').split('\n');
  return new RelyableError('USAGE', message, {
    hint: guess === undefined ? 'add --help to see the options' : guess.replace(/^\((.*)\)$/, '$1'),
  });
}
