import { join } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import { findProjectConfig } from '../../config/load.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { Context } from '../../system/context.ts';
import { createAsker, isYes } from '../kit/ask.ts';
import { receiveFirstEvent } from './first-event.ts';
import type { InitOptions } from './options.ts';
import { makePlan, readExisting } from './plan.ts';
import { type EnvStatus, setUpProject } from './set-up-project.ts';
import { setUpView } from './view.ts';
import { findWorkspace } from '../kit/workspace.ts';

/** The outcomes after which the app has no secret yet. */
const WITHOUT_SECRET: ReadonlySet<EnvStatus> = new Set(['empty', 'refused', 'tracked']);

/**
 * Examines the project, asks for what it could not find out, and writes the config and the secret's line.
 * Then, if the user wants it, leads on to the first event.
 */
export async function run(given: Invocation<InitOptions>): Promise<number> {
  const folder = await chooseFolder(given);
  const invocation = folder === null ? given : inFolder(given, folder);
  const { context, terminal, options } = invocation;
  const existing = await readExisting(invocation);
  const plan = await makePlan(invocation, existing);
  const outcome = await setUpProject(context, plan, existing, folder);
  const show = (code: number, firstEvent?: object | null): number => {
    terminal.show(setUpView(plan, outcome, { existing, context, folder, firstEvent }));
    return code;
  };
  const code = WITHOUT_SECRET.has(outcome.env.status) ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
  const isGuided = options.tunnel !== undefined || options.publicUrl !== undefined;
  // One object at the end under --json; people see at once what was written.
  if (!terminal.isJson || code !== EXIT_SUCCESS || !isGuided) show(code);
  if (code !== EXIT_SUCCESS || !(isGuided || (await wantsFirstEvent(invocation)))) return code;
  const { code: ended, result } = await receiveFirstEvent(invocation, plan);
  return terminal.isJson ? show(ended, result) : ended;
}

/** The app's folder in a workspace, relative to the current one; null for the current one itself. */
async function chooseFolder(invocation: Invocation<InitOptions>): Promise<string | null> {
  const { context, globals, terminal, options } = invocation;
  const config = globals.config === undefined ? {} : { config: globals.config };
  if (findProjectConfig(context, config) !== undefined) return null;
  const { framework } = options;
  const { apps } = findWorkspace(context.cwd, framework);
  const [only = null, ...more] = apps;
  if (more.length === 0) return only;
  const hint = `cd ${only ?? ''}, then relyable init`;
  if (options.yes || !terminal.mayPrompt) {
    const expected = framework === undefined ? 'one app' : `one app with ${framework}`;
    throw new RelyableError('USAGE', `init: expected ${expected}, found ${apps.join(', ')}`, {
      hint,
    });
  }
  const asker = createAsker(invocation, hint);
  try {
    return await asker.ask(`App of this workspace (${apps.join(', ')})`, only ?? '', (typed) =>
      apps.includes(typed) ? undefined : `expected one of ${apps.join(', ')}, got "${typed}"`,
    );
  } finally {
    asker.close();
  }
}

/** Whether to lead on to the first event; asked only if a tunnel can be opened and `init` asks questions. */
async function wantsFirstEvent(invocation: Invocation<InitOptions>): Promise<boolean> {
  const { context, terminal, options } = invocation;
  if (options.yes || !terminal.mayPrompt) return false;
  const { findProvider } = await import('../../tunnel/providers.ts');
  const { name, isReady } = await findProvider(context, context.interrupt);
  if (name === null || !isReady) return false;
  const asker = createAsker(invocation, 'relyable init --tunnel does it later');
  try {
    const question = `Wait for a first event of Relyable now, through ${name}? y or n`;
    const answer = await asker.ask(question, 'y', (typed) =>
      isYes(typed) === null ? `expected y or n, got "${typed}"` : undefined,
    );
    return isYes(answer) === true;
  } finally {
    asker.close();
  }
}

function inFolder(invocation: Invocation<InitOptions>, folder: string): Invocation<InitOptions> {
  const { context } = invocation;
  // Not a copy: copying would read the context's streams, which opens them.
  const inside = Object.create(context, { cwd: { value: join(context.cwd, folder) } }) as Context;
  return { ...invocation, context: inside };
}
