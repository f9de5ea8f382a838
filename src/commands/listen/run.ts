import type { Invocation } from '../../invocation.ts';
import type { Context } from '../../system/context.ts';
import { type ConfigLayer } from '../../config/load.ts';
import {
  DEFAULT_HOST,
  DEFAULT_MAX_BODY,
  DEFAULT_PORT,
  DEFAULT_TIMEOUT,
} from '../../config/defaults.ts';
import { resolveSecrets, type Secrets } from '../../config/secrets.ts';
import { pickSetting, storeSetting } from '../../config/settings.ts';
import {
  parseChoice,
  parseDuration,
  parseHeader,
  parseHost,
  parseInteger,
  parseSize,
  parseTargetUrl,
} from '../../config/values.ts';
import { EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { ListenFlags } from './options.ts';
import type { ForwarderOptions } from '../../http/client/forward.ts';
import { announceListener } from '../kit/running-listeners.ts';
import { portOf, readTlsOptions } from '../../http/target.ts';
import type { ListenEvent } from '../../pipeline/events.ts';
import type { Listener, ListenerOptions } from '../../pipeline/listener.ts';
import type { Ending } from './expectations-view.ts';
import { createLineBatch } from '../../terminal/line-batch.ts';
import { formatListenEvent, listenEventToJson } from './view.ts';
import { startStoreThread, type StoreThread } from '../../store/background/background-store.ts';
import { type ManagedApp, splitCommand, startManagedApp } from '../kit/managed-app.ts';
import { checkEventTypes } from '../kit/event-types.ts';
import { createLiveView, type LiveView } from './live/live-view.ts';
import { createWatch, type Watch } from './expectation-watcher.ts';
import { writeReadyFile } from '../kit/ready-file.ts';
import {
  announceSecrets,
  explainSettings,
  interruptedCode,
  loadLayers,
  whenAborted,
} from '../kit/invocation-config.ts';
import { isLoopback } from '../../http/loopback.ts';
import type { HeaderPair } from '../../request/request.ts';
import { safeJson } from '../../json/safe-json.ts';

/** How long forwards under way may take once we are told to stop. */
const GRACE_MS = 5000;

export async function run(invocation: Invocation<ListenFlags>): Promise<number> {
  const { context, flags } = invocation;
  // It starts up while everything else is read.
  const storeThread = startStoreThread();
  parseChoice(flags.output, '--output', ['auto', 'plain']);
  const { operands, command } = splitCommand(invocation);
  if (operands.length > 0) {
    throw new RelyableError('USAGE', `unexpected argument "${operands[0] ?? ''}"`, {
      hint: 'name your app with --forward-to',
    });
  }
  const layers = await loadLayers(invocation);
  if (flags.printSecret === true) {
    // The secret alone: nothing that a $(…) would swallow, no note on stderr either.
    invocation.terminal.raw(`${resolveSecrets(context, layers, flags).chosen[0].value}\n`);
    return EXIT_SUCCESS;
  }
  const { options, storeFile, secrets, warnings } = readOptions(invocation, layers);
  const startTimeoutMs = parseDuration(flags.startTimeout, '--start-timeout');
  const watch = createWatch(invocation);
  announceSecrets(invocation, secrets);
  for (const warning of [...warnings, ...(watch?.warnings ?? [])]) {
    invocation.terminal.warn(warning);
  }
  const live = createLiveView(invocation);
  const terminal = live?.terminal ?? invocation.terminal;
  const app = await startManagedApp(
    { ...invocation, terminal },
    {
      command,
      target: options.forward?.target ?? null,
      secret: options.secrets[0].value,
      startTimeoutMs,
    },
  );
  if (typeof app === 'number') return app;
  try {
    return await listen(invocation, { options, storeThread, storeFile, watch, app, live });
  } finally {
    live?.close();
    await app.stop();
  }
}

interface ListenPlan {
  readonly options: ListenerOptions;
  readonly storeThread: StoreThread;
  readonly storeFile: string;
  readonly watch: Watch | null;
  readonly app: ManagedApp;
  readonly live: LiveView | null;
}

/** Receives until something ends it; the exit code. */
async function listen(
  { context, terminal, flags }: Invocation<ListenFlags>,
  { options, storeThread, storeFile, watch, app, live }: ListenPlan,
): Promise<number> {
  const opening = storeThread.open(storeFile, ({ message, hint }) => {
    (live?.terminal ?? terminal).warn(hint === undefined ? message : `${message}; ${hint}`);
  });
  // The HTTP client is loaded while the store opens.
  const [store, { startListener }] = await Promise.all([
    opening,
    import('../../pipeline/listener.ts'),
  ]);
  const out = createLineBatch(context.stdout, terminal.warn);
  const show = (event: ListenEvent): void => {
    watch?.observe(event);
    if (live !== null) live.show(event);
    else if (event.type === 'delivery' || event.type === 'refused') {
      out.line(
        terminal.isJson
          ? safeJson(listenEventToJson(event))
          : terminal.legible(formatListenEvent(event, terminal, flags.store)),
      );
    } else {
      if (event.type === 'summary') out.end();
      else out.flush();
      if (terminal.isJson) terminal.json(listenEventToJson(event));
      else {
        const { errorStyle: style, isUtc, columns } = terminal;
        terminal.info(formatListenEvent(event, { style, isUtc, columns }));
      }
    }
  };
  const { now, elapsed, randomBytes } = context;
  const world = { now, elapsed, randomBytes, store, storeFile, emit: show };
  /** What ended it. */
  const serve = async (listener: Listener): Promise<End> => {
    const { url } = listener.receiver;
    const withdraw = announceListener(context.paths.data, {
      url,
      pid: context.pid,
      startedAt: new Date(context.now()).toISOString(),
    });
    try {
      const removeReadyFile = writeReadyFile(context.cwd, flags.readyFile, url);
      context.keepMemorySmall();
      live?.start({ store, storeFile, listener });
      watch?.start();
      const end = await Promise.race([
        whenAborted(context.interrupt).then((): End => ({ ending: 'signal' })),
        app.ended.then((appCode): End => ({ ending: 'app', appCode })),
        ...(watch === null ? [] : [watch.decided.then((ending): End => ({ ending }))]),
      ]);
      removeReadyFile();
      return end;
    } finally {
      withdraw();
    }
  };
  try {
    const listener = await startListener(options, world);
    const end = await serve(listener).catch(async (error: unknown) => {
      // Nothing goes on listening behind an error.
      await listener.stop(0);
      throw error;
    });
    await listener.stop(GRACE_MS);
    live?.close();
    return exitCodeFor(end, watch, context);
  } finally {
    await store.close();
  }
}

interface End {
  readonly ending: Ending;
  /** The app's own exit code, when it ended by itself. */
  readonly appCode?: number;
}

function exitCodeFor({ ending, appCode }: End, watch: Watch | null, context: Context): number {
  const verdict = watch?.conclude(ending) ?? EXIT_SUCCESS;
  // A listener without expectations is stopped with Ctrl-C and has done its work.
  if (ending === 'signal') return watch === null ? EXIT_SUCCESS : interruptedCode(context);
  return appCode === undefined || appCode === 0 ? verdict : appCode;
}

interface ListenSettings {
  readonly options: ListenerOptions;
  readonly storeFile: string;
  readonly secrets: Secrets;
  readonly warnings: readonly string[];
}

function readOptions(
  invocation: Invocation<ListenFlags>,
  layers: readonly ConfigLayer[],
): ListenSettings {
  const { context, flags } = invocation;
  const secrets = resolveSecrets(context, layers, flags);
  const pick = (
    name: string,
    flag: string | undefined,
    config: (values: ConfigLayer['values']) => string | number | undefined,
    fallback: string,
  ): { value: string; origin: string } => {
    const setting = pickSetting<string | number>(context, layers, {
      flag: { name: `--${name}`, value: flag },
      config,
      fallback,
    });
    return { value: String(setting.value), origin: setting.origin };
  };
  const settings = {
    forwardTo: pick('forward-to', flags.forwardTo, (values) => values.forwardTo, ''),
    port: pick('port', flags.port, (values) => values.port, String(DEFAULT_PORT)),
    host: pick('host', flags.host, (values) => values.host, DEFAULT_HOST),
    events: pick('events', flags.events, (values) => values.events?.join(','), ''),
    timeout: pick('timeout', flags.timeout, (values) => values.timeout, DEFAULT_TIMEOUT),
    maxBody: pick('max-body', flags.maxBody, (values) => values.maxBody, DEFAULT_MAX_BODY),
    invalid: pick('invalid', flags.invalid, () => undefined, 'reject'),
    respond: pick('respond', flags.respond, () => undefined, 'mirror'),
    concurrency: pick('concurrency', flags.concurrency, () => undefined, '64'),
    store: storeSetting(context, layers, flags.store),
  };
  const { forwardTo, port, host, timeout, maxBody, store, events } = settings;
  explainSettings(invocation, {
    ...settings,
    forwardTo: { ...forwardTo, value: forwardTo.value || '(none)' },
    events: { ...events, value: events.value || 'all' },
  });
  const headers = readHeaders(flags, layers);
  for (const { origin, pairs } of headers) {
    // A value may be a credential.
    const names = pairs.map(([name]) => name).join(', ');
    invocation.terminal.verbose(`headers: ${names} (${origin}; values not shown)`);
  }
  if (headers.length === 0) invocation.terminal.verbose('headers: (none) (default)');
  const target =
    forwardTo.value === '' ? undefined : parseTargetUrl(forwardTo.value, forwardTo.origin);
  const listenPort = parseInteger(port.value, port.origin, 0, 65_535);
  if (target !== undefined && isLoopback(target) && portOf(target) === listenPort) {
    throw new RelyableError(
      'USAGE',
      `${forwardTo.origin}: expected your app, but port ${listenPort} is where this listens`,
      { hint: "name your app's port, or listen on another with --port" },
    );
  }
  // Read also where there is no target, so that a wrong flag is never passed over.
  const forwarding: Omit<ForwarderOptions, 'target'> = {
    addedHeaders: headers.flatMap(({ pairs }) => pairs),
    concurrency: parseInteger(settings.concurrency.value, '--concurrency', 1, 10_000),
    timeoutMs: parseDuration(timeout.value, timeout.origin),
    tls: readTlsOptions(flags),
  };
  const eventTypes = splitList(events.value);
  return {
    storeFile: store.value,
    secrets,
    warnings: checkEventTypes('--events', eventTypes),
    options: {
      host: parseHost(host.value, host.origin),
      port: listenPort,
      maxBodyBytes: parseSize(maxBody.value, maxBody.origin),
      secrets: [secrets.chosen[0], ...secrets.chosen.slice(1), ...secrets.known],
      events: eventTypes.length === 0 ? undefined : new Set(eventTypes),
      invalid: parseChoice(settings.invalid.value, '--invalid', ['reject', 'forward']),
      respond: parseChoice(settings.respond.value, '--respond', ['mirror', 'ack']),
      forward: target === undefined ? undefined : { target, ...forwarding },
    },
  };
}

interface AddedHeaders {
  readonly origin: string;
  readonly pairs: readonly HeaderPair[];
}

/** What is added to forwarded requests, by where it came from; the config's before the flags'. */
function readHeaders(flags: ListenFlags, layers: readonly ConfigLayer[]): AddedHeaders[] {
  const all = [
    ...layers.map(({ origin, values }) => ({
      origin,
      pairs: Object.entries(values.headers ?? {}).map(([name, value]) =>
        parseHeader(`${name}: ${value}`, 'config headers'),
      ),
    })),
    {
      origin: '--header',
      pairs: (flags.header ?? []).map((header) => parseHeader(header, '--header')),
    },
  ];
  return all.filter(({ pairs }) => pairs.length > 0);
}

/** `a, b` → `['a', 'b']`. */
function splitList(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
