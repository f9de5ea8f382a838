import { DEFAULT_HOST, DEFAULT_PORT } from '../../config/defaults.ts';
import type { Setting } from '../../config/settings.ts';
import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { findListener } from '../kit/running-listeners.ts';
import type { TriggerOptions } from './options.ts';

/** Where events are sent. */
export interface TriggerTarget {
  readonly url: URL;
  /** What the user may not expect about it: a listener that is used, or one that is not; else null. */
  readonly note: string | null;
}

/**
 * The target: `--to`, the config's `forwardTo`, or a listener that runs on this machine. Without
 * any, USAGE if the events are sent, else the address that a listener has by default.
 */
export async function resolveTarget(
  { context, options }: Invocation<TriggerOptions>,
  configured: Setting<URL | undefined>,
  isSent: boolean,
): Promise<TriggerTarget> {
  const url = configured.value;
  if (url !== undefined && options.to !== undefined) return { url, note: null };
  const listener = await findListener(context.paths.data, context.interrupt);
  if (url !== undefined) return { url, note: listener ? describeBypass(url, listener) : null };
  if (listener !== undefined) {
    const running = new URL(listener.url);
    return { url: running, note: `to the running listener at ${running.href}` };
  }
  if (!isSent) return { url: new URL(`http://${DEFAULT_HOST}:${DEFAULT_PORT}`), note: null };
  throw new RelyableError(
    'USAGE',
    'expected a target: there is no --to, no forwardTo in a config file, and no running listener',
    {
      hint: 'relyable webhooks trigger test_run.completed --to 3000/webhooks/relyable, or start one: relyable webhooks listen',
    },
  );
}

/** The config names the target, but a listener that is running is not it. */
function describeBypass(url: URL, listener: { readonly url: string }): string | null {
  const { origin, host } = new URL(listener.url);
  if (url.origin === origin) return null;
  return `to ${url.href} as configured, not through the listener at ${origin}: --to ${host} sends through it`;
}
