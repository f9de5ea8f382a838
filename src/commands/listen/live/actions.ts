import type { Context } from '../../../system/context.ts';
import type { Listener } from '../../../pipeline/listener.ts';
import { toReplay } from '../../../pipeline/replay-capture.ts';
import { writeCurlCommand } from '../../../request/export/curl-script.ts';
import { isDelivered } from '../../../relyable/retry.ts';
import { formatFailure, formatOutcome } from '../../kit/capture-view.ts';
import { clipboardSequence } from './clipboard.ts';
import { formatTime } from '../../../terminal/format.ts';
import { formatDetail } from './detail.ts';
import type { DeliveryHead } from '../delivery-head.ts';
import type { Action } from './state.ts';
import { safeLine } from '../../../terminal/safe-text.ts';
import type { Terminal } from '../../../terminal/terminal.ts';
import type { BackgroundStore } from '../../../store/background/background-store.ts';
import type { Capture } from '../../../request/capture.ts';
import { viewUrlOf } from '../../../relyable/dashboard.ts';
import { hasBrowser } from '../../kit/browser.ts';

/** What an action on an address needs. */
export interface AddressOptions {
  readonly context: Context;
  readonly terminal: Terminal;
  /** Prints whole lines above the block. */
  readonly print: (text: string) => void;
  /** Writes a control sequence to the terminal. */
  readonly send: (sequence: string) => void;
  /** Shows one line until the next key; null removes it. */
  readonly notify: (notice: string | null) => void;
}

export interface LiveActionsOptions extends AddressOptions {
  readonly store: BackgroundStore;
  readonly storeFile: string;
  readonly listener: Listener;
  readonly findHead: (id: string) => DeliveryHead | undefined;
  /** Called after a replay: whether the app answered, with any status. */
  readonly onReach: (isUp: boolean) => void;
}

type KeyAction = Extract<Action, { id: string }>['type'];

/** Performs what a key asks for with a delivery. */
export function createLiveActions(
  options: LiveActionsOptions,
): (type: KeyAction, id: string) => Promise<void> {
  const { store, storeFile, notify } = options;
  return async (type, id) => {
    // The result of a forward may still wait for the next commit.
    await store.flush();
    const capture = await readCapture(storeFile, id);
    if (capture === undefined) {
      notify(`${id} is no longer in the store`);
      return;
    }
    switch (type) {
      case 'view':
        view(capture, options);
        return;
      case 'copy':
        copy(capture, options);
        return;
      case 'open':
        await openPage(capture, options);
        return;
      case 'replay':
        await replay(capture, options);
    }
  };
}

/** SQLite is loaded by the first key that needs it. */
async function readCapture(storeFile: string, id: string): Promise<Capture | undefined> {
  const { openReader } = await import('../../../store/writer.ts');
  const reader = openReader(storeFile);
  const capture = reader?.get(id);
  reader?.close();
  return capture;
}

function view(capture: Capture, { terminal, print, findHead }: LiveActionsOptions): void {
  const verification = findHead(capture.id)?.verification;
  if (verification === undefined) return;
  print(formatDetail(capture, verification, terminal.style, terminal.isUtc));
}

async function replay(capture: Capture, options: LiveActionsOptions): Promise<void> {
  const { listener, terminal, print, notify, onReach } = options;
  const replayed = listener.replay(capture);
  if (replayed === null) {
    notify('there is no app to replay to: start with --forward-to');
    return;
  }
  notify(`replaying ${capture.id}`);
  const forward = await replayed;
  onReach(forward.status !== null);
  const { style, isUtc } = terminal;
  const time = style.dim(formatTime(forward.at, isUtc));
  const failure = isDelivered(forward.status) ? [] : formatFailure(forward, terminal);
  const line = `${time}  ${formatOutcome(forward, style)}  replay of ${capture.id}`;
  print([line, ...failure].join('\n'));
  notify(null);
}

function copy(capture: Capture, options: LiveActionsOptions): void {
  copyText(curlCommandOf(capture), 'copied as a curl command', options);
}

/** To the app, as the capture was last forwarded to it; what was not forwarded, to the listener. */
function curlCommandOf(capture: Capture): string {
  const url = capture.forwards.at(-1)?.url;
  if (url === undefined) return writeCurlCommand(capture);
  const asForwarded = toReplay(capture, new URL(url), { overrides: [], secret: undefined });
  return writeCurlCommand({ ...capture, headers: asForwarded.headers }, url);
}

/** Puts a text on the clipboard and says so; prints it where the terminal is not known to have one. */
function copyText(
  text: string,
  done: string,
  { context, print, send, notify }: AddressOptions,
): void {
  const sequence = clipboardSequence(text, context.env);
  if (sequence === undefined) {
    print(text);
    return;
  }
  send(sequence);
  notify(done);
}

/** Copies or opens an address of the listener or of the app. */
export async function actOnAddress(
  { type, url }: Extract<Action, { url: string }>,
  options: AddressOptions,
): Promise<void> {
  const shown = safeLine(url);
  if (type === 'copy-url') {
    copyText(shown, `copied ${shown}`, options);
  } else if (hasBrowser(options.context)) {
    options.notify(`opening ${shown}`);
    await options.context.openUrl(url);
  } else {
    options.print(options.terminal.link(shown, url));
  }
}

/** Opens a page only if the signature is valid: any sender can make a payload with a URL. */
async function openPage(capture: Capture, options: LiveActionsOptions): Promise<void> {
  const { context, terminal, print, notify } = options;
  const url = viewUrlOf(capture.body);
  if (url === undefined) {
    notify('the payload has no https view_url');
    return;
  }
  if (!capture.verification.valid) {
    notify('not opened: the signature is not valid');
    return;
  }
  if (!hasBrowser(context)) {
    print(terminal.link(safeLine(url), url));
    return;
  }
  notify(`opening ${url}`);
  await context.openUrl(url);
}
