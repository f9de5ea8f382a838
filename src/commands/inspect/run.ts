import { errorMessage, EXIT_SUCCESS } from '../../errors.ts';
import type { Context } from '../../system/context.ts';
import { readTlsOptions } from '../../http/target.ts';
import { type InspectorThread, startInspectorThread } from '../../inspector/start-thread.ts';
import type { Invocation } from '../../invocation.ts';
import { findApiAccess } from '../kit/api-access.ts';
import { announceSecrets, readConfig, whenAborted } from '../kit/invocation-config.ts';
import { recipeOf } from '../kit/project-recipe.ts';
import { findListener, type ListenerInfo, readPublicAddress } from '../kit/running-listeners.ts';
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
    publicAddress: listener?.publicAddress ?? null,
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
    const ended = [whenAborted(context.interrupt), inspector.failed];
    if (listener !== undefined) ended.push(followAddress(context, listener, inspector));
    await Promise.race(ended);
  } finally {
    await inspector.close();
  }
  return EXIT_SUCCESS;
}

const FOLLOW_MS = 2000;

/** Shows the public address as the listener announces it, until Ctrl-C. */
async function followAddress(
  { paths, sleep, interrupt }: Context,
  { url, publicAddress }: ListenerInfo,
  inspector: InspectorThread,
): Promise<void> {
  let shown = JSON.stringify(publicAddress);
  while (!interrupt.aborted) {
    const address = readPublicAddress(paths.data, url);
    if (JSON.stringify(address) !== shown) inspector.showPublicAddress(address);
    shown = JSON.stringify(address);
    await sleep(FOLLOW_MS, interrupt).catch(() => undefined);
  }
}
