import { type Command, Option } from 'commander';
import { parseOneOf } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import type { SettingSource } from '../../config/settings.ts';

/**
 * Turns a text into a value; throws USAGE naming `origin`, where the text came from (`--port`).
 * The value is never null or undefined, which commander takes for an option that is not given.
 */
export type Parse<T> = (text: string, origin: string) => T;

/**
 * One option, declared once: how it is written, what it means, and how its text becomes a value. Help,
 * parsing, completion and the type of the parsed value follow from it.
 */
export interface OptionDeclaration<T> {
  /** As commander writes it: `-p, --port <n>`. */
  readonly flags: string;
  readonly help: string;
  readonly parse: Parse<unknown>;
  /** The value where the option is not given. */
  readonly absent: T;
  /** The default as the help shows it, most often as a user would type it. */
  readonly defaultText?: string;
  /** The text to parse where `--option` is given without its optional value. */
  readonly preset?: string;
  readonly isRepeatable?: true;
  /** The words it takes, for completion. */
  readonly words?: readonly string[];
  /** Whether the value is several words, separated by commas. A repeated setting adds to the list. */
  readonly isCommaList?: true;
  readonly setting?: SettingSource;
}

/** What a user typed for a setting: the value, and its text to show. */
export interface GivenSetting<T> {
  readonly value: T;
  readonly text: string;
}

/**
 * An option whose value a config file or the environment may give as well. Its parsed value is
 * the option's alone; `InvocationConfig.settings` finds the one that holds.
 */
export interface SettingDeclaration<T> extends OptionDeclaration<GivenSetting<T> | undefined> {
  readonly parse: Parse<T>;
  readonly setting: SettingSource;
}

// oxlint-disable-next-line typescript/no-explicit-any -- any value: the declarations of one command differ
export type OptionDeclarations = Readonly<Record<string, OptionDeclaration<any>>>;

/** The parsed options of a command. */
export type OptionsOf<D> = {
  readonly [K in keyof D]: D[K] extends OptionDeclaration<infer T> ? T : never;
};

type Extras = Pick<OptionDeclaration<unknown>, 'words' | 'isCommaList'>;

const asText: Parse<string> = (text) => text;

/** An option without a value: `--explain`, or `--no-color`, which is true unless it is given. */
export function flag(flags: string, help: string): OptionDeclaration<boolean> {
  return { flags, help, parse: asText, absent: / --no-|^--no-/.test(flags) };
}

/** An option with a value; undefined where it is not given. */
export function value<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  extras: Extras = {},
): OptionDeclaration<T | undefined> {
  return { flags, help, parse, absent: undefined, ...extras };
}

/** An option whose value is taken as it is typed. */
export function text(
  flags: string,
  help: string,
  extras: Extras = {},
): OptionDeclaration<string | undefined> {
  return value(flags, help, asText, extras);
}

/** An option with a default, given as a user would type it; the help may show it in other words. */
export function withDefault<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  typedDefault: string,
  {
    shownDefault: defaultText = typedDefault,
    ...extras
  }: Extras & { readonly shownDefault?: string } = {},
): OptionDeclaration<T> {
  return { flags, help, parse, absent: parse(typedDefault, 'default'), defaultText, ...extras };
}

/** An option that takes one of a few words: `--format <http|har>`. */
export function choice<T extends string>(
  flags: string,
  words: readonly T[],
  help: string,
): OptionDeclaration<T | undefined>;
export function choice<T extends string>(
  flags: string,
  words: readonly T[],
  help: string,
  defaultWord: T,
): OptionDeclaration<T>;
export function choice<T extends string>(
  flags: string,
  words: readonly T[],
  help: string,
  defaultWord?: T,
): OptionDeclaration<T | undefined> {
  const written = `${flags} <${words.join('|')}>`;
  const parse = parseOneOf(words);
  return defaultWord === undefined
    ? value(written, help, parse, { words })
    : withDefault(written, help, parse, defaultWord, { words });
}

/** An option whose value may be left out, as in `--duplicate [n]`; then it is `preset`. */
export function optionalValue<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  preset: string,
  extras: Extras = {},
): OptionDeclaration<T | undefined> {
  return { flags, help, parse, absent: undefined, preset, ...extras };
}

/** An option that may be given several times: the values in the order given. */
export function list<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  extras: Extras = {},
): OptionDeclaration<readonly T[]> {
  return { flags, help: `${help} (repeatable)`, parse, absent: [], isRepeatable: true, ...extras };
}

