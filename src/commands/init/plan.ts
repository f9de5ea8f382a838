import type { Invocation } from '../../invocation.ts';
import { type ConfigLayer, findProjectConfig } from '../../config/load.ts';
import { SECRET_ENV_NAME } from '../../config/secrets.ts';
import { parseTargetUrl } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { type Asker, createAsker, isYes } from '../kit/ask.ts';
import { type Framework, FRAMEWORKS, usualFor } from '../kit/frameworks.ts';
import type { RecipeName } from '../kit/recipe-names.ts';
import { usesPagesRouter } from '../kit/project-recipe.ts';
import { readConfig } from '../kit/invocation-config.ts';
import type { Parse } from '../kit/options.ts';
import { parseAppPort, parseEnvFile, parseFramework, parseHandlerPath } from './answers.ts';
import { type Guess, guessFramework } from '../kit/guess-framework.ts';
import { guessEnvFile, guessPort } from './detect.ts';
import {
  describeFiles,
  type HandlerFiles,
  type NoHandlerFiles,
  planHandlerFiles,
} from './handler-files.ts';
import type { InitOptions } from './options.ts';
import { guessPath } from './route.ts';

type InitInvocation = Invocation<InitOptions>;

/** What the project's set-up will be. */
export interface Plan {
  readonly framework: Framework;
  /** The recipe for its handler; null where there is none. */
  readonly recipe: RecipeName | null;
  readonly forwardTo: string;
  readonly envFile: string;
  readonly secretEnv: string;
  /** The files to write; null if they are not wanted or exist already. */
  readonly files: HandlerFiles | null;
  /** Why `--handler` writes nothing; null if it does, or is not given. */
  readonly noHandler: string | null;
  /** The reason for each value, e.g. `usual for express`. */
  readonly because: Readonly<Record<'framework' | 'port' | 'path' | 'envFile', string>>;
}

/** A config that the project has already; it is left as it is. */
export class ExistingConfig {
  readonly file: string;
  private readonly layers: readonly ConfigLayer[];

  /** `layers` are those of the file, its profile first. */
  constructor(file: string, layers: readonly ConfigLayer[]) {
    this.file = file;
    this.layers = layers;
  }

  get(key: 'forwardTo' | 'secretEnv'): string | undefined {
    return this.layers.find(({ values }) => values[key] !== undefined)?.values[key];
  }
}

/** The project's config; undefined where there is none. */
export async function readExisting(
  invocation: InitInvocation,
): Promise<ExistingConfig | undefined> {
  const { context, globals } = invocation;
  const file = findProjectConfig(
    context,
    globals.config === undefined ? {} : { config: globals.config },
  );
  if (file === undefined) return undefined;
  const { layers } = await readConfig(invocation);
  return new ExistingConfig(
    file,
    layers.filter(({ kind }) => kind === 'project'),
  );
}

/** Examines the project and asks for what it could not find out. */
export async function makePlan(
  invocation: InitInvocation,
  existing: ExistingConfig | undefined,
): Promise<Plan> {
  const { terminal, options } = invocation;
  const isTargetKnown =
    existing !== undefined || (options.port !== undefined && options.path !== undefined);
  if (options.yes || (isTargetKnown && options.dotenv !== undefined)) {
    return completePlan(invocation, existing, undefined);
  }
  const hint = 'relyable init --yes takes what it finds';
  if (!terminal.mayPrompt) {
    throw new RelyableError(
      'USAGE',
      'init: not a terminal: pass --yes, or --port, --path and --dotenv',
      { hint },
    );
  }
  const asker = createAsker(invocation, hint);
  try {
    return await completePlan(invocation, existing, asker);
  } finally {
    asker.close();
  }
}

