import type { Invocation } from '../../../invocation.ts';
import type { Context, InputStream } from '../../../system/context.ts';
import { errorMessage } from '../../../errors.ts';
import type { ListenFlags } from '../options.ts';
import { isListening } from '../../../http/client/reachability.ts';
import type { ListenEvent } from '../../../pipeline/events.ts';
import type { Listener } from '../../../pipeline/listener.ts';
import { type DeliveryHead, formatListenEvent } from '../view.ts';
import { createKeyReader, type Key } from './keys.ts';
import { layout } from './layout.ts';
import { anchorsCursorToEnd, createScreen, type Screen } from './screen.ts';
import {
  type Action,
  INITIAL_STATE,
  isPrinted,
  type LiveState,
  MAX_RECENT,
  observe,
  press,
  toHead,
} from './state.ts';
import { safeText } from '../../../terminal/safe-text.ts';
import type { Terminal } from '../../../terminal/terminal.ts';
import type { BackgroundStore } from '../../../store/background/background-store.ts';
import { isLoopback } from '../../../http/loopback.ts';
import { createLiveActions } from './actions.ts';

/** How often an app on this machine is probed while nothing comes, and one elsewhere, ms. */
const PROBE_MS = 3000;
const REMOTE_PROBE_MS = 30_000;

/** What the keys act on, once there is a listener. */
export interface LiveSubject {
  readonly store: BackgroundStore;
  readonly storeFile: string;
  readonly listener: Listener;
}

