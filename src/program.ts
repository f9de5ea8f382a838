import { Command } from 'commander';
import {
  actOnGroup,
  addCommands,
  type CommandEntry,
  defineBelow,
  type TreeEntry,
} from './command-tree.ts';
import {
  capturesExportCommand,
  capturesGroup,
  capturesImportCommand,
  capturesListCommand,
  capturesPathCommand,
  capturesPruneCommand,
  capturesReplayCommand,
  capturesShowCommand,
} from './commands/captures/options.ts';
import { checkCommand } from './commands/check/options.ts';
import { codeCommand } from './commands/code/options.ts';
import { completeCommand, completionCommand } from './commands/completion/options.ts';
import { configCommand } from './commands/config/options.ts';
import { doctorCommand } from './commands/doctor/options.ts';
import { emulateCommand } from './commands/emulate/options.ts';
import { initCommand } from './commands/init/options.ts';
import { type DeclaredCommand, declareCommand } from './commands/kit/declare-command.ts';
import { flag, text } from './commands/kit/options.ts';
import { inspectCommand } from './commands/inspect/options.ts';
import { listenCommand } from './commands/listen/options.ts';
import {
  logsGroup,
  logsListCommand,
  logsReplayCommand,
  logsResendCommand,
  logsShowCommand,
  logsTailCommand,
} from './commands/logs/options.ts';
import { openCommand } from './commands/open/options.ts';
import { recipeCommand } from './commands/recipe/options.ts';
import { relayGroup, relayInitCommand, relayServeCommand } from './commands/relay/options.ts';
import { schemaCommand } from './commands/schema/options.ts';
import { triggerCommand } from './commands/trigger/options.ts';
import { verifyCommand } from './commands/verify/options.ts';
import { versionCommand } from './commands/version/options.ts';
import type { CommandModule } from './invocation.ts';
import type { Context } from './system/context.ts';
import { safeJson } from './json/safe-json.ts';
import { createLegible } from './terminal/charset.ts';
import { textColumns } from './terminal/columns.ts';
import { VERSION } from './version.ts';

/** The program itself: the options that every command takes, and the texts of `relyable --help`. */
const programDeclaration = declareCommand({
  description: 'Trigger, verify, receive and inspect Relyable webhooks.',
  options: {
    json: flag('--json', 'pure JSON on stdout (one object per line where it streams)'),
    quiet: flag('-q, --quiet', 'only data and errors'),
    verbose: flag('--verbose', 'say where each setting came from'),
    color: flag('--no-color', 'no colours'),
    input: flag('--no-input', 'never ask'),
    utc: flag('--utc', 'show times in UTC, not in the local zone'),
    config: text('--config <file>', 'use this project config file'),
    profile: text('--profile <name>', 'use this profile of the config'),
  },
  page: 'README.md',
  examples: [
    ['relyable listen 3000/webhooks/relyable', 'receive, store, verify and forward'],
    ['relyable trigger all', 'in another terminal: the four samples, signed'],
    ['relyable verify', 'is each one genuine, and if not, why'],
    ['relyable doctor', 'when something does not work'],
  ],
  exitCodes: [
    [0, 'success'],
    [1, 'check failed: invalid signature, non-200 answer or expectation not met'],
    [2, 'usage, configuration or unreadable input'],
    [3, 'not authenticated or not permitted'],
    [4, 'unreachable'],
    [5, 'timed out waiting for expected events'],
    [70, 'a bug in relyable'],
    [130, 'interrupted by Ctrl-C (143: by SIGTERM) before the job was done'],
  ],
});

const webhooksGroup = declareCommand({
  description: 'listen, trigger, verify and the others by their full names; schema and code',
  options: {},
  page: 'README.md',
  examples: [
    ['relyable webhooks listen --forward-to 3000/webhooks/relyable', 'forward events to your app'],
    ['relyable webhooks trigger test_run.completed --to 3000/webhooks/relyable', 'send it one'],
    ['relyable wh verify last', 'is the newest one genuine, and if not, why'],
  ],
  exitCodes: [
    [0, 'success'],
    [1, 'check failed: invalid signature or non-200 answer'],
    [2, 'usage, configuration or unreadable input'],
    [4, 'unreachable, or the port is in use'],
  ],
});

function command(
  name: string,
  declared: DeclaredCommand<unknown>,
  load: CommandEntry['load'],
  extras: Pick<CommandEntry, 'isDefault' | 'isHidden'> = {},
): CommandEntry {
  return { name, declared, load, ...extras };
}

const CAPTURES: readonly TreeEntry[] = [
  command('list', capturesListCommand, () => import('./commands/captures/list.ts'), {
    isDefault: true,
  }),
  command('show', capturesShowCommand, () => import('./commands/captures/show.ts')),
  command('replay', capturesReplayCommand, () => import('./commands/captures/replay.ts')),
  command('export', capturesExportCommand, () => import('./commands/captures/export.ts')),
  command('import', capturesImportCommand, () => import('./commands/captures/import.ts')),
  command('prune', capturesPruneCommand, () => import('./commands/captures/prune.ts')),
  command('path', capturesPathCommand, () => import('./commands/captures/path.ts')),
];