async function completePlan(
  { context, options }: InitInvocation,
  existing: ExistingConfig | undefined,
  asker: Asker | undefined,
): Promise<Plan> {
  const { cwd, platform, interrupt } = context;
  // Answers about the target would go into the config, which is left as it is.
  const targetAsker = existing === undefined ? asker : undefined;
  const found = guessFramework(cwd);
  const name = await choose(targetAsker, {
    text: 'Framework',
    given: options.framework,
    guess: { value: found.value.name, because: found.because },
    parse: parseFramework,
  });
  const framework = FRAMEWORKS.find((known) => known.name === name.value) ?? found.value;
  const port = await choose(targetAsker, {
    text: 'Port of your app',
    given: options.port,
    guess: await guessPort(cwd, framework, platform, interrupt),
    parse: parseAppPort,
  });
  const path = await choose(targetAsker, {
    text: 'Path of its handler',
    given: options.path,
    guess: guessPath(cwd, framework),
    parse: parseHandlerPath,
  });
  const envFile = await choose(asker, {
    text: "File for the secret's line",
    given: options.dotenv,
    guess: guessEnvFile(cwd, framework),
    parse: parseEnvFile,
  });
  const target = {
    forwardTo: findTarget(existing, port.value, path.value),
    envFile: envFile.value,
    secretEnv: options.secretEnv ?? existing?.get('secretEnv') ?? SECRET_ENV_NAME,
  };
  const recipe =
    framework.recipe === 'next' && usesPagesRouter(cwd) ? 'next-pages' : framework.recipe;
  const offered = offerFiles(cwd, framework, recipe, target);
  const isOffered = 'handler' in offered;
  const files =
    isOffered && (options.handler || (await confirmFiles(asker, offered))) ? offered : null;
  return {
    framework,
    recipe,
    ...target,
    files,
    noHandler: options.handler && !isOffered ? offered.reason : null,
    because: {
      framework: name.because,
      port: port.because,
      path: path.because,
      envFile: envFile.because,
    },
  };
}

/** A handler where the project has none, and the target's path is that of the recipe; else why not. */
function offerFiles(
  folder: string,
  framework: Framework,
  recipe: RecipeName | null,
  target: Pick<Plan, 'forwardTo' | 'envFile' | 'secretEnv'>,
): HandlerFiles | NoHandlerFiles {
  if (recipe === null) return { reason: 'no framework was found; name it with --framework' };
  const usual = guessPath(folder, framework);
  if (usual.because !== usualFor(framework)) {
    return { reason: `${usual.because} has a route for Relyable already` };
  }
  const { pathname } = new URL(target.forwardTo);
  if (pathname !== usual.value) {
    return { reason: `the handler of the recipe is at ${usual.value}, not at ${pathname}` };
  }
  return planHandlerFiles({ folder, recipe, ...target });
}

async function confirmFiles(asker: Asker | undefined, files: HandlerFiles): Promise<boolean> {
  if (asker === undefined) return false;
  const question = `Write a handler and a test, ${describeFiles(files)}? y or n`;
  const answer = await asker.ask(question, 'y', (typed) =>
    isYes(typed) === null ? `expected y or n, got "${typed}"` : undefined,
  );
  return isYes(answer) === true;
}

/** The target that the config names, else the one that was found out. */
function findTarget(existing: ExistingConfig | undefined, port: number, path: string): string {
  const configured = existing?.get('forwardTo');
  return configured === undefined
    ? parseTargetUrl(`http://localhost:${port}${path}`, '--path').href
    : parseTargetUrl(configured, 'forwardTo').href;
}

interface Question<T> {
  readonly text: string;
  /** The value of the option. */
  readonly given: T | undefined;
  readonly guess: Guess<T>;
  readonly parse: Parse<T>;
}

/** The value given, else the answer, else the guess. */
async function choose<T extends string | number>(
  asker: Asker | undefined,
  { text, given, guess, parse }: Question<T>,
): Promise<Guess<T>> {
  if (given !== undefined) return { value: given, because: 'as given' };
  if (asker === undefined) return guess;
  const suggestion = String(guess.value);
  const question = `${text} (${safeLine(guess.because)})`;
  const answer = await asker.ask(question, suggestion, (typed) => problemIn(typed, text, parse));
  return {
    value: parse(answer, text),
    because: answer === suggestion ? guess.because : 'as answered',
  };
}

/** Why an answer is not accepted; undefined where it is. */
function problemIn(answer: string, question: string, parse: Parse<unknown>): string | undefined {
  try {
    parse(answer, question);
    return undefined;
  } catch (error) {
    if (!(error instanceof RelyableError)) throw error;
    return error.hint === undefined ? error.message : `${error.message} (${error.hint})`;
  }
}
