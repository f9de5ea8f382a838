import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command as Target, type Complete, RootCommand } from '@bomb.sh/tab';
import type { Argument, Command, Option } from 'commander';
import type { Invocation } from '../../invocation.ts';
import { storeSetting } from '../../config/settings.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import { formatTime } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { DeclaredArgument } from '../kit/declare-command.ts';
import { loadLayers } from '../kit/invocation-config.ts';
import { DeclaredOption } from '../kit/options.ts';

/** A matching word, and its description. */
type Candidate = readonly [value: string, description: string];

/** How many captures are offered, newest first. */
const OFFERED_CAPTURES = 30;

/** The hidden command behind the completion scripts; prints the matching words. */
export function createComplete(
  program: Command,
): (invocation: Invocation<unknown>) => Promise<number> {
  return async (invocation) => {
    const words = [...invocation.args];
    const values = new Values(
      invocation.context.cwd,
      words.at(-1) ?? '',
      await offeredCaptures(invocation, words),
    );
    const root = new RootCommand();
    describeCommand(root, program, '', values);
    root.parse(words);
    return EXIT_SUCCESS;
  };
}

/** Registers a command with the library and, under their full names, all its subcommands. */
function describeCommand(root: RootCommand, command: Command, path: string, values: Values): void {
  const target: Target = path === '' ? root : root.command(path, command.description());
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  for (const option of options) describeOption(target, option, values);
  for (const argument of command.registeredArguments) {
    target.argument(
      argument.name(),
      (offer) => offerAll(offer, values.ofArgument(argument)),
      argument.variadic,
    );
  }
  for (const child of help.visibleCommands(command)) {
    for (const name of [child.name(), ...child.aliases()]) {
      if (name === 'help') continue;
      describeCommand(root, child, path === '' ? name : `${path} ${name}`, values);
    }
  }
}

function describeOption(target: Target, option: Option, values: Values): void {
  const name = option.long?.slice(2);
  if (name === undefined) return;
  const alias = option.short?.slice(1);
  if (!option.required && !option.optional) {
    target.option(name, option.description, alias);
    return;
  }
  const offerValues = (offer: Complete): void => offerAll(offer, values.ofOption(option));
  target.option(name, option.description, offerValues, alias);
}

function offerAll(offer: Complete, candidates: readonly Candidate[]): void {
  for (const [value, description] of candidates) offer(value, safeLine(description));
}

/** The values of options and operands, by their declarations. */
class Values {
  private readonly cwd: string;
  /** The unfinished value, without `--option=` before it. */
  private readonly typed: string;
  private readonly captures: readonly Candidate[];

  constructor(cwd: string, lastWord: string, captures: readonly Candidate[]) {
    this.cwd = cwd;
    this.typed = lastWord.replace(/^--?[\w-]+=/, '');
    this.captures = captures;
  }

  ofOption(option: Option): readonly Candidate[] {
    if (option instanceof DeclaredOption && option.words !== undefined) {
      return plain(option.isCommaList ? this.afterComma(option.words) : option.words);
    }
    return /<(?:file|path|file\|-)>/.test(option.flags) ? this.files() : [];
  }

  ofArgument(argument: Argument): readonly Candidate[] {
    if (!(argument instanceof DeclaredArgument)) return [];
    if (argument.words !== undefined) return plain(argument.words);
    switch (argument.kind) {
      case 'captures':
        return this.captures;
      case 'files':
        return this.files();
      case 'captures-and-files':
        return [...this.captures, ...this.files()];
      case undefined:
        return [];
    }
  }

  /** What was typed up to its last comma, followed by each word that is not in it yet. */
  private afterComma(words: readonly string[]): string[] {
    const before = this.typed.slice(0, this.typed.lastIndexOf(',') + 1);
    const given = before.split(',');
    return words.filter((word) => !given.includes(word)).map((word) => `${before}${word}`);
  }

  /** Files and folders in the folder of what was typed. */
  private files(): Candidate[] {
    const end = Math.max(this.typed.lastIndexOf('/'), this.typed.lastIndexOf('\\')) + 1;
    const folder = this.typed.slice(0, end);
    try {
      const entries = readdirSync(resolve(this.cwd, folder), { withFileTypes: true });
      return entries.map((entry) => [
        `${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`,
        '',
      ]);
    } catch {
      return [];
    }
  }
}

function plain(words: readonly string[]): Candidate[] {
  return words.map((word) => [word, '']);
}

/** The newest captures; read only for the commands that take some, and none where that fails. */
async function offeredCaptures(
  invocation: Invocation<unknown>,
  words: readonly string[],
): Promise<readonly Candidate[]> {
  if (!words.some((word) => word === 'captures' || word === 'verify')) return [];
  try {
    const layers = await loadLayers(invocation, () => undefined);
    const { openReader } = await import('../../store/writer.ts');
    const reader = openReader(storeSetting(invocation.context, layers, undefined).value);
    const found = reader?.list({}, OFFERED_CAPTURES) ?? [];
    reader?.close();
    const listed = found.map(({ id, event, receivedAt }): Candidate => [
      id,
      `${formatTime(receivedAt, invocation.terminal.isUtc)} ${event ?? ''}`,
    ]);
    return [['last', 'the newest'], ...listed];
  } catch {
    // An error message would land in the command line that is being typed.
    return [];
  }
}
