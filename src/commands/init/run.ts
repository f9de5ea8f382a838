import { join, relative, resolve } from 'node:path';
import type { Invocation } from '../../invocation.ts';
import type { Context } from '../../system/context.ts';
import { exportFromFile, readTextIfExists } from '../../config/env-file.ts';
import { realFile } from '../../config/git-status.ts';
import { type ConfigLayer, findProjectConfig } from '../../config/load.ts';
import { didYouMean } from '../../did-you-mean.ts';
import { developmentSecret, SECRET_ENV_NAME } from '../../config/secrets.ts';
import { parseTargetUrl } from '../../config/values.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { InitFlags } from './options.ts';
import { guessEnvFile, guessFramework, guessPort, type Guess, isPort } from './detect.ts';
import { type Framework, FRAMEWORKS } from '../kit/frameworks.ts';
import { guessPath } from './route.ts';
import { type ConfigOutcome, type EnvOutcome, writeConfig, writeEnvLine } from './write.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { type Asker, createAsker } from '../kit/ask.ts';
import { loadLayers } from '../kit/invocation-config.ts';

type InitInvocation = Invocation<InitFlags>;

/** What the project's set-up will be. */
interface Plan {
  readonly framework: Framework;
  readonly forwardTo: string;
  readonly envFile: string;
  readonly secretEnv: string;
  /** What each of them rests on, e.g. `usual for express`. */
  readonly because: Readonly<Record<'framework' | 'port' | 'path' | 'envFile', string>>;
}

/** The config that the project has already, which is left as it is. */
interface ExistingConfig {
  readonly file: string;
  /** What it says, its profile first. */
  readonly layers: readonly ConfigLayer[];
}

interface Outcome {
  readonly config: { readonly file: string; readonly status: ConfigOutcome };
  readonly env: { readonly file: string; readonly name: string; readonly status: EnvStatus };
  /** What to type next. */
  readonly next: string;
}

/** `not needed`: the environment has a secret, and only the user knows where the app gets it. */
type EnvStatus = EnvOutcome | 'not needed';

/** Finds out about the project, asks what is left, writes the config and the secret's line. */
export async function run(invocation: InitInvocation): Promise<number> {
  const existing = await readExisting(invocation);
  const plan = await makePlan(invocation, existing);
  const outcome = await carryOut(invocation, plan, existing);
  const { terminal } = invocation;
  if (terminal.isJson)
    terminal.json({ type: 'init', v: 1, ...plan, framework: plan.framework.name, ...outcome });
  else terminal.data(describe(invocation, plan, outcome, existing));
  return NOT_SET.has(outcome.env.status) ? EXIT_CHECK_FAILED : EXIT_SUCCESS;
}

/** With these the app has no secret yet. */
const NOT_SET: ReadonlySet<EnvStatus> = new Set(['empty', 'refused', 'tracked']);

async function readExisting(invocation: InitInvocation): Promise<ExistingConfig | undefined> {
  const { context, globals } = invocation;
  const file = findProjectConfig(
    context,
    globals.config === undefined ? {} : { config: globals.config },
  );
  if (file === undefined) return undefined;
  const layers = await loadLayers(invocation);
  return { file, layers: layers.filter(({ kind }) => kind === 'project') };
}

/** What the existing config says of one setting. */
function said<T>(
  existing: ExistingConfig | undefined,
  read: (values: ConfigLayer['values']) => T | undefined,
): T | undefined {
  return existing?.layers.map(({ values }) => read(values)).find((value) => value !== undefined);
}

async function makePlan(
  invocation: InitInvocation,
  existing: ExistingConfig | undefined,
): Promise<Plan> {
  const { terminal, flags } = invocation;
  const isTargetSettled =
    existing !== undefined || (flags.port !== undefined && flags.path !== undefined);
  const isSettled = flags.yes === true || (isTargetSettled && flags.dotenv !== undefined);
  if (!isSettled && !terminal.mayPrompt) {
    throw new RelyableError('USAGE', 'init: nobody can be asked here', {
      hint: 'relyable init --yes takes what it finds; or pass --port, --path and --dotenv',
    });
  }
  const asker = isSettled
    ? undefined
    : createAsker(invocation, 'relyable init --yes takes what it finds');
  try {
    return await settle(invocation, existing, asker);
  } finally {
    asker?.close();
  }
}

