import { nameOf } from '../../config/settings.ts';
import { type Secrets, secretPlace } from '../../config/secrets.ts';
import { parseHeader } from '../../config/values.ts';
import { RelyableError } from '../../errors.ts';
import { isLoopback } from '../../http/loopback.ts';
import { isLocalHost } from '../../http/server/origin-checks.ts';
import { partialBytesLimit } from '../../http/server/partial-bodies.ts';
import { portOf, readTlsOptions } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenerOptions } from '../../pipeline/listener.ts';
import type { FirstStart } from '../../relay/relay-feed.ts';
import { EVENT_TYPES } from '../../relyable/event-type.ts';
import type { HeaderPair } from '../../request/request.ts';
import { checkEventTypes, expandEventTypes } from '../kit/event-types.ts';
import type { InvocationConfig } from '../kit/invocation-config.ts';
import { listenOptions, type ListenOptions } from './options.ts';

/** The checked settings from the options, the environment and the config files. */
export interface ListenSettings {
  readonly listener: ListenerOptions;
  readonly storeFile: string;
  readonly secrets: Secrets;
  /** Where the app's secret is to be written. */
  readonly secretPlace: ReturnType<typeof secretPlace>;
  /** How many requests of a relay are forwarded at once. Default: 1, which keeps their order. */
  readonly relayConcurrency: number;
  /** Where a new reader of a relay begins. */
  readonly relayStart: FirstStart;
  readonly warnings: readonly string[];
}

/**
 * Reads the settings of a listener; USAGE where one is wrong or two contradict each other. The
 * terminal is also that of warnings while it listens.
 */
export function readListenSettings(
  invocation: Invocation<ListenOptions>,
  config: InvocationConfig<ListenOptions>,
): ListenSettings {
  const { options, terminal } = invocation;
  const secrets = config.secrets();
  const settings = config.settings(listenOptions);
  const storeFile = config.storeFile();
  const addedHeaders = readHeaders(invocation, config);
  const target = settings.forwardTo.value;
  const port = settings.port.value;
  const targetName = nameOf(settings.forwardTo.origin, 'forwardTo');
  if (target !== undefined) refuseOwnPort(target, port, targetName);
  for (const [, url] of options.route) refuseOwnPort(url, port, '--route');
  // Read also where there is no target, so that a wrong option is always reported.
  const tls = readTlsOptions(options);
  const eventsName = nameOf(settings.events.origin, 'events');
  const eventTypes = expandEventTypes(eventsName, settings.events.value ?? []);
  const how = {
    addedHeaders,
    concurrency: settings.concurrency.value,
    timeoutMs: settings.timeout.value,
    tls,
    keepsHost: options.keepHost,
    onSerial: ({ host }: URL) =>
      terminal.warn(`${host} serves one connection at a time: one is used for it from now on`),
  };
  const host = settings.host.value;
  const maxBodyBytes = settings.maxBody.value;
  const isPublic = options.tunnel !== undefined || options.publicUrl !== undefined;
  return {
    storeFile,
    secrets,
    secretPlace: secretPlace(invocation.context, config.layers),
    relayConcurrency: options.concurrency?.value ?? 1,
    relayStart:
      options.from === undefined ? 'new' : firstStart(options.since, invocation.context.now()),
    warnings: checkEventTypes(eventsName, eventTypes ?? []),
    listener: {
      host,
      port,
      maxBodyBytes,
      // A local load test may send large bodies at once; strangers may begin bodies and never complete them.
      maxPartialBytes: isPublic || !isLocalHost(host) ? partialBytesLimit(maxBodyBytes) : Infinity,
      isPublic,
      secrets: listenerSecrets(secrets),
      events: eventTypes && new Set(eventTypes),
      invalid: settings.invalid.value,
      respond: settings.respond.value,
      forward: target && { target, ...how },
      routes: expandRoutes(options.route).map(([event, url]) => [event, { target: url, ...how }]),
    },
  };
}

/** The secrets of a listener: the first is named in `ready`; `known` ones are recognised but not accepted. */
export function listenerSecrets({ chosen, known }: Secrets): ListenerOptions['secrets'] {
  return [...chosen, ...known];
}

/** Throws USAGE for a target that is the listener itself. */
function refuseOwnPort(target: URL, port: number, name: string): void {
  if (!isLoopback(target) || portOf(target) !== port) return;
  throw new RelyableError(
    'USAGE',
    `${name}: expected your app, got the port of this listener, ${port}`,
    { hint: "name your app's port, or listen on another with --port" },
  );
}

/** The routes by event type; USAGE for a misspelt type, or one with two targets. */
function expandRoutes(
  routes: ListenOptions['route'],
): Array<readonly [event: string, target: URL]> {
  const expanded = routes.flatMap(([name, url]) => {
    const types = expandEventTypes('--route', [name]) ?? EVENT_TYPES;
    checkEventTypes('--route', types);
    return types.map((type) => [type, url] as const);
  });
  const twice = expanded.find(([type], index) =>
    expanded.slice(0, index).some(([other]) => other === type),
  );
  if (twice === undefined) return expanded;
  throw new RelyableError('USAGE', `--route: ${twice[0]} is given two targets; it takes one`);
}

/**
 * The headers to add to forwarded requests. All values of a name come from one source: the options, else
 * a profile, the project's config or the user's. `--verbose` shows the names and their sources, but not
 * the values, which may be credentials.
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

function firstStart(since: ListenOptions['since'], now: number): FirstStart {
  if (since === 'last') {
    throw new RelyableError('USAGE', '--since last is of the delivery log, and not for --from', {
      hint: 'a listener with --from always resumes where it stopped',
    });
  }
  return typeof since === 'function' ? { since: new Date(since(now)) } : (since ?? 'new');
}
