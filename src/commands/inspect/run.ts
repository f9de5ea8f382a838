import { errorMessage, EXIT_SUCCESS } from '../../errors.ts';
import { readTlsOptions } from '../../http/target.ts';
import { startInspectorThread } from '../../inspector/start-thread.ts';
import type { Invocation } from '../../invocation.ts';
import { findApiAccess } from '../kit/api-access.ts';
import { announceSecrets, readConfig, whenAborted } from '../kit/invocation-config.ts';
import { recipeOf } from '../kit/project-recipe.ts';
import { findListener } from '../kit/running-listeners.ts';
import { type InspectOptions, inspectOptions } from './options.ts';
import { inspectReadyView } from './view.ts';

/** Serves the page until Ctrl-C. */
export async function run(invocation: Invocation<InspectOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const config = await readConfig(invocation);
  const secrets = config.secrets();
  const { forwardTo, timeout, apiUrl } = config.settings(inspectOptions);
  const storeFile = config.storeFile();
  const api = findApiAccess(invocation, config, apiUrl, options.apiKeyFile);
  announceSecrets(invocation, secrets);
  const listener = await findListener(context.paths.data, context.interrupt);
  const inspector = await startInspectorThread({
    host: options.host,
    port: options.port,
    storeFile,
    secrets: [...secrets.chosen, ...secrets.known],
    target: forwardTo.value?.href ?? null,
    listenerUrl: listener?.url ?? null,
    publicAddress: null,
    tls: readTlsOptions(options),
    timeoutMs: timeout.value,
    api,
    recipe: recipeOf(context.cwd),
  });
  try {
    terminal.note(inspectReadyView(inspector.url, storeFile));
    if (options.open) {
      await context.openUrl(inspector.url).catch((error: unknown) => {
        terminal.warn(`no browser could be opened: ${errorMessage(error)}`);
      });
    }
    await Promise.race([whenAborted(context.interrupt), inspector.failed]);
  } finally {
    await inspector.close();
  }
  return EXIT_SUCCESS;
}