async function settle(
  { context, flags }: InitInvocation,
  existing: ExistingConfig | undefined,
  asker: Asker | undefined,
): Promise<Plan> {
  // Whatever was answered about the target would go into a config that is there already.
  const targetAsker = existing === undefined ? asker : undefined;
  const choose = async <T>(
    question: string,
    flag: string | undefined,
    guess: Guess<T>,
    problem: (answer: string) => string | undefined,
    asker = targetAsker,
  ): Promise<Guess<string>> => {
    if (flag !== undefined) {
      const wrong = problem(flag);
      if (wrong !== undefined) throw new RelyableError('USAGE', `init: ${wrong}, got "${flag}"`);
      return { value: flag, because: 'as given' };
    }
    const suggestion = String(guess.value);
    if (asker === undefined) return { value: suggestion, because: guess.because };
    const answer = await asker.ask(`${question} (${safeLine(guess.because)})`, suggestion, problem);
    return { value: answer, because: answer === suggestion ? guess.because : 'as answered' };
  };

  const secretEnv =
    flags.secretEnv ?? said(existing, (values) => values.secretEnv) ?? SECRET_ENV_NAME;
  if (!/^[A-Za-z_]\w*$/.test(secretEnv)) {
    throw new RelyableError(
      'USAGE',
      `--secret-env: expected a variable's name, got "${secretEnv}"`,
    );
  }
  const found = guessFramework(context.cwd);
  const chosen = await choose(
    'Framework',
    flags.framework,
    { value: found.value.name, because: found.because },
    frameworkProblem,
  );
  const framework = frameworkNamed(chosen.value) ?? found.value;
  const port = await choose(
    'Port of your app',
    flags.port,
    await guessPort(context.cwd, framework, context.platform, context.interrupt),
    (answer) => (isPort(answer) ? undefined : 'expected a port from 1 to 65535'),
  );
  const path = await choose(
    'Path of its handler',
    flags.path,
    guessPath(context.cwd, framework),
    (answer) =>
      /^\/[^\s#]*$/.test(answer) ? undefined : 'expected a path such as /webhooks/relyable',
  );
  const envFile = await choose(
    "File for the secret's line",
    flags.dotenv,
    guessEnvFile(context.cwd, framework),
    (answer) => envFileProblem(context.cwd, answer),
    asker,
  );
  const target = said(existing, (values) => values.forwardTo);
  return {
    framework,
    forwardTo:
      target === undefined
        ? parseTargetUrl(`http://localhost:${port.value}${path.value}`, '--path').href
        : parseTargetUrl(target, 'forwardTo').href,
    envFile: envFile.value,
    secretEnv,
    because: {
      framework: chosen.because,
      port: port.because,
      path: path.because,
      envFile: envFile.because,
    },
  };
}

function frameworkNamed(name: string): Framework | undefined {
  return FRAMEWORKS.find((framework) => framework.name === name.toLowerCase());
}

function frameworkProblem(answer: string): string | undefined {
  if (frameworkNamed(answer) !== undefined) return undefined;
  const names = FRAMEWORKS.map((framework) => framework.name);
  const hint = didYouMean(answer, names);
  return hint === undefined
    ? `expected one of ${names.join(', ')}`
    : `expected a framework (${hint})`;
}

function envFileProblem(folder: string, answer: string): string | undefined {
  const isInside = !relative(folder, resolve(folder, answer)).startsWith('..');
  return isInside && /^[\w./-]*[\w-]$/.test(answer)
    ? undefined
    : 'expected a file in this folder, such as .env';
}

async function carryOut(
  { context }: InitInvocation,
  plan: Plan,
  existing: ExistingConfig | undefined,
): Promise<Outcome> {
  // First what may fail: a config beside no secret's line would look like a project set up.
  const env: EnvStatus = context.env[plan.secretEnv]
    ? 'not needed'
    : await writeEnvLine(context.cwd, plan.envFile, plan.secretEnv, developmentSecret(context));
  const file = existing?.file ?? join(context.cwd, '.relyablerc.json');
  const status =
    existing === undefined
      ? writeConfig(file, { forwardTo: plan.forwardTo, secretEnv: plan.secretEnv })
      : 'kept';
  return {
    config: { file, status },
    env: { file: plan.envFile, name: plan.secretEnv, status: env },
    next: nextCommand(context, plan, env),
  };
}

/** Where the app's file holds another secret, or the variable has another name, relyable needs it too. */
function nextCommand(
  context: Context,
  { envFile, secretEnv }: Pick<Plan, 'envFile' | 'secretEnv'>,
  env: EnvStatus,
): string {
  const isWindows = context.platform === 'win32';
  switch (env) {
    case 'empty':
      return 'relyable webhooks listen --print-secret';
    case 'tracked':
      return isWindows
        ? `git rm --cached ${envFile}, then relyable init`
        : `git rm --cached ${envFile} && relyable init`;
    case 'refused':
      return ignoreFile(context, envFile);
    case 'differs':
      break;
    default:
      if (secretEnv === SECRET_ENV_NAME || env === 'not needed') return 'relyable webhooks listen';
  }
  return isWindows
    ? 'relyable webhooks listen'
    : `${exportFromFile(envFile, secretEnv, false)}; relyable webhooks listen`;
}

/** How git is told to ignore the env file, or the file that it is a link to. */
function ignoreFile({ cwd, platform }: Context, envFile: string): string {
  const path = relative(realFile(cwd), realFile(join(cwd, envFile)));
  // Windows PowerShell has no && and appends UTF-16.
  if (platform === 'win32' || !/^(?!\.\.)[\w./-]+$/.test(path)) {
    return `add the line ${path} to .gitignore, then relyable init`;
  }
  const rules = readTextIfExists(join(cwd, '.gitignore')) ?? '';
  // `echo` would go on with its last line.
  const isUnfinished = rules !== '' && !rules.endsWith('\n');
  const add = isUnfinished ? `printf '\\n${path}\\n'` : `echo ${path}`;
  return `${add} >> .gitignore && relyable init`;
}

const ENV_MESSAGES: Readonly<Record<EnvStatus, string>> = {
  written: 'set to the development secret, which relyable uses too',
  kept: 'holds the development secret already',
  differs: 'is set to another secret already; left as it is, so give relyable the same',
  empty: 'is there without a value; left as it is, so give it the one that the next command prints',
  refused: 'not written: git does not ignore this file, and it would hold a secret',
  tracked: 'not written: git has this file under version control, and it would hold a secret',
  'not needed': 'is set in this shell; give your app the same',
};

function describe(
  { context, terminal }: InitInvocation,
  plan: Plan,
  outcome: Outcome,
  existing: ExistingConfig | undefined,
): string {
  const { config, env, next } = outcome;
  const { style } = terminal;
  const shownFile = relative(context.cwd, config.file) || config.file;
  const configMessage =
    config.status === 'written'
      ? `forwards to ${plan.forwardTo} (port: ${plan.because.port}; path: ${plan.because.path})`
      : describeExisting(existing, plan);
  return [
    `${safeLine(shownFile)}: ${safeLine(configMessage)}`,
    `${safeLine(env.file)}: ${env.name} ${ENV_MESSAGES[env.status]}`,
    ...describeLoading(plan.framework, env),
    `Next: ${style.cyan(safeLine(next))}`,
  ].join('\n');
}

/** A line in a file is nothing to an app that does not read it. */
function describeLoading({ name, loads }: Framework, { file, status }: Outcome['env']): string[] {
  if (loads === null || (status !== 'written' && status !== 'kept')) return [];
  return [`  ${name} does not read it by itself: ${loads.replace('FILE', safeLine(file))}`];
}

function describeExisting(existing: ExistingConfig | undefined, { forwardTo }: Plan): string {
  const hasTarget = said(existing, (values) => values.forwardTo) !== undefined;
  return hasTarget
    ? `was there already, forwards to ${forwardTo}; left as it is`
    : `was there already, without "forwardTo"; left as it is, so add "forwardTo": "${forwardTo}"`;
}