const LOGS: readonly TreeEntry[] = [
  command('list', logsListCommand, () => import('./commands/logs/list.ts'), { isDefault: true }),
  command('tail', logsTailCommand, () => import('./commands/logs/tail.ts')),
  command('show', logsShowCommand, () => import('./commands/logs/show.ts')),
  command('replay', logsReplayCommand, () => import('./commands/logs/replay.ts')),
  command('resend', logsResendCommand, () => import('./commands/logs/resend.ts')),
];

const RELAY: readonly TreeEntry[] = [
  command('serve', relayServeCommand, () => import('./commands/relay/serve.ts'), {
    isDefault: true,
  }),
  command('init', relayInitCommand, () => import('./commands/relay/init.ts')),
];

const WEBHOOKS: readonly TreeEntry[] = [
  command('listen', listenCommand, () => import('./commands/listen/run.ts')),
  command('inspect', inspectCommand, () => import('./commands/inspect/run.ts')),
  command('trigger', triggerCommand, () => import('./commands/trigger/run.ts')),
  command('verify', verifyCommand, () => import('./commands/verify/run.ts')),
  command('check', checkCommand, () => import('./commands/check/run.ts')),
  command('emulate', emulateCommand, () => import('./commands/emulate/run.ts')),
  { name: 'captures', declared: capturesGroup, commands: CAPTURES },
  { name: 'logs', declared: logsGroup, commands: LOGS },
  { name: 'relay', declared: relayGroup, commands: RELAY },
  command('schema', schemaCommand, () => import('./commands/schema/run.ts')),
  command('code', codeCommand, () => import('./commands/code/run.ts')),
  command('recipe', recipeCommand, () => import('./commands/recipe/run.ts')),
];

/** The commands of `webhooks` that also work without it: `relyable listen` is `relyable webhooks listen`. */
const SHORT_FORMS: ReadonlySet<string> = new Set([
  'listen',
  'inspect',
  'trigger',
  'verify',
  'check',
  'emulate',
  'captures',
  'logs',
  'relay',
  'recipe',
]);

/** Every command, in the order of the help. */
const COMMANDS: readonly TreeEntry[] = [
  ...WEBHOOKS.filter(({ name }) => SHORT_FORMS.has(name)),
  { name: 'webhooks', alias: 'wh', declared: webhooksGroup, commands: WEBHOOKS },
  command('init', initCommand, () => import('./commands/init/run.ts')),
  command('doctor', doctorCommand, () => import('./commands/doctor/run.ts')),
  command('config', configCommand, () => import('./commands/config/run.ts')),
  command('open', openCommand, () => import('./commands/open/run.ts')),
  command('completion', completionCommand, () => import('./commands/completion/run.ts')),
  command('version', versionCommand, () => import('./commands/version/run.ts')),
  command('complete', completeCommand, loadComplete, { isHidden: true }),
];

/** What `relyable` alone does. */
const FIRST_STEPS = command('', programDeclaration, () => import('./commands/first-steps/run.ts'));

async function loadComplete(program: Command): Promise<CommandModule> {
  const { createComplete } = await import('./commands/completion/complete.ts');
  defineBelow(program);
  return { run: createComplete(program) };
}

/** What the user typed for this program: without the app's command after `--`. */
export function ownArguments(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** What commander prints itself, the version and help, as text or under `--json` as an object. */
function formatOwnText(text: string, { argv, env, platform }: Context): string {
  if (!ownArguments(argv).includes('--json')) return createLegible(env, platform)(text);
  const shown = text.trimEnd();
  const object =
    shown === VERSION
      ? { type: 'version', v: 1, version: VERSION }
      : { type: 'help', v: 1, text: shown };
  return `${safeJson(object)}\n`;
}

/** The whole command tree; `onExit` receives the exit code of the command that ran. */
export function createProgram(context: Context, onExit: (code: number) => void): Command {
  const program = new Command('relyable')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true, helpWidth: helpWidth(context) })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void context.stdout.write(formatOwnText(text, context)),
      // The error itself is reported once, by main.
      writeErr: () => undefined,
    });
  programDeclaration.define(program);

  const run = async (command: Command, { declared, load }: CommandEntry): Promise<void> => {
    const globals = programDeclaration.read(program);
    // Only a command that runs needs colours; help and the version are plain.
    const { createTerminal } = await import('./terminal/terminal.ts');
    const terminal = createTerminal(context, globals);
    const options = declared.read(command);
    const module = await load(program);
    const { args } = command;
    onExit(await module.run({ context, terminal, globals, options, args }));
  };
  addCommands(program, COMMANDS, program, run);
  actOnGroup(program, () => run(program, FIRST_STEPS));
  return program;
}

/** Lines longer than 120 characters are hard to read; a pipe gets the width of most terminals. */
function helpWidth(context: Context): number {
  return Math.min(textColumns(context.stdout, context.env) ?? 80, 120);
}
