import { DEFAULT_HOST, DEFAULT_PORT } from '../../config/defaults.ts';
import type { Setting } from '../../config/settings.ts';
import { RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { readTlsOptions } from '../../http/target.ts';
import { identifyListener, type ListenerIdentity } from '../kit/identify-listener.ts';
import { findListener } from '../kit/running-listeners.ts';
import type { TriggerOptions } from './options.ts';

/** Where events are sent. */
export interface TriggerTarget {
  readonly url: URL;
  /** A note that a listener was found and is used, or that a running one is not used; else null. */
  readonly note: string | null;
}

/**
 * The target: `--to`, the config's `forwardTo`, or a listener that runs on this machine. Without any of
 * them: USAGE if the events are to be sent, else the default address of a listener.
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

/** Asks whether the target is a listener of ours, and where it sends the event. */
export function askForListener(
  { context, options }: Invocation<TriggerOptions>,
  url: URL,
  event: string | null = null,
): Promise<ListenerIdentity | null> {
  const { interrupt: signal, randomBytes } = context;
  return identifyListener(url, { event, tls: readTlsOptions(options), signal, randomBytes });
}

/**
 * Where to send a request that should be refused. A listener would refuse it itself, which proves nothing
 * about the app. If the listener was not named with `--to`, the request goes directly to its app. A
 * listener that was named, or has no app, is a USAGE error unless `--expect-status` is given.
 */
export async function resolveTamperedTarget(
  invocation: Invocation<TriggerOptions>,
  target: TriggerTarget,
): Promise<TriggerTarget> {
  const { options } = invocation;
  const isNamed = options.to !== undefined;
  const listener = await askForListener(invocation, target.url);
  if (listener === null || listener.isTransparent) return target;
  const { app, namesTarget } = listener;
  if (options.expectStatus !== undefined && (isNamed || app === null)) return target;
  if (!isNamed && app !== null) {
    const note = `to ${app.href}, the app behind the listener at ${target.url.origin}, which refuses forged requests itself`;
    return { url: app, note };
  }
  const behind =
    app !== null
      ? `the app behind it, ${app.href}, would not see the request`
      : namesTarget
        ? 'no app is behind it'
        : 'it does not tell which app is behind it';
  throw new RelyableError(
    'USAGE',
    `--tamper proves nothing at ${target.url.href}, a relyable listener, which refuses forged requests itself: ${behind}`,
    {
      hint: `--to ${app === null ? '<url of your app>' : app.href} tests your app; --expect-status 401 tests the listener`,
    },
  );
}

/** The config names the target, but a listener that is running is not it. */
function describeBypass(url: URL, listener: { readonly url: string }): string | null {
  const { origin, host } = new URL(listener.url);
  if (url.origin === origin) return null;
  return `to ${url.href} as configured, not through the listener at ${origin}: --to ${host} sends through it`;
}
