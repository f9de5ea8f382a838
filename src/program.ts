import { Command, type CommanderError } from 'commander';
import type { Context } from './system/context.ts';
import { EXIT_SUCCESS, RelyableError } from './errors.ts';
import {
  defineCaptures,
  defineCapturesExport,
  defineCapturesImport,
  defineCapturesList,
  defineCapturesPath,
  defineCapturesPrune,
  defineCapturesReplay,
  defineCapturesShow,
} from './commands/captures/options.ts';
import { defineCheck } from './commands/check/options.ts';
import { defineComplete, defineCompletion } from './commands/completion/options.ts';
import { configCommand } from './commands/config/options.ts';
import { doctorCommand } from './commands/doctor/options.ts';
import { describeProgram, describeWebhooks } from './commands/kit/groups.ts';
import { initCommand } from './commands/init/options.ts';
import { emulateCommand } from './commands/emulate/options.ts';
import { listenCommand } from './commands/listen/options.ts';
import {
  logsGroup,
  logsListCommand,
  logsShowCommand,
  logsTailCommand,
} from './commands/logs/options.ts';
import { openCommand } from './commands/open/options.ts';
import { triggerCommand } from './commands/trigger/options.ts';
import { verifyCommand } from './commands/verify/options.ts';
import { didYouMean, nearest } from './did-you-mean.ts';
import { createLegible } from './terminal/charset.ts';
import type { DeclaredCommand } from './commands/kit/declare-command.ts';
import type { CommandModule } from './invocation.ts';
import type { GlobalFlags } from './terminal/terminal.ts';
import { VERSION } from './version.ts';

/** A declared command, or, for those not declared yet, what gives a command its options. */
type Definition = DeclaredCommand<unknown> | ((command: Command) => unknown);

/** What gives a command its options and texts; asked when the command is, for most never are. */
const definitions = new WeakMap<Command, (command: Command) => unknown>();

function defineNow(command: Command): void {
  const define = definitions.get(command);
  definitions.delete(command);
  define?.(command);
}

/** Gives every command below one its flags and texts, as completion needs them. */
export function defineBelow(group: Command): void {
  for (const command of group.commands) {
    defineNow(command);
    defineBelow(command);
  }
}

