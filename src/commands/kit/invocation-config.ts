import { type ConfigLayer, loadConfig } from '../../config/load.ts';
import type { Secrets } from '../../config/secrets.ts';
import type { Setting } from '../../config/settings.ts';
import type { Invocation } from '../../invocation.ts';
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

/** What every command says about the signing secrets on stderr, once nothing it was given is wrong. */
export function announceSecrets({ terminal }: Invocation<unknown>, secrets: Secrets): void {
  for (const warning of secrets.warnings) terminal.warn(warning);
  if (secrets.note !== null) terminal.info(terminal.errorStyle.dim(secrets.note));
  terminal.verbose(`signing secret: from ${secrets.chosen[0].source}`);
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
