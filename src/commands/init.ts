import { join, relative, resolve } from 'node:path';
import type { Invocation } from '../cli.ts';
import { findProjectConfig } from '../config/load.ts';
import { nearest } from '../config/nearest.ts';
import { developmentSecret, SECRET_ENV_NAME } from '../config/secrets.ts';
import { parseTargetUrl } from '../config/values.ts';
import { EXIT_NO, EXIT_YES, RelyableError } from '../errors.ts';
import type { InitFlags } from '../flags/init.ts';
import { guessEnvFile, guessFramework, guessPort, type Guess, isPort } from '../init/detect.ts';
import { type Framework, FRAMEWORKS } from '../init/frameworks.ts';
import { guessPath } from '../init/route.ts';
import { type ConfigOutcome, type EnvOutcome, writeConfig, writeEnvLine } from '../init/write.ts';
import { safeLine } from '../report/safe-text.ts';
import { type Asker, createAsker } from './ask.ts';

type InitInvocation = Invocation<InitFlags>;

/** What the project's set-up will be. */
interface Plan {
  readonly framework: string;
  readonly forwardTo: string;
  readonly envFile: string;
  readonly secretEnv: string;
  /** What each of them rests on, e.g. `usual for express`. */
  readonly because: Readonly<Record<'framework' | 'port' | 'path' | 'envFile', string>>;
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
  const plan = await makePlan(invocation);
  const outcome = await carryOut(invocation, plan);
  const { terminal } = invocation;
  if (terminal.isJson) terminal.json({ type: 'init', v: 1, ...plan, ...outcome });
  else terminal.data(describe(invocation, plan, outcome));
  return outcome.env.status === 'refused' ? EXIT_NO : EXIT_YES;
}

async function makePlan(invocation: InitInvocation): Promise<Plan> {
  const { terminal, flags } = invocation;
  const isSettled =
    flags.yes === true ||
    (flags.port !== undefined && flags.path !== undefined && flags.dotenv !== undefined);
  if (!isSettled && !terminal.mayPrompt) {
    throw new RelyableError('USAGE', 'init: nobody can be asked here', {
      hint: 'relyable init --yes takes what it finds; or pass --port, --path and --dotenv',
    });
  }
  const asker = isSettled
    ? undefined
    : createAsker(invocation, 'relyable init --yes takes what it finds');
  try {
    return await settle(invocation, asker);
  } finally {
    asker?.close();
  }
}

async function settle({ context, flags }: InitInvocation, asker?: Asker): Promise<Plan> {
  const choose = async <T>(
    question: string,
    flag: string | undefined,
    guess: Guess<T>,
    problem: (answer: string) => string | undefined,
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

  if (!/^[A-Za-z_]\w*$/.test(flags.secretEnv ?? '')) {
    throw new RelyableError(
      'USAGE',
      `--secret-env: expected a variable's name, got "${flags.secretEnv}"`,
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
  );
  return {
    framework: framework.name,
    forwardTo: parseTargetUrl(`http://localhost:${port.value}${path.value}`, '--path').href,
    envFile: envFile.value,
    secretEnv: flags.secretEnv ?? SECRET_ENV_NAME,
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
  const guess = nearest(answer, names);
  return guess === undefined
    ? `expected one of ${names.join(', ')}`
    : `expected a framework (did you mean ${guess}?)`;
}

function envFileProblem(folder: string, answer: string): string | undefined {
  const isInside = !relative(folder, resolve(folder, answer)).startsWith('..');
  return isInside && /^[\w./-]*[\w-]$/.test(answer)
    ? undefined
    : 'expected a file in this folder, such as .env';
}

async function carryOut({ context, globals }: InitInvocation, plan: Plan): Promise<Outcome> {
  const existing = findProjectConfig(
    context,
    globals.config === undefined ? {} : { config: globals.config },
  );
  const file = existing ?? join(context.cwd, '.relyablerc.json');
  const status =
    existing === undefined
      ? writeConfig(file, { forwardTo: plan.forwardTo, secretEnv: plan.secretEnv })
      : 'kept';
  const env: EnvStatus = context.env[plan.secretEnv]
    ? 'not needed'
    : await writeEnvLine(context.cwd, plan.envFile, plan.secretEnv, developmentSecret(context));
  return {
    config: { file, status },
    env: { file: plan.envFile, name: plan.secretEnv, status: env },
    next: nextCommand(plan, env, context.platform),
  };
}

/** Where the app's file holds another secret, or the variable has another name, relyable needs it too. */
function nextCommand(plan: Plan, env: EnvStatus, platform: NodeJS.Platform): string {
  if (env === 'refused') {
    // Windows PowerShell has no && and appends UTF-16.
    return platform === 'win32'
      ? `add the line ${plan.envFile} to .gitignore, then relyable init`
      : `echo ${plan.envFile} >> .gitignore && relyable init`;
  }
  const needsFile =
    env === 'differs' || (plan.secretEnv !== SECRET_ENV_NAME && env !== 'not needed');
  if (!needsFile || platform === 'win32') return 'relyable webhooks listen';
  return `set -a; . ./${plan.envFile}; set +a; relyable webhooks listen`;
}

const ENV_MESSAGES: Readonly<Record<EnvStatus, string>> = {
  written: 'set to the development secret, which relyable uses too',
  kept: 'holds the development secret already',
  differs: 'is set to another secret already; left as it is, so give relyable the same',
  refused: 'not written: git does not ignore this file, and it would hold a secret',
  'not needed': 'is set in this shell; give your app the same',
};

function describe({ context, terminal }: InitInvocation, plan: Plan, outcome: Outcome): string {
  const { config, env, next } = outcome;
  const { style } = terminal;
  const shownFile = relative(context.cwd, config.file) || config.file;
  const configMessage =
    config.status === 'written'
      ? `forwards to ${plan.forwardTo} (port: ${plan.because.port}; path: ${plan.because.path})`
      : 'was there already; left as it is';
  return [
    `${safeLine(shownFile)}: ${safeLine(configMessage)}`,
    `${safeLine(env.file)}: ${env.name} ${ENV_MESSAGES[env.status]}`,
    `Next: ${style.cyan(safeLine(next))}`,
  ].join('\n');
}
