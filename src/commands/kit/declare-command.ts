import { Argument, type Command } from 'commander';
import { commandPath, formatHelp, type HelpNotes } from './help-text.ts';
import {
  addOptions,
  checkRules,
  type OptionDeclarations,
  type OptionRule,
  type OptionsOf,
  readOptions,
} from './options.ts';

/** What an operand names if not one of its words: captures of the store, files and folders, or both. */
export type OperandKind = 'captures' | 'files' | 'captures-and-files';

/** An operand: `<id>`, `[inputs...]`. */
export interface OperandDeclaration {
  readonly name: string;
  readonly help: string;
  /** The words it takes, for completion. */
  readonly words?: readonly string[];
  /** What it names, for completion. */
  readonly kind?: OperandKind;
}

/** Everything that is declared about a command outside its code. */
export interface CommandDeclaration<D extends OptionDeclarations> {
  /** One line for the list of commands; lower case, without a period. */
  readonly description: string;
  /** The usage line after the command's name, if it differs from `[options] <operands>`. */
  readonly usage?: string;
  readonly operands?: readonly OperandDeclaration[];
  readonly options: D;
  readonly rules?: ReadonlyArray<OptionRule<keyof D & string>>;
  /** Two to four commands that run as printed, with what they do. */
  readonly examples: HelpNotes['examples'];
  /** The exit codes that matter here. */
  readonly exitCodes: HelpNotes['exitCodes'];
  /** The command's page, as a path in the package. Default: `docs/<command>.md`. */
  readonly page?: string;
}

/** A declared command, as the program uses it. */
export interface DeclaredCommand<Options> {
  /** Gives a commander command its options, operands and texts. */
  define(command: Command): void;
  /** The parsed options; throws USAGE for a combination that a rule forbids. */
  read(command: Command): Options;
}

/** Declares a command. Nothing is created until the program calls `define` or `read`. */
export function declareCommand<const D extends OptionDeclarations>(
  declaration: CommandDeclaration<D>,
): DeclaredCommand<OptionsOf<D>> {
  const { description, usage, operands = [], options, rules = [] } = declaration;
  return {
    define: (command) => {
      command.description(description);
      if (usage !== undefined) command.usage(usage);
      for (const operand of operands) command.addArgument(new DeclaredArgument(operand));
      addOptions(command, options);
      const { examples, exitCodes, page = pageOf(command) } = declaration;
      command.configureHelp({
        ...command.configureHelp(),
        // A declaration's text is complete; commander would add its own words for a preset.
        optionDescription: ({ description }) => description,
        formatHelp: (shown, helper) => formatHelp(shown, helper, { examples, exitCodes, page }),
      });
    },
    read: (command) => {
      checkRules(command, rules);
      return readOptions(command, options);
    },
  };
}

/** A commander argument that knows its declaration. */
export class DeclaredArgument extends Argument {
  readonly words: readonly string[] | undefined;
  readonly kind: OperandKind | undefined;

  constructor({ name, help, words, kind }: OperandDeclaration) {
    super(name, help);
    this.words = words;
    this.kind = kind;
  }
}

/** `docs/listen.md` for `relyable webhooks listen`: the commands of a group share its page. */
function pageOf(command: Command): string {
  const [, ...words] = commandPath(command).split(' ');
  const [name = ''] = words[0] === 'webhooks' ? words.slice(1) : words;
  return `docs/${name}.md`;
}
