import { errorMessage, EXIT_SUCCESS, EXIT_UNREACHABLE } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenEvent } from '../../pipeline/events.ts';
import type { Listener } from '../../pipeline/listener.ts';
import { quoteCmdIfNeeded, quotePosixIfNeeded } from '../../shell-quote.ts';
import {
  type BackgroundStore,
  openBackgroundStore,
} from '../../store/background/background-store.ts';
import type { Context } from '../../system/context.ts';
import {
  announceSecrets,
  type InvocationConfig,
  interruptedCode,
  readConfig,
  whenAborted,
} from '../kit/invocation-config.ts';
import { type ManagedApp, startManagedApp } from '../kit/managed-app.ts';
import { prepareReadyFile, writeReadyFile } from '../kit/ready-file.ts';
import { announceListener } from '../kit/running-listeners.ts';
import { EventPrinter } from './event-printer.ts';
import {
  createExpectationWatcher,
  type ExpectationWatcher,
} from '../kit/expectations/expectation-watcher.ts';
import type { Ending } from '../kit/expectations/expectations-view.ts';
import { CatchUp } from './catch-up.ts';
import { ListenInspector } from './listen-inspector.ts';
import { createLiveView, type LiveView } from './live/live-view.ts';
import { observeDelivery } from './observe-delivery.ts';
import { readOperands } from './operands.ts';
import type { ListenOptions } from './options.ts';
import { PublicAccess } from './public-access.ts';
import type { PrintedOptions } from './refusal-hints.ts';
import type { RelaySource, RelaySourceWorld } from './relay-source.ts';
import { SecretWatch } from './secret-watch.ts';
import { listenerSecrets, type ListenSettings, readListenSettings } from './settings.ts';
import { secretView } from './view.ts';

const WATCHED = { command: 'listen', one: 'delivery', many: 'deliveries' };

/** How long the forwards in flight may take once the listener is asked to stop, ms. */
const GRACE_MS = 5000;

/** Receives webhooks until Ctrl-C, an expectation, a time limit or the end of the app. */
export async function run(given: Invocation<ListenOptions>): Promise<number> {
  const { command, forwardTo } = readOperands(given);
  const options = { ...given.options, forwardTo };
  const invocation = { ...given, options };
  const { terminal } = invocation;
  const config = await readConfig(invocation);
  if (options.printSecret) {
    const secret = config.secrets().chosen[0].value;
    terminal.show(secretView(secret));
    return EXIT_SUCCESS;
  }
  invocation.context.endWithReader();
  const printed = printedOptions(invocation);
  const live = createLiveView(invocation, printed);
  const shown = { ...invocation, terminal: live?.terminal ?? terminal };
  const settings = readListenSettings(shown, config);
  prepareReadyFile(invocation.context, options.readyFile);
  const watcher = createExpectationWatcher(invocation, WATCHED);
  announceSecrets(invocation, settings.secrets);
  for (const warning of [...settings.warnings, ...(watcher?.warnings ?? [])]) {
    terminal.warn(warning);
  }
  const catchUp = await CatchUp.open(shown, config, settings);
  if (catchUp !== null && options.dryRun) return catchUp.list();
  const app = await startManagedApp(shown, {
    command,
    target: settings.listener.forward?.target ?? null,
    secret: settings.listener.secrets[0].value,
    startTimeoutMs: options.startTimeout,
  });
  if (typeof app === 'number') return app;
  try {
    const plan = {
      config,
      settings,
      printed,
      catchUp,
      watcher,
      app,
      hasOwnApp: command !== null,
      live,
    };
    return await listen(invocation, plan);
  } finally {
    live?.close();
    await app.stop();
  }
}

/** The options that printed commands need; empty if they work without any. */
function printedOptions({ context, options }: Invocation<ListenOptions>): PrintedOptions {
  const quote = context.platform === 'win32' ? quoteCmdIfNeeded : quotePosixIfNeeded;
  const files = options.secretFile.map((file) => ` --secret-file ${quote(file)}`);
  // A secret is not printed.
  const secret = options.secret.length > 0 ? ' --secret …' : files.join('');
  return { store: options.store === undefined ? '' : ` --store ${quote(options.store)}`, secret };
}

interface ListenPlan {
  readonly config: InvocationConfig<ListenOptions>;
  readonly settings: ListenSettings;
  readonly printed: PrintedOptions;
  readonly catchUp: CatchUp | null;
  readonly watcher: ExpectationWatcher | null;
  readonly app: ManagedApp;
  /** Whether the app was started here. */
  readonly hasOwnApp: boolean;
  readonly live: LiveView | null;
}