/** The whole command tree; its commands get their flags when they are asked for. `onExit` receives the exit code of the command that ran. */
export function createProgram(context: Context, onExit: (code: number) => void): Command {
  const attach = (
    command: Command,
    declared: Definition | null,
    load: () => Promise<CommandModule>,
  ): void => {
    if (declared !== null) {
      definitions.set(command, typeof declared === 'function' ? declared : declared.define);
    }
    command.exitOverride((error) => {
      throw unknownFlag(error, command, program) ?? error;
    });
    command.action(async () => {
      const globals = command.optsWithGlobals<GlobalFlags>();
      // Only a command that runs needs colours; help and the version are plain.
      const { createTerminal } = await import('./terminal/terminal.ts');
      const terminal = createTerminal(context, globals);
      const options: unknown =
        declared === null || typeof declared === 'function'
          ? command.opts()
          : declared.read(command);
      const module = await load();
      const { args } = command;
      onExit(await module.run({ context, terminal, globals, options, flags: options, args }));
    });
  };

  const program = new Command('relyable')
    .description('Trigger, verify, receive and inspect Relyable webhooks.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .option('--json', 'pure JSON on stdout (one object per line where it streams)')
    .option('-q, --quiet', 'only data and errors')
    .option('--verbose', 'say where each setting came from')
    .option('--no-color', 'no colours')
    .option('--no-input', 'never ask')
    .option('--utc', 'show times in UTC, not in the local zone')
    .option('--config <file>', 'use this project config file')
    .option('--profile <name>', 'use this profile of the config')
    .configureHelp({ showGlobalOptions: true, helpWidth: helpWidth(context) })
    .exitOverride()
    .configureOutput({
      writeOut: (text) =>
        void context.stdout.write(createLegible(context.env, context.platform)(text)),
      // The error itself is reported once, by main.
      writeErr: () => undefined,
    });

  describeProgram(program);
  const webhooks = describeWebhooks(program.command('webhooks'));

  attach(webhooks.command('listen'), listenCommand, () => import('./commands/listen/run.ts'));
  attach(webhooks.command('trigger'), triggerCommand, () => import('./commands/trigger/run.ts'));
  attach(webhooks.command('verify'), verifyCommand, () => import('./commands/verify/run.ts'));
  attach(webhooks.command('check'), defineCheck, () => import('./commands/check/run.ts'));

  attach(webhooks.command('emulate'), emulateCommand, () => import('./commands/emulate/run.ts'));

  const captures = defineCaptures(webhooks.command('captures'));
  const capturesList = captures.command('list', { isDefault: true });
  attach(capturesList.allowExcessArguments(), defineCapturesList, () => {
    const [word] = capturesList.args;
    if (word !== undefined) throw unknownCommand(captures, word);
    return import('./commands/captures/list.ts');
  });
  attach(captures.command('show'), defineCapturesShow, () => import('./commands/captures/show.ts'));
  attach(
    captures.command('replay'),
    defineCapturesReplay,
    () => import('./commands/captures/replay.ts'),
  );
  attach(
    captures.command('export'),
    defineCapturesExport,
    () => import('./commands/captures/export.ts'),
  );
  attach(
    captures.command('import'),
    defineCapturesImport,
    () => import('./commands/captures/import.ts'),
  );
  attach(
    captures.command('prune'),
    defineCapturesPrune,
    () => import('./commands/captures/prune.ts'),
  );
  attach(captures.command('path'), defineCapturesPath, () => import('./commands/captures/path.ts'));

  const logs = webhooks.command('logs');
  logsGroup.define(logs);
  const logsList = logs.command('list', { isDefault: true });
  attach(logsList, logsListCommand, () => import('./commands/logs/list.ts'));
  attach(logs.command('tail'), logsTailCommand, () => import('./commands/logs/tail.ts'));
  attach(logs.command('show'), logsShowCommand, () => import('./commands/logs/show.ts'));

  attach(program.command('init'), initCommand, () => import('./commands/init/run.ts'));
  attach(program.command('doctor'), doctorCommand, () => import('./commands/doctor/run.ts'));
  attach(program.command('config'), configCommand, () => import('./commands/config/run.ts'));
  attach(program.command('open'), openCommand, () => import('./commands/open/run.ts'));

  attach(
    program.command('completion'),
    defineCompletion,
    () => import('./commands/completion/run.ts'),
  );
  attach(program.command('complete', { hidden: true }), defineComplete, async () => {
    const { createComplete } = await import('./commands/completion/complete.ts');
    defineBelow(program);
    return { run: createComplete(program) };
  });

  for (const group of [program, webhooks, captures, logs]) {
    group.hook('preSubcommand', (_, command) => defineNow(command));
    // What stands under "Commands:".
    group.on('beforeHelp', () => group.commands.forEach(defineNow));
  }
  attach(program.allowExcessArguments(), null, async () => {
    const [word, ...rest] = program.args;
    if (word === 'help') return { run: async () => showHelp(program, rest) };
    if (word !== undefined) throw unknownCommand(program, word);
    return import('./commands/first-steps/run.ts');
  });
  webhooks.allowExcessArguments().action(() => {
    const [word, ...rest] = webhooks.args;
    if (word !== undefined && word !== 'help') throw unknownCommand(webhooks, word);
    onExit(showHelp(webhooks, rest));
  });
  return program;
}

function helpWidth(context: Context): number {
  return Math.min(context.stdout.columns ?? 100, 120);
}

/** `help <command…>` as git and gh have it: the help of the command that the words lead to. */
function showHelp(group: Command, [word, ...rest]: readonly string[]): number {
  if (word === undefined) {
    defineNow(group);
    group.outputHelp();
    return EXIT_SUCCESS;
  }
  const command = group.commands.find((it) => it.name() === word || it.aliases().includes(word));
  if (command === undefined) throw unknownCommand(group, word);
  return showHelp(command, rest);
}

function unknownCommand(group: Command, word: string): RelyableError {
  const path = commandPath(group);
  const known = group.commands.flatMap((command) => [command.name(), ...command.aliases()]);
  const below = group.commands.flatMap((command) =>
    command.commands.map((child) => `${command.name()} ${child.name()}`),
  );
  const inGroup = below.find((name) => nearest(word, [name.split(' ')[1] ?? '']));
  const hint =
    didYouMean(word, known, (name) => `${path} ${name}`) ??
    (inGroup === undefined ? `see ${path} --help` : `did you mean ${path} ${inGroup}?`);
  return new RelyableError('USAGE', `unknown command "${word}"`, { hint });
}

/** An unknown flag with the nearest one; undefined where the complaint is another. */
function unknownFlag(
  error: CommanderError,
  command: Command,
  program: Command,
): RelyableError | undefined {
  const flag = /^error: unknown option '([^'=]+)/.exec(error.message)?.[1];
  if (flag === undefined) return undefined;
  const known = [...command.options, ...program.options].flatMap(({ long }) => long ?? []);
  return new RelyableError('USAGE', `unknown option '${flag}'`, {
    hint: didYouMean(flag, known) ?? 'add --help to see the options',
  });
}

/** `relyable webhooks captures` */
function commandPath(command: Command): string {
  const { parent } = command;
  return parent === null ? command.name() : `${commandPath(parent)} ${command.name()}`;
}

/** commander's own complaint in our terms; undefined where it was help or the version. */
export function toUsageError(error: CommanderError): RelyableError | undefined {
  if (error.exitCode === 0) return undefined;
  const [message = '', guess] = error.message.replace(/^error: /, '').split('\n');
  return new RelyableError('USAGE', message, {
    hint: guess === undefined ? 'add --help to see the options' : guess.replace(/^\((.*)\)$/, '$1'),
  });
}
