import { errorMessage } from '../../../errors.ts';
import type { Invocation } from '../../../invocation.ts';
import type { ListenEvent } from '../../../pipeline/events.ts';
import type { Listener } from '../../../pipeline/listener.ts';
import type { BackgroundStore } from '../../../store/background/background-store.ts';
import type { Context, InputStream } from '../../../system/context.ts';
import { columnsOf } from '../../../terminal/columns.ts';
import { formatNote, formatWarning } from '../../../terminal/error.ts';
import { safeText } from '../../../terminal/safe-text.ts';
import type { Terminal } from '../../../terminal/terminal.ts';
import type { ListenInspector } from '../listen-inspector.ts';
import type { ListenOptions } from '../options.ts';
import type { DeliveryHead } from '../delivery-head.ts';
import type { PrintedOptions } from '../refusal-hints.ts';
import { listenEventView } from '../view.ts';
import { hasBrowser } from '../../kit/browser.ts';
import { actOnAddress, createLiveActions } from './actions.ts';
import { KeyInput } from './key-input.ts';
import type { Key } from './keys.ts';
import { layout } from './layout.ts';
import { anchorsCursorToEnd, Screen } from './screen.ts';
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
import { watchTarget } from './target-watch.ts';

/** What the keys act on. */
export interface LiveSubject {
  readonly store: BackgroundStore;
  readonly storeFile: string;
  readonly listener: Listener;
  readonly inspector: ListenInspector;
}

/** The live view where the whole terminal is one and `--output` is not `plain`; else null. */
export function createLiveView(
  invocation: Invocation<ListenOptions>,
  printed: PrintedOptions,
): LiveView | null {
  const { context, terminal, options } = invocation;
  const { stdin, stdout } = context;
  const isWhole =
    terminal.isLive &&
    terminal.mayPrompt &&
    stdout.isTTY === true &&
    columnsOf(stdout) !== undefined;
  if (!isWhole || options.output === 'plain' || stdin.setRawMode === undefined) return null;
  return new LiveView(context, terminal, stdin, printed);
}

/** `listen` on a terminal: the lines of events above, a block with status and keys below. */
export class LiveView {
  /** Prints above the block: for everything that is said while the block is drawn. */
  readonly terminal: Terminal;
  private readonly context: Context;
  private readonly plainTerminal: Terminal;
  private readonly stdin: InputStream;
  private readonly printed: PrintedOptions;
  private readonly screen: Screen;
  private readonly closed = new AbortController();
  private state: LiveState = INITIAL_STATE;
  /** Deliveries that the state does not know yet; it takes them in when it is read. */
  private unobserved: DeliveryHead[] = [];
  private lastForwardAt = -Infinity;
  private input: KeyInput | undefined;

  /** `printed` as in `listenEventView`. */
  constructor(context: Context, terminal: Terminal, stdin: InputStream, printed: PrintedOptions) {
    this.context = context;
    this.plainTerminal = terminal;
    this.stdin = stdin;
    this.printed = printed;
    this.screen = new Screen({
      output: context.stdout,
      anchorsCursorToEnd: anchorsCursorToEnd(context.env),
      elapsed: context.elapsed,
      block: () => this.layout(),
    });
    this.terminal = printAbove(terminal, this.printText);
  }

  print(event: ListenEvent): void {
    if (event.type === 'ready') {
      const { url, forwardTo: target, publicUrl } = event;
      this.update({ url, target, publicUrl });
    }
    if (event.type === 'tunnel' && event.state !== 'down') this.update({ publicUrl: event.url });
    if (event.type === 'delivery') {
      this.unobserved.push(toHead(event));
      if (this.unobserved.length >= MAX_RECENT) this.current();
      if (event.forward !== null) this.lastForwardAt = this.context.elapsed();
    }
    if (!isPrinted(this.state, event)) {
      this.screen.refresh();
      return;
    }
    const text = listenEventView(event, this.printed).text(this.plainTerminal);
    if (text !== null) this.printText(text);
  }

