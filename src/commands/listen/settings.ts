import { nameOf } from '../../config/settings.ts';
import type { Secrets } from '../../config/secrets.ts';
import { parseHeader } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { isLoopback } from '../../http/loopback.ts';
import { portOf, readTlsOptions } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenerOptions } from '../../pipeline/listener.ts';
import type { HeaderPair } from '../../request/request.ts';
import { checkEventTypes, expandEventTypes } from '../kit/event-types.ts';
import type { InvocationConfig } from '../kit/invocation-config.ts';
import { listenOptions, type ListenOptions } from './options.ts';

/** What the options, the environment and the config files say, checked. */
export interface ListenSettings {
  readonly listener: ListenerOptions;
  readonly storeFile: string;
  readonly secrets: Secrets;
  readonly warnings: readonly string[];
}

/** Reads the settings of a listener; USAGE where one is wrong or two contradict each other. */
export function readListenSettings(
  invocation: Invocation<ListenOptions>,
  config: InvocationConfig<ListenOptions>,
): ListenSettings {
  const { options } = invocation;
  const secrets = config.secrets();
  const settings = config.settings(listenOptions);
  const storeFile = config.storeFile();
  const addedHeaders = readHeaders(invocation, config);
  const target = settings.forwardTo.value;
  const port = settings.port.value;
  if (target !== undefined && isLoopback(target) && portOf(target) === port) {
    throw new RelyableError(
      'USAGE',
      `${nameOf(settings.forwardTo.origin, 'forwardTo')}: expected your app, got the port of this listener, ${port}`,
      { hint: "name your app's port, or listen on another with --port" },
    );
  }
  // Read also where there is no target, so that a wrong option is always reported.
  const tls = readTlsOptions(options);
  const eventsName = nameOf(settings.events.origin, 'events');
  const eventTypes = expandEventTypes(eventsName, settings.events.value ?? []);
  return {
    storeFile,
    secrets,
    warnings: checkEventTypes(eventsName, eventTypes ?? []),
    listener: {
      host: settings.host.value,
      port,
      maxBodyBytes: settings.maxBody.value,
      secrets: [secrets.chosen[0], ...secrets.chosen.slice(1), ...secrets.known],
      events: eventTypes && new Set(eventTypes),
      invalid: settings.invalid.value,
      respond: settings.respond.value,
      forward: target && {
        target,
        addedHeaders,
        concurrency: settings.concurrency.value,
        timeoutMs: settings.timeout.value,
        tls,
      },
    },
  };
}

/**
 * The headers to add to forwarded requests. The strongest source of a name gives all its values: the
 * options, a profile, the project, the user. `--verbose` tells the names and where they came from; a
 * value may be a credential.
 */
function readHeaders(
  { terminal, options }: Invocation<ListenOptions>,
  { layers }: InvocationConfig<ListenOptions>,
): HeaderPair[] {
  const groups = [
    { origin: '--header', pairs: options.header },
    ...layers.map(({ origin, values }) => ({
      origin,
      pairs: Object.entries(values.headers ?? {}).map(([name, value]) =>
        parseHeader(`${name}: ${value}`, nameOf(origin, `headers.${name}`)),
      ),
    })),
  ].filter(({ pairs }) => pairs.length > 0);
  for (const { origin, pairs } of groups) {
    const names = pairs.map(([name]) => name).join(', ');
    terminal.verbose(`headers: ${names} (${origin}; values not shown)`);
  }
  if (groups.length === 0) terminal.verbose('headers: (none) (default)');
  const merged: HeaderPair[] = [];
  for (const { pairs } of groups) {
    const stronger = new Set(merged.map(([name]) => name.toLowerCase()));
    merged.push(...pairs.filter(([name]) => !stronger.has(name.toLowerCase())));
  }
  return merged;
}
