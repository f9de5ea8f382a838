import { relative } from 'node:path';
import { wrapText } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { View } from '../../terminal/terminal.ts';
import type { Context } from '../../system/context.ts';
import type { Framework } from '../kit/frameworks.ts';
import type { ExistingConfig, Plan } from './plan.ts';
import { type EnvStatus, inFolder, type SetUpResult } from './set-up-project.ts';

const ENV_MESSAGES: Readonly<Record<EnvStatus, string>> = {
  written: 'set to the development secret, which relyable uses too',
  kept: 'holds the development secret already',
  differs: 'is set to another secret already; left as it is',
  empty: 'is there without a value; left as it is, so give it the one that the next command prints',
  refused: 'not written: git does not ignore this file, and it would hold a secret',
  tracked: 'not written: git has this file under version control, and it would hold a secret',
  'not needed': 'is set in this shell; give your app the same',
};

export interface SetUpOptions {
  readonly existing: ExistingConfig | undefined;
  /** The context, whose current folder is the one that was set up. */
  readonly context: Pick<Context, 'cwd' | 'platform'>;
  /** That folder, relative to the folder where `init` ran; null if both are the same. */
  readonly folder: string | null;
  /** The first event, for JSON; null if none was received, undefined if none was awaited. */
  readonly firstEvent?: object | null | undefined;
}

/** What was written to which file, why, and the next command. */
export function setUpView(
  plan: Plan,
  outcome: SetUpResult,
  { existing, context, folder, firstEvent }: SetUpOptions,
): View {
  const { cwd } = context;
  const { config, env, next } = outcome;
  return {
    text: ({ style, columns }) =>
      [
        ...[
          ...(folder === null ? [] : [`in ${safeLine(folder)}:`]),
          `${safeLine(relative(cwd, config.file) || config.file)}: ${safeLine(describeConfig(plan, outcome, existing))}`,
          `${safeLine(env.file)}: ${env.name} ${ENV_MESSAGES[env.status]}`,
          ...describeLoading(plan.framework, env),
          ...describeHandler(plan, outcome, (command) => inFolder(context, folder, command)),
        ].map((line) => wrapText(line, '  ', columns)),
        // A command stays whole.
        `Next: ${style.cyan(safeLine(next))}`,
      ].join('\n'),
    json: () => {
      const { files: _, framework, ...rest } = plan;
      const received = firstEvent === undefined ? {} : { firstEvent };
      return {
        type: 'init',
        v: 1,
        folder: cwd,
        ...rest,
        framework: framework.name,
        ...outcome,
        ...received,
      };
    },
  };
}

function describeConfig(
  { forwardTo, because }: Plan,
  { config }: SetUpResult,
  existing: ExistingConfig | undefined,
): string {
  if (config.status === 'written') {
    return `forwards to ${forwardTo} (port: ${because.port}; path: ${because.path})`;
  }
  return existing?.get('forwardTo') === undefined
    ? `was there already, without "forwardTo"; left as it is, so add "forwardTo": "${forwardTo}"`
    : `was there already, forwards to ${forwardTo}; left as it is`;
}

/** What was written, how it is connected and run; else where the code of a handler is. */
function describeHandler(
  { files, noHandler, recipe }: Plan,
  { written }: SetUpResult,
  inItsFolder: (command: string) => string,
): string[] {
  if (files === null || written.length === 0) {
    return [
      ...(noHandler === null ? [] : [`--handler wrote nothing: ${safeLine(noHandler)}`]),
      ...(recipe === null ? [] : [`To see a handler: relyable recipe ${recipe}`]),
    ];
  }
  const { connect, missing, testCommand } = files;
  return [
    `${files.handler.path}: a handler of the recipe`,
    ...(connect === null ? [] : [`  to connect it: ${connect}`]),
    ...(missing.length === 0 ? [] : [`  it needs: ${missing.join(', ')}`]),
    `${files.test.path}: a test of it; while your app runs: ${inItsFolder(testCommand)}`,
  ].map((line) => safeLine(line));
}

/** How an app of this framework reads the env file, where it does not by itself. */
function describeLoading(
  { name, loads }: Framework,
  { file, status }: SetUpResult['env'],
): string[] {
  if (loads === null || (status !== 'written' && status !== 'kept')) return [];
  return [`  ${name} does not read it by itself: ${loads.replace('FILE', safeLine(file))}`];
}