interface SettingExtras extends SettingSource, Extras {}

/** An option that a config file or the environment may set as well, most often one of `SETTINGS`. */
export function setting<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  extras: SettingExtras & { readonly default: string | number },
): SettingDeclaration<T>;
export function setting<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  extras: SettingExtras,
): SettingDeclaration<T | undefined>;
export function setting<T>(
  flags: string,
  help: string,
  parse: Parse<T>,
  { words, isCommaList, ...source }: SettingExtras,
): SettingDeclaration<T> {
  return {
    flags,
    help,
    parse,
    absent: undefined,
    setting: source,
    ...(source.default === undefined ? {} : { defaultText: String(source.default) }),
    ...(words === undefined ? {} : { words }),
    ...(isCommaList === undefined ? {} : { isCommaList }),
  };
}

/** A commander option that knows the words it takes. */
export class DeclaredOption extends Option {
  readonly words: readonly string[] | undefined;
  readonly isCommaList: boolean;

  constructor({ flags, help, defaultText, words, isCommaList }: OptionDeclaration<unknown>) {
    super(flags, defaultText === undefined ? help : `${help} (default: ${defaultText})`);
    this.words = words;
    this.isCommaList = isCommaList === true;
  }
}

/** Adds options to a command; a value given twice is refused unless the option is repeatable. */
export function addOptions(command: Command, declarations: OptionDeclarations): void {
  for (const declaration of Object.values(declarations)) {
    const option = new DeclaredOption(declaration);
    if (declaration.preset !== undefined) option.preset(declaration.preset);
    if (option.required || option.optional) option.argParser(parserOf(declaration, option));
    command.addOption(option);
  }
}

function parserOf(
  { parse, isRepeatable, isCommaList, setting: isSetting }: OptionDeclaration<unknown>,
  { long }: Option,
): (text: string, previous: unknown) => unknown {
  const origin = long ?? '';
  return (given, previous) => {
    const parsed = parse(given, origin);
    if (isRepeatable === true) return [...((previous as unknown[] | undefined) ?? []), parsed];
    if (isCommaList === true && isSetting !== undefined && previous !== undefined) {
      const before = previous as GivenSetting<readonly unknown[]>;
      return {
        value: [...before.value, ...(parsed as readonly unknown[])],
        text: `${before.text},${given}`,
      };
    }
    if (previous !== undefined) {
      throw new RelyableError('USAGE', `${origin} is given twice; it takes one value`);
    }
    return isSetting === undefined ? parsed : { value: parsed, text: given };
  };
}

/** The parsed options of a command that commander has read. */
export function readOptions<D extends OptionDeclarations>(
  command: Pick<Command, 'opts'>,
  declarations: D,
): OptionsOf<D> {
  const given = command.opts<Record<string, unknown>>();
  return Object.fromEntries(
    Object.entries(declarations).map(([name, { absent }]) => [name, given[name] ?? absent]),
  ) as OptionsOf<D>;
}

/** Two options that cannot be given together, or one that needs another. */
export type OptionRule<Name extends string = string> =
  | { readonly option: Name; readonly excludes: readonly Name[]; readonly because: string }
  | { readonly option: Name; readonly needsOneOf: readonly Name[]; readonly hint?: string };

/** Refuses combinations that a rule forbids; USAGE. Names are the declarations' keys. */
export function checkRules(
  command: Pick<Command, 'getOptionValueSource' | 'options'>,
  rules: readonly OptionRule[],
): void {
  const isGiven = (name: string): boolean => command.getOptionValueSource(name) === 'cli';
  const longOf = (name: string): string =>
    command.options.find((option) => option.attributeName() === name)?.long ?? name;
  for (const rule of rules) {
    if (!isGiven(rule.option)) continue;
    if ('excludes' in rule) {
      const other = rule.excludes.find(isGiven);
      if (other !== undefined) {
        throw new RelyableError(
          'USAGE',
          `${longOf(rule.option)} and ${longOf(other)} exclude each other: ${rule.because}`,
        );
      }
    } else if (!rule.needsOneOf.some(isGiven)) {
      throw new RelyableError(
        'USAGE',
        `${longOf(rule.option)} needs ${joinWithOr(rule.needsOneOf.map(longOf))}`,
        rule.hint === undefined ? {} : { hint: rule.hint },
      );
    }
  }
}

/** `a`, `a or b`, `a, b or c`. */
function joinWithOr(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} or ${last}`;
}