/** Opens the store, listens until something ends it, and drains; the exit code. */
async function listen(invocation: Invocation<ListenOptions>, plan: ListenPlan): Promise<number> {
  const { context, terminal } = invocation;
  const { settings, watcher, live } = plan;
  // The HTTP client is loaded while the store opens.
  const [store, { startListener }] = await Promise.all([
    openBackgroundStore(plan.settings.storeFile, context.now()),
    import('../../pipeline/listener.ts'),
  ]);
  const printer = live ?? new EventPrinter(invocation, plan.printed);
  const inspector = new ListenInspector(invocation, settings, plan.config);
  const emit = (event: ListenEvent): void => {
    if (event.type === 'delivery') watcher?.observe(observeDelivery(event));
    printer.print(event);
  };
  const { now, elapsed, randomBytes } = context;
  const { storeFile } = settings;
  const watched = plan.catchUp?.watch(store) ?? store;
  const world = { now, elapsed, randomBytes, store: watched, storeFile, emit };
  try {
    // First, so that a port in use is reported before webhooks are accepted.
    const inspectUrl = invocation.options.inspect === undefined ? null : await inspector.open();
    const listener = await startListener(settings.listener, { ...world, inspectUrl });
    const access = new PublicAccess(invocation, {
      listener,
      terminal: live?.terminal ?? terminal,
      settings,
      emit,
    });
    const relay = await openRelay(invocation, settings, { listener, store, emit });
    const running = { store, storeFile, listener, access, inspector, relay, emit };
    const secretWatch = watchSecrets(invocation, plan, running);
    const end = await waitForEnd(invocation, plan, running)
      .catch(async (error: unknown) => {
        // Nothing keeps listening after an error.
        await Promise.all([plan.catchUp?.stop(), relay?.stop(), listener.stop(0), access.close()]);
        throw error;
      })
      .finally(() => secretWatch?.stop());
    await Promise.all([plan.catchUp?.stop(), relay?.stop(), listener.stop(GRACE_MS)]);
    await access.close();
    live?.close();
    return exitCodeFor(end, watcher, context);
  } finally {
    await inspector.close();
    await store.close(context.now()).catch((error: unknown) => {
      terminal.warn(`not all forwards were stored: ${errorMessage(error)}`);
    });
  }
}

/** Takes over a secret that is written to a file while it listens; null if an option gives the secret. */
function watchSecrets(
  invocation: Invocation<ListenOptions>,
  { settings, hasOwnApp, live }: ListenPlan,
  { listener, inspector }: { readonly listener: Listener; readonly inspector: ListenInspector },
): SecretWatch | null {
  if (invocation.options.secret.length > 0) return null;
  const terminal = live?.terminal ?? invocation.terminal;
  const watch = new SecretWatch(invocation, {
    secrets: settings.secrets,
    onChange: (secrets) => {
      inspector.replaceSecrets(listener.replaceSecrets(listenerSecrets(secrets)));
      if (hasOwnApp) terminal.warn('your app was started with the earlier secret: start again');
      else terminal.info('your app needs it too: start it again');
    },
    onProblem: (message) => terminal.warn(`the signing secret stays as it is: ${message}`),
  });
  watch.run().catch((error: unknown) => {
    terminal.warn(`the signing secret is no longer watched: ${errorMessage(error)}`);
  });
  return watch;
}

/** The source of `--from`; null without it. Its packages and code are loaded for it alone. */
async function openRelay(
  invocation: Invocation<ListenOptions>,
  settings: ListenSettings,
  world: RelaySourceWorld,
): Promise<RelaySource | null> {
  if (invocation.options.from === undefined) return null;
  const { openRelaySource } = await import('./relay-source.ts');
  return openRelaySource(invocation, settings, world).catch(async (error: unknown) => {
    await world.listener.stop(0);
    throw error;
  });
}

/** What ended the listening. */
interface End {
  readonly ending: Ending;
  /** The app's own exit code, when it ended by itself. */
  readonly appCode?: number;
}

/** Announces the listener to the other commands and waits for the first thing that ends it. */
async function waitForEnd(
  { context, options }: Invocation<ListenOptions>,
  { watcher, app, live, catchUp }: ListenPlan,
  running: {
    readonly store: BackgroundStore;
    readonly storeFile: string;
    readonly listener: Listener;
    readonly access: PublicAccess;
    readonly inspector: ListenInspector;
    readonly relay: RelaySource | null;
    readonly emit: (event: ListenEvent) => void;
  },
): Promise<End> {
  const { listener, access, relay } = running;
  const address = await access.open().catch((error: unknown) => {
    if (context.interrupt.aborted) return null;
    throw error;
  });
  if (address === null) return { ending: 'signal' };
  const { reporter, ...shown } = address;
  listener.announce(shown, reporter);
  const { url } = listener.receiver;
  const announcement = announceListener(context.paths.data, {
    url,
    pid: context.pid,
    startedAt: new Date(context.now()).toISOString(),
    publicAddress: null,
  });
  access.keep((publicAddress) => {
    running.inspector.showPublicAddress(publicAddress);
    announcement.showPublicAddress(publicAddress);
  });
  try {
    const removeReadyFile = writeReadyFile(context.cwd, options.readyFile, url);
    context.limitHeapGrowth();
    live?.start(running);
    catchUp?.start(listener, running.emit);
    watcher?.start();
    relay?.start();
    const end = await Promise.race([
      whenAborted(context.interrupt).then((): End => ({ ending: 'signal' })),
      app.ended.then((appCode): End => ({ ending: 'app', appCode })),
      access.changed.then((): End => ({ ending: 'url-change' })),
      access.lost,
      ...(relay === null ? [] : [relay.lost]),
      ...(watcher === null ? [] : [watcher.decided.then((ending): End => ({ ending }))]),
    ]);
    removeReadyFile();
    return end;
  } finally {
    announcement.withdraw();
  }
}

function exitCodeFor(
  { ending, appCode }: End,
  watcher: ExpectationWatcher | null,
  context: Context,
): number {
  const verdict = watcher?.finish(ending) ?? EXIT_SUCCESS;
  if (ending === 'url-change') return EXIT_UNREACHABLE;
  // Ctrl-C is how a listener without expectations is meant to end.
  if (ending === 'signal') return watcher === null ? EXIT_SUCCESS : interruptedCode(context);
  return appCode === undefined || appCode === 0 ? verdict : appCode;
}