  /** Draws the block and reads keys from here on. */
  start(subject: LiveSubject): void {
    const { context, closed } = this;
    const options = {
      ...subject,
      context,
      terminal: this.plainTerminal,
      print: this.printText,
      send: (sequence: string) => void context.stdout.write(sequence),
      notify: this.notify,
      findHead: (id: string) => this.current().recent.find((delivery) => delivery.id === id),
      onReach: this.onReach,
    };
    const act = createLiveActions(options);
    this.input = new KeyInput(context, this.stdin, this.screen, (key) => {
      const action = this.press(key);
      if (action !== null && 'url' in action) {
        actOnAddress(action, options).catch((error: unknown) => this.notify(errorMessage(error)));
      } else if (action?.type === 'inspect') void this.openInspector(subject.inspector);
      else if (action !== null) this.perform(action, act);
    });
    context.interrupt.addEventListener('abort', () => this.update({ isStopping: true }), {
      signal: closed.signal,
    });
    const { target } = this.state;
    if (target === null) return;
    watchTarget(target, context, {
      signal: closed.signal,
      idleMs: () => context.elapsed() - this.lastForwardAt,
      onResult: this.onReach,
    }).catch((error: unknown) => this.notify(errorMessage(error)));
  }

  /** Gives the terminal back as it was. */
  close(): void {
    this.closed.abort();
    this.input?.close();
    this.screen.hide();
  }

  private readonly printText = (text: string): void => {
    this.screen.print(this.plainTerminal.legible(text));
  };

  private readonly notify = (notice: string | null): void => this.update({ notice });

  private readonly onReach = (isUp: boolean): void => {
    const reach = isUp ? 'up' : 'down';
    if (reach !== this.current().reach) this.update({ reach });
  };

  private current(): LiveState {
    if (this.unobserved.length > 0) this.state = observe(this.state, this.unobserved);
    this.unobserved = [];
    return this.state;
  }

  private update(change: Partial<LiveState>): void {
    this.state = { ...this.current(), ...change };
    this.screen.refresh();
  }

  private layout(): string[] {
    const { stdout } = this.context;
    const { style, isUtc, legible } = this.plainTerminal;
    const columns = columnsOf(stdout) ?? 80;
    const rows = stdout.rows || 24;
    return layout(this.current(), { columns, rows, style, isUtc, legible });
  }

  private press(key: Key): Action | null {
    const pressed = press(this.current(), key);
    this.state = pressed.state;
    this.screen.refresh();
    return pressed.action;
  }

  /** Prints the address as well: not every terminal has a browser. */
  private async openInspector(inspector: ListenInspector): Promise<void> {
    try {
      const url = await inspector.open();
      this.printText(`inspector at ${url}`);
      if (hasBrowser(this.context)) await this.context.openUrl(url);
    } catch (error) {
      this.notify(`inspector: ${errorMessage(error)}`);
    }
  }

  private perform(
    action: Exclude<Action, { type: 'inspect' } | { url: string }>,
    act: ReturnType<typeof createLiveActions>,
  ): void {
    switch (action.type) {
      case 'quit':
        this.context.stop('SIGINT');
        return;
      case 'suspend':
        this.input?.suspend();
        return;
      default:
        act(action.type, action.id).catch((error: unknown) =>
          this.notify(`${action.type}: ${errorMessage(error)}`),
        );
    }
  }
}

/** The same terminal, but what it prints goes above the block. */
function printAbove(terminal: Terminal, print: (text: string) => void): Terminal {
  const { isQuiet, isVerbose, errorStyle } = terminal;
  return Object.create(terminal, {
    data: { value: print },
    info: {
      value: (text: string) => (isQuiet ? undefined : print(formatNote(text, terminal.columns))),
    },
    warn: { value: (text: string) => print(formatWarning(text, errorStyle, terminal.columns)) },
    verbose: {
      value: (text: string) => (isVerbose ? print(errorStyle.dim(safeText(text))) : undefined),
    },
  }) as Terminal;
}