/** `listen` on a terminal: lines above, a status block with keys below. */
export interface LiveView {
  /** Prints above the block; for whoever else has something to say meanwhile. */
  readonly terminal: Terminal;
  show(event: ListenEvent): void;
  /** Draws the block and listens to keys from here on. */
  start(subject: LiveSubject): void;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** The live view where there is a whole terminal and nobody asked for plain lines; else null. */
export function createLiveView(invocation: Invocation<ListenFlags>): LiveView | null {
  const { context, terminal, flags } = invocation;
  const { stdin, stdout } = context;
  const isWhole = terminal.isLive && terminal.mayPrompt && stdout.isTTY === true;
  if (!isWhole || flags.output === 'plain' || stdin.setRawMode === undefined) return null;
  return openLiveView(context, terminal, stdin, flags.store);
}

function openLiveView(
  context: Context,
  terminal: Terminal,
  stdin: InputStream,
  store: string | undefined,
): LiveView {
  const { stdout, elapsed } = context;
  let state: LiveState = INITIAL_STATE;
  /** What came since, taken in when the state is asked for. */
  let arrived: DeliveryHead[] = [];
  const current = (): LiveState => {
    if (arrived.length > 0) state = observe(state, arrived);
    arrived = [];
    return state;
  };
  const over = new AbortController();
  const screen = createScreen({
    output: stdout,
    anchorsCursorToEnd: anchorsCursorToEnd(context.env),
    elapsed,
    block: () =>
      layout(current(), {
        columns: stdout.columns ?? 80,
        rows: stdout.rows ?? 24,
        style: terminal.style,
        isUtc: terminal.isUtc,
        legible: terminal.legible,
      }),
  });
  const print = (text: string): void => screen.print(terminal.legible(text));
  const update = (change: Partial<LiveState>): void => {
    state = { ...current(), ...change };
    screen.refresh();
  };
  let lastForwardAt = -Infinity;
  let input: Input | undefined;

  const close = (): void => {
    over.abort();
    input?.close();
    screen.hide();
  };

  return {
    terminal: printAbove(terminal, print),
    close,
    show: (event) => {
      if (event.type === 'ready') update({ url: event.url, target: event.forwardTo });
      if (event.type === 'delivery') {
        arrived.push(toHead(event));
        if (arrived.length >= MAX_RECENT) current();
        if (event.forward !== null) lastForwardAt = elapsed();
      }
      if (isPrinted(state, event)) print(formatListenEvent(event, terminal, store));
      else screen.refresh();
    },
    start: (subject) => {
      const tellReach = (isUp: boolean): void => {
        const reach = isUp ? 'up' : 'down';
        if (reach !== current().reach) update({ reach });
      };
      const act = createLiveActions({
        ...subject,
        context,
        terminal,
        print,
        send: (sequence) => stdout.write(sequence),
        notify: (notice) => update({ notice }),
        seen: (id) => current().recent.find((delivery) => delivery.id === id),
        tellReach,
      });
      const onKey = (key: Key): void => {
        const pressed = press(current(), key);
        state = pressed.state;
        screen.refresh();
        if (pressed.action !== null) perform(pressed.action);
      };
      const perform = (action: Action): void => {
        switch (action.type) {
          case 'quit':
            context.stop('SIGINT');
            return;
          case 'suspend':
            input?.suspend();
            return;
          default:
            act(action.type, action.id).catch((error: unknown) =>
              update({ notice: `${action.type}: ${errorMessage(error)}` }),
            );
        }
      };
      input = takeInput(context, stdin, screen, onKey);
      context.interrupt.addEventListener('abort', () => update({ isStopping: true }), {
        signal: over.signal,
      });
      watchTarget(state.target, context, {
        signal: over.signal,
        idleMs: () => elapsed() - lastForwardAt,
        tell: tellReach,
      }).catch((error: unknown) => update({ notice: errorMessage(error) }));
    },
  };
}

/** The same terminal, but what it prints stands above the block. */
function printAbove(terminal: Terminal, print: (text: string) => void): Terminal {
  const { isQuiet, isVerbose, errorStyle } = terminal;
  return Object.create(terminal, {
    data: { value: print },
    info: { value: (text: string) => (isQuiet ? undefined : print(text)) },
    warn: { value: (text: string) => print(`${errorStyle.yellow('warning:')} ${safeText(text)}`) },
    verbose: {
      value: (text: string) => (isVerbose ? print(errorStyle.dim(safeText(text))) : undefined),
    },
  }) as Terminal;
}

interface Input {
  suspend(): void;
  close(): void;
}

/** Single keys from here until `close`, which also runs when the process ends in any other way. */
function takeInput(
  context: Context,
  stdin: InputStream,
  screen: Screen,
  onKey: (key: Key) => void,
): Input {
  const { stdout } = context;
  const readKeys = createKeyReader();
  const onData = (chunk: Buffer | string): void => {
    for (const key of readKeys(chunk.toString())) onKey(key);
  };
  const enter = (): void => {
    stdin.setRawMode?.(true);
    screen.show();
  };
  const leave = (): void => {
    screen.hide();
    stdin.setRawMode?.(false);
  };
  const onResize = (): void => screen.resized();
  const onContinue = (): void => {
    // The shell may have changed the mode meanwhile; only a change is passed on to the system.
    leave();
    enter();
  };
  // A terminal that went away is told by SIGHUP.
  const onError = (): void => undefined;
  const withdrawExit = context.atExit(leave);
  const withdrawContinue = context.onContinue(onContinue);
  stdin.on('data', onData);
  stdin.on('error', onError);
  stdout.on?.('resize', onResize);
  enter();
  stdin.resume();
  return {
    suspend: () => {
      leave();
      context.suspend();
      // Reached once we are continued, or where there is no shell that could stop us.
      enter();
    },
    close: () => {
      withdrawExit();
      withdrawContinue();
      stdin.off('data', onData);
      stdout.off?.('resize', onResize);
      leave();
      stdin.pause();
    },
  };
}

interface Watching {
  readonly signal: AbortSignal;
  /** Since the last forward ended, which said more than a probe would, ms. */
  idleMs(): number;
  tell(isUp: boolean): void;
}

async function watchTarget(
  target: string | null,
  { sleep }: Context,
  { signal, idleMs, tell }: Watching,
): Promise<void> {
  if (target === null) return;
  const url = new URL(target);
  const everyMs = isLoopback(url) ? PROBE_MS : REMOTE_PROBE_MS;
  while (!signal.aborted) {
    if (idleMs() >= everyMs) {
      const isUp = await isListening(url, signal).catch(() => false);
      if (!signal.aborted) tell(isUp);
    }
    await sleep(everyMs, signal).catch(() => undefined);
  }
}
