import { type ConfigLayer, loadConfig } from '../../config/load.ts';
import { resolveSecrets, type SecretFlags, type Secrets } from '../../config/secrets.ts';
import {
  nameOf,
  pickSetting,
  type Setting,
  type SettingSource,
  storeSetting,
} from '../../config/settings.ts';
import { takeDailyNote } from './daily-note.ts';
import type { Invocation } from '../../invocation.ts';
import type { GivenSetting, OptionDeclarations, Parse, SettingDeclaration } from './options.ts';
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

type DefaultedSource = SettingSource & { readonly default: string | number };

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

  /** A setting that this command has no option for; `--verbose` shows it as well. */
  setting<T>(source: DefaultedSource, parse: Parse<T>): ResolvedSetting<T>;
  setting<T>(source: SettingSource, parse: Parse<T>): ResolvedSetting<T | undefined>;
  setting<T>(source: SettingSource, parse: Parse<T>): ResolvedSetting<T | undefined> {
    const setting = findSetting(this.invocation.context, this.layers, source, parse);
    explainSetting(this.invocation, source.key ?? '', setting);
    return setting;
  }

  /** The signing secrets; announce them with `announceSecrets` once the options are known to be right. */
  secrets(this: InvocationConfig<SecretFlags>): Secrets {
    const { context, options } = this.invocation;
    return resolveSecrets(context, this.layers, options);
  }

  /** The store's file: `--store`, environment, config, or the data folder. */
  storeFile(this: InvocationConfig<{ readonly store?: string | undefined }>): string {
    const { context, options } = this.invocation;
    const store = storeSetting(context, this.layers, options.store);
    explainSettings(this.invocation, { store });
    return store.value;
  }
}

/** Reads the config files: how every command that has settings begins. */
export async function readConfig<Options>(
  invocation: Invocation<Options>,
  warn?: (message: string) => void,
): Promise<InvocationConfig<Options>> {
  return new InvocationConfig(invocation, await loadLayers(invocation, warn));
}

/**
 * Says on stderr which signing secret is used, on a terminal once a day, and warns of what is unusual
 * about it.
 */
export function announceSecrets(
  { context, terminal }: Invocation<unknown>,
  secrets: Secrets,
): void {
  for (const warning of secrets.warnings) terminal.warn(warning);
  const mayTell = secrets.note !== null && !terminal.isQuiet;
  if (mayTell && takeDailyNote(context, 'development-secret')) {
    terminal.info(terminal.errorStyle.dim(secrets.note));
  }
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
 * `--verbose` shows each with where it came from. A text that does not parse is USAGE, and names
 * where it came from.
 */
export function resolveSettings<D extends OptionDeclarations>(
  invocation: Invocation<unknown>,
  layers: readonly ConfigLayer[],
  declarations: D,
): SettingsOf<D> {
  const options = invocation.options as Readonly<Record<string, GivenSetting<unknown> | undefined>>;
  const resolved: Record<string, ResolvedSetting<unknown>> = {};
  for (const [name, { flags, parse, setting: source }] of Object.entries(declarations)) {
    if (source === undefined) continue;
    const given = options[name];
    const setting =
      given === undefined
        ? findSetting(invocation.context, layers, source, parse)
        : { ...given, origin: /--[\w-]+/.exec(flags)?.[0] ?? flags };
    explainSetting(invocation, source.key ?? name, setting);
    resolved[name] = setting;
  }
  return resolved as SettingsOf<D>;
}

/** What the environment, a config file or the default says; a setting may have no default. */
function findSetting<T>(
  context: Context,
  layers: readonly ConfigLayer[],
  { default: fallback, absentText = '(none)', ...source }: SettingSource,
  parse: Parse<T>,
): ResolvedSetting<T | undefined> {
  const { value, origin } = pickSetting(context, layers, { ...source, fallback });
  if (value === undefined) return { value, text: absentText, origin };
  const text = String(value);
  return { value: parse(text, nameOf(origin, source.key)), text, origin };
}

function explainSetting(
  { terminal }: Invocation<unknown>,
  name: string,
  { text, origin }: Pick<ResolvedSetting<unknown>, 'text' | 'origin'>,
): void {
  terminal.verbose(`${name}: ${text} (${origin})`);
}

/** Under `--verbose`: every setting with where it came from. */
export function explainSettings(
  invocation: Invocation<unknown>,
  settings: Readonly<Record<string, Setting<string | number | undefined>>>,
): void {
  for (const [name, { value, origin }] of Object.entries(settings)) {
    if (value !== undefined) explainSetting(invocation, name, { text: String(value), origin });
  }
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
