import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command as Target, type Complete, RootCommand } from '@bomb.sh/tab';
import type { Command, Option } from 'commander';
import type { Invocation } from '../../invocation.ts';
import { SETTING_KEYS, storeSetting } from '../../config/settings.ts';
// oxlint-disable-next-line eslint/no-restricted-imports -- the words that complete one of its options
import { REPORTERS } from '../check/options.ts';
import { FRAMEWORKS } from '../kit/frameworks.ts';
import { formatTime } from '../../terminal/format.ts';
import { RECIPES } from '../kit/recipes.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { EVENT_TYPES } from '../../relyable/event-type.ts';
import { DeclaredArgument } from '../kit/declare-command.ts';
import { loadLayers } from '../kit/invocation-config.ts';
import { DeclaredOption } from '../kit/options.ts';

/** A word that fits, and what it is. */
type Candidate = readonly [value: string, description: string];
type Candidates = () => readonly Candidate[];

/** How many captures are offered, newest first. */
const OFFERED_CAPTURES = 30;

/** The hidden command behind the completion scripts; answers with the words that fit. */
export function createComplete(
  program: Command,
): (invocation: Invocation<unknown>) => Promise<number> {
  return async (invocation) => {
    const words = [...invocation.args];
    const values = createValues(
      invocation.context.cwd,
      words.at(-1) ?? '',
      await offeredCaptures(invocation, words),
    );
    const root = new RootCommand();
    describe(root, program, '', values);
    root.parse(words);
    return 0;
  };
}

/** Tells the library of a command and, under their full names, of all below it. */
function describe(root: RootCommand, command: Command, path: string, values: Values): void {
  const target: Target = path === '' ? root : root.command(path, command.description());
  const help = command.createHelp();
  const options = [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)];
  for (const option of options) describeOption(target, path, option, values);
  for (const [index, argument] of command.registeredArguments.entries()) {
    const words = argument instanceof DeclaredArgument ? argument.words : undefined;
    const candidates = words
      ? (): readonly Candidate[] => plain(words)
      : values.ofArgument(path, index, argument.name());
    target.argument(argument.name(), (offer) => offerAll(offer, candidates), argument.variadic);
  }
  for (const child of help.visibleCommands(command)) {
    for (const name of [child.name(), ...child.aliases()]) {
      if (name !== 'help') describe(root, child, path === '' ? name : `${path} ${name}`, values);
    }
  }
}

function describeOption(target: Target, path: string, option: Option, values: Values): void {
  const name = option.long?.slice(2);
  if (name === undefined) return;
  const alias = option.short?.slice(1);
  if (!option.required && !option.optional) {
    target.option(name, option.description, alias);
    return;
  }
  const words = option instanceof DeclaredOption ? option.words : undefined;
  const candidates = words ? () => plain(words) : values.ofOption(path, name, option.flags);
  target.option(name, option.description, (offer) => offerAll(offer, candidates), alias);
}

function offerAll(offer: Complete, candidates: Candidates): void {
  for (const [value, description] of candidates()) offer(value, safeLine(description));
}

interface Values {
  ofOption(path: string, name: string, flags: string): Candidates;
  ofArgument(path: string, index: number, name: string): Candidates;
}

/** A command's path without the short name of `webhooks`. */
const inFull = (path: string): string => path.replace(/^wh(?= )/, 'webhooks');

const plain = (words: readonly string[]): Candidate[] => words.map((word) => [word, '']);

/** The states of `logs --status`; a number says itself. */
const STATUS_FILTERS = ['delivered', 'retrying', 'failed', 'none', '2xx', '3xx', '4xx', '5xx'];

/** The words after what stands before the last comma. */
function listOf(words: readonly string[], typed: string): string[] {
  const before = typed.slice(0, typed.lastIndexOf(',') + 1);
  const given = before.split(',');
  return words.filter((word) => !given.includes(word)).map((word) => `${before}${word}`);
}

/** `<http|curl|json>` in an option's or an argument's own words: its values. */
function valuesInText(text: string): Candidates | undefined {
  const inside = /<([\w-]+(?:\|[\w-]+)+)>/.exec(text)?.[1];
  return inside === undefined ? undefined : () => plain(inside.split('|'));
}

function createValues(cwd: string, prefix: string, captures: readonly Candidate[]): Values {
  const typed = prefix.replace(/^--?[\w-]+=/, '');
  const files: Candidates = () => filesLike(cwd, typed);
  const capturesAndFiles: Candidates = () => [...captures, ...files()];
  const byOption: Readonly<Record<string, Candidates>> = {
    event: () => plain(EVENT_TYPES),
    events: () => plain(listOf(EVENT_TYPES, typed)),
    'init framework': () => plain(FRAMEWORKS.map(({ name }) => name)),
    'webhooks verify framework': () => plain(Object.keys(RECIPES)),
    reporter: () => plain(REPORTERS),
    status: () => plain(listOf(STATUS_FILTERS, typed)),
  };
  const byArgument: Readonly<Record<string, Candidates>> = {
    'webhooks verify': capturesAndFiles,
    'webhooks captures show': () => captures,
    'webhooks captures replay': () => captures,
    'webhooks captures export': () => captures,
    open: () => plain(['webhooks', 'api-keys', 'docs', 'run', 'agent']),
  };
  return {
    ofOption: (path, name, flags) => {
      const isFile = /<(?:file|path|file\|-)>/.test(flags);
      const known = byOption[name] ?? byOption[`${inFull(path)} ${name}`];
      return known ?? (isFile ? files : (valuesInText(flags) ?? (() => [])));
    },
    ofArgument: (path, index, name) => {
      if (path === 'config' && name === 'key') return () => plain(SETTING_KEYS);
      const known = byArgument[inFull(path)];
      return (index === 0 ? known : undefined) ?? valuesInText(`<${name}>`) ?? (() => []);
    },
  };
}

/** Files and folders whose path begins with what was typed. */
function filesLike(cwd: string, prefix: string): Candidate[] {
  const folder = prefix.slice(0, Math.max(prefix.lastIndexOf('/'), prefix.lastIndexOf('\\')) + 1);
  try {
    const entries = readdirSync(resolve(cwd, folder), { withFileTypes: true });
    return entries.map((entry) => [`${folder}${entry.name}${entry.isDirectory() ? '/' : ''}`, '']);
  } catch {
    return [];
  }
}

/** Newest captures, read only where a capture may follow; none where they cannot be read. */
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
    // A TAB is no place for an error.
    return [];
  }
}
