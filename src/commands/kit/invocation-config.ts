import { type ConfigLayer, loadConfig } from '../../config/load.ts';
import { resolveSecrets, type SecretFlags, type Secrets } from '../../config/secrets.ts';
import { pickSetting, type Setting, storeSetting } from '../../config/settings.ts';
import type { Invocation } from '../../invocation.ts';
import type {
  GivenSetting,
  OptionDeclaration,
  OptionDeclarations,
  SettingDeclaration,
} from './options.ts';
import { type Context, signalExitCode } from '../../system/context.ts';
import { EXIT_SUCCESS } from '../../errors.ts';

/** The config layers of this invocation, in order of precedence. */
export function loadLayers(
  { context, globals, terminal }: Invocation<unknown>,
  warn: (message: string) => void = terminal.warn,
): Promise<ConfigLayer[]> {
  const selection = {
    ...(globals.config === undefined ? {} : { config: globals.config }),
    ...(globals.profile === undefined ? {} : { profile: globals.profile }),
  };
  return loadConfig(context, selection, warn);
}

/** The config files of an invocation, and what they and the options make of it. */
export class InvocationConfig<Options> {
  readonly layers: readonly ConfigLayer[];
  private readonly invocation: Invocation<Options>;

  constructor(invocation: Invocation<Options>, layers: readonly ConfigLayer[]) {
    this.invocation = invocation;
    this.layers = layers;
  }

  /** The declared settings that hold; see `resolveSettings`. */
  settings<D extends OptionDeclarations>(declarations: D): SettingsOf<D> {
    return resolveSettings(this.invocation, this.layers, declarations);
  }

  /** The signing secrets; tell of them with `announceSecrets` once nothing that was given is wrong. */
  secrets(this: InvocationConfig<SecretFlags>): Secrets {
    const { context, options } = this.invocation;
    return resolveSecrets(context, this.layers, options);
  }

  /** The store's file: `--store`, environment, config, or the data folder. */
  storeFile(this: InvocationConfig<{ readonly store?: string | undefined }>): string {
    return storeFile(this.invocation, this.layers);
  }
}

/** Reads the config files: how every command that has settings begins. */
export async function readConfig<Options>(
  invocation: Invocation<Options>,
): Promise<InvocationConfig<Options>> {
  return new InvocationConfig(invocation, await loadLayers(invocation));
}

/** What every command says about the signing secrets on stderr, once nothing it was given is wrong. */
export function announceSecrets({ terminal }: Invocation<unknown>, secrets: Secrets): void {
  for (const warning of secrets.warnings) terminal.warn(warning);
  if (secrets.note !== null) terminal.info(terminal.errorStyle.dim(secrets.note));
  terminal.verbose(`signing secret: from ${secrets.chosen[0].source}`);
}

/** A setting that holds, its text as it was typed, and where it came from. */
export interface ResolvedSetting<T> extends Setting<T> {
  readonly text: string;
}

/** The settings among the declared options of a command. */
export type SettingsOf<D> = {
  readonly [K in keyof D as D[K] extends SettingDeclaration<infer _> ? K : never]: ResolvedSetting<
    D[K] extends SettingDeclaration<infer T> ? T : never
  >;
};

/**
 * The declared settings by precedence: option, environment, project config, user config, default.
 * `--verbose` tells each with where it came from. A text that does not parse is USAGE, and names
 * where it came from.
 */
export function resolveSettings<D extends OptionDeclarations>(
  invocation: Invocation<unknown>,
  layers: readonly ConfigLayer[],
  declarations: D,
): SettingsOf<D> {
  const options = invocation.options as Readonly<Record<string, GivenSetting<unknown> | undefined>>;
  const resolved = Object.entries(declarations).flatMap(([name, declaration]) =>
    declaration.setting === undefined
      ? []
      : [[name, resolveSetting(invocation, layers, declaration, options[name])] as const],
  );
  for (const [name, { text, origin }] of resolved) {
    invocation.terminal.verbose(`${name}: ${text} (${origin})`);
  }
  return Object.fromEntries(resolved) as SettingsOf<D>;
}

function resolveSetting(
  { context }: Invocation<unknown>,
  layers: readonly ConfigLayer[],
  { flags, parse, setting = {}, defaultText }: OptionDeclaration<unknown>,
  given: GivenSetting<unknown> | undefined,
): ResolvedSetting<unknown> {
  if (given !== undefined) return { ...given, origin: /--[\w-]+/.exec(flags)?.[0] ?? flags };
  const { value, origin } = pickSetting<string | number | undefined>(context, layers, {
    ...setting,
    fallback: defaultText,
  });
  if (value === undefined) return { value, text: setting.absentText ?? '(none)', origin };
  const text = String(value);
  return { value: parse(text, origin), text, origin };
}

/** Under `--verbose`: every setting with where it came from. */
export function explainSettings(
  { terminal }: Invocation<unknown>,
  settings: Readonly<Record<string, Setting<string | number | undefined>>>,
): void {
  for (const [name, { value, origin }] of Object.entries(settings)) {
    if (value !== undefined) terminal.verbose(`${name}: ${value} (${origin})`);
  }
}

/** The store file of this invocation. */
export function storeFile(
  invocation: Invocation<{ readonly store?: string | undefined }>,
  layers: readonly ConfigLayer[],
): string {
  const store = storeSetting(invocation.context, layers, invocation.options.store);
  explainSettings(invocation, { store });
  return store.value;
}

/** Ctrl-C ended a job that should have ended by itself; a reader that left did not. */
export function interruptedCode(context: Context): number {
  const signal = context.stoppedBy();
  return signal === null ? EXIT_SUCCESS : signalExitCode(signal);
}

/** Resolves when the signal aborts. */
export function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) done();
    signal.addEventListener('abort', () => done(), { once: true });
  });
}
