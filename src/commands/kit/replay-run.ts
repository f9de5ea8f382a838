import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREACHABLE, RelyableError } from '../../errors.ts';
import { changeAnswers, createSender, type Sender } from '../../http/client/send.ts';
import { readTlsOptions, type TlsOptions } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import type { Override } from '../../json/overrides.ts';
import { toForward, toReplay } from '../../pipeline/replay-capture.ts';
import { isDelivered } from '../../relyable/retry.ts';
import type { Capture } from '../../request/capture.ts';
import type { FoundRequest } from '../../request/files/input.ts';
import { headerValues, SIGNATURE_HEADER } from '../../request/request.ts';
import { type Conceal, createConceal } from '../../signature/conceal.ts';
import type { CaptureReader } from '../../store/captures.ts';
import type { CaptureStore } from '../../store/writer.ts';
import { formatCount } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { toCapture } from './found-capture.ts';
import { type InvocationConfig, interruptedCode } from './invocation-config.ts';
import { openCaptures, requireCapture } from './open-captures.ts';
import { type ProgressLine, startProgressLine } from './progress-line.ts';
import { type ReplayOptions, replayOptions } from './replay-options.ts';
import { ReplaySigner } from './replay-signer.ts';
import {
  formatReplayProgress,
  plannedReplayView,
  type ReplaySubject,
  type ReplayTotals,
  replayTotalsView,
  replayView,
} from './replay-view.ts';

/** What is sent again: a capture of the store, or a request that may not be in it yet. */
export type Selected = { readonly capture: Capture } | { readonly found: FoundRequest };

/** What is sent again, and the words that the command uses for it. */
export interface ReplayJob {
  /** Yields the requests in the order in which they are sent. */
  readonly select: (storeFile: string) => AsyncIterable<Selected>;
  /** Changes to make to each payload before it is sent. */
  readonly overrides: readonly Override[];
  /** Leaves out the requests that the target last answered with 200, so that a run can be repeated. */
  readonly skipsDelivered: boolean;
  /** What is sent, e.g. `['capture', 'captures']`. */
  readonly nouns: readonly [one: string, many: string];
  /** The message if nothing is selected. */
  readonly none: string;
}

/** A request of the run. */
interface ReplayItem {
  /** The id of the capture that the attempt is stored with. */
  readonly id: string;
  readonly deliveryId: string | undefined;
  /** null for a capture of the store: it is read when its turn comes, since its body may be large. */
  readonly found: Capture | null;
  /** Whether the capture still has to be added to the store. */
  readonly isNew: boolean;
  readonly target: URL;
}

interface ReplayPlan {
  readonly storeFile: string;
  readonly items: readonly ReplayItem[];
  readonly signer: ReplaySigner;
  /** Removes secrets from the answers before they are shown or stored. */
  readonly conceal: Conceal;
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
}

/** Sends captures again; each attempt is stored with its capture. With --dry-run shows them only. The exit code. */
export async function replay(
  invocation: Invocation<ReplayOptions>,
  config: InvocationConfig<ReplayOptions>,
  job: ReplayJob,
): Promise<number> {
  const { context, terminal, args, options } = invocation;
  const plan = await planReplay(invocation, config, job);
  if (plan.items.length === 0) {
    terminal.info(job.none);
    const none = replayTotalsView({ selected: 0, sent: 0, delivered: 0, statuses: {} }, job.nouns);
    if (args.length === 0 && !options.dryRun) terminal.show({ ...none, text: () => null });
    return EXIT_SUCCESS;
  }
  plan.signer.announce();
  if (options.dryRun) return showPlan(invocation, plan);
  const totals = await sendAll(invocation, plan);
  if (args.length === 0) terminal.show(replayTotalsView(totals, job.nouns));
  if (context.interrupt.aborted) return interruptedCode(context);
  if (totals.delivered === totals.sent) return EXIT_SUCCESS;
  return totals.statuses['none'] === undefined ? EXIT_CHECK_FAILED : EXIT_UNREACHABLE;
}

/** Checks before anything is sent that every capture exists and that the requested changes can be made. */
async function planReplay(
  invocation: Invocation<ReplayOptions>,
  config: InvocationConfig<ReplayOptions>,
  { select, overrides, skipsDelivered, nouns }: ReplayJob,
): Promise<ReplayPlan> {
  const { to, timeout } = config.settings(replayOptions);
  const signer = new ReplaySigner(invocation, config, overrides);
  const tls = readTlsOptions(invocation.options);
  const storeFile = config.storeFile();
  const targets = new ReplayTargets(invocation.terminal, to.value);
  const items: ReplayItem[] = [];
  let left = 0;
  const { openReader } = await import('../../store/writer.ts');
  const reader = openReader(storeFile);
  try {
    for await (const selected of select(storeFile)) {
      const isFound = 'found' in selected;
      const capture = isFound
        ? toCapture(invocation, selected.found, signer.secrets)
        : selected.capture;
      const stored = isFound ? findStored(reader, capture) : capture;
      const { id, forwards } = stored ?? capture;
      const deliveryId = isFound ? selected.found.deliveryId : undefined;
      const target = targets.of(deliveryId ?? id, forwards);
      const { url } = toReplay(capture, target, signer.changesFor(capture));
      const found = isFound ? capture : null;
      if (skipsDelivered && hasAccepted(forwards, url)) left += 1;
      else items.push({ id, deliveryId, found, isNew: stored === undefined, target });
      invocation.context.interrupt.throwIfAborted();
    }
  } finally {
    reader?.close();
  }
  if (left > 0) {
    const what = formatCount(left, ...nouns);
    invocation.terminal.info(`left out ${what} that this target has answered with 200 meanwhile`);
  }
  const conceal = createConceal(signer.hidden);
  return { storeFile, items, signer, conceal, timeoutMs: timeout.value, tls };
}

/**
 * The stored capture of the same request: it has the same event and bytes and, if the found request is
 * signed, the same signature. The attempt is then stored with that capture.
 */
function findStored(reader: CaptureReader | undefined, found: Capture): Capture | undefined {
  const [signature] = headerValues(found.headers, SIGNATURE_HEADER);
  for (const { id } of reader?.ofEvent(found.eventId).toReversed() ?? []) {
    const capture = reader?.get(id);
    if (capture === undefined || !capture.body.equals(found.body)) continue;
    const isSame = headerValues(capture.headers, SIGNATURE_HEADER)[0] === signature;
    if (isSame || signature === undefined) return capture;
  }
  return undefined;
}

/** Whether the newest attempt to this URL was answered 200. */
function hasAccepted(forwards: Capture['forwards'], { href }: URL): boolean {
  const newest = forwards.findLast(({ url }) => url === href);
  return newest !== undefined && isDelivered(newest.status);
}

async function showPlan(
  { context, terminal }: Invocation<unknown>,
  { storeFile, items, signer }: ReplayPlan,
): Promise<number> {
  const isRead = items.some(({ found }) => found === null);
  const reader = isRead ? await openCaptures(storeFile) : undefined;
  try {
    for (const item of items) {
      const capture = readItem(item, reader);
      const { url } = toReplay(capture, item.target, signer.changesFor(capture));
      terminal.show(plannedReplayView(subjectOf(item, capture, signer), capture.event, url.href));
      await terminal.taken();
      context.interrupt.throwIfAborted();
    }
  } finally {
    reader?.close();
  }
  return EXIT_SUCCESS;
}

/** The capture of an item. `reader` is set if any item has to be read from the store. */
function readItem({ id, found }: ReplayItem, reader: CaptureReader | undefined): Capture {
  if (found !== null) return found;
  if (reader === undefined) throw new Error('no store to read from');
  return requireCapture(reader, id);
}

function subjectOf(
  { id, deliveryId }: ReplayItem,
  capture: Capture,
  signer: ReplaySigner,
): ReplaySubject {
  return { captureId: id, deliveryId, note: signer.noteOn(capture) };
}

async function sendAll(
  invocation: Invocation<ReplayOptions>,
  plan: ReplayPlan,
): Promise<ReplayTotals> {
  const { context, options } = invocation;
  const { conceal, timeoutMs, tls } = plan;
  const { openStore } = await import('../../store/writer.ts');
  const store = openStore(plan.storeFile);
  const connections = options.concurrency;
  const sender = changeAnswers(
    createSender({ timeoutMs, tls, signal: context.interrupt, connections }),
    conceal,
  );
  const run = new ReplayRun(invocation, plan, store, sender);
  try {
    const workers = Math.min(connections, plan.items.length);
    if (plan.items.length > 1) await run.showProgress();
    await Promise.all(Array.from({ length: workers }, () => run.work()));
  } finally {
    run.stopProgress();
    sender.close();
    store.close();
  }
  return run.totals();
}

/** The counts of a run, which its workers share. */
class ReplayRun {
  private readonly invocation: Invocation<ReplayOptions>;
  private readonly plan: ReplayPlan;
  private readonly store: CaptureStore;
  private readonly sender: Sender;
  private progress: ProgressLine | null = null;
  private started = 0;
  private sent = 0;
  private delivered = 0;
  private readonly statuses = new Map<string, number>();

  constructor(
    invocation: Invocation<ReplayOptions>,
    plan: ReplayPlan,
    store: CaptureStore,
    sender: Sender,
  ) {
    this.invocation = invocation;
    this.plan = plan;
    this.store = store;
    this.sender = sender;
  }

  /** Draws the progress below the lines. In a pipe or a file, each line says how far the run is. */
  async showProgress(): Promise<void> {
    if (this.invocation.context.stdout.isTTY !== true) return;
    this.progress = await startProgressLine(this.invocation, this.progressText());
  }

  stopProgress(): void {
    this.progress?.stop();
  }

  /** Sends one capture after the other until the run is over. */
  async work(): Promise<void> {
    const { items } = this.plan;
    for (;;) {
      const item = this.isOver() ? undefined : items[this.started++];
      if (item === undefined) return;
      await this.send(item);
    }
  }

  totals(): ReplayTotals {
    const { sent, delivered } = this;
    const statuses = Object.fromEntries(this.statuses);
    return { selected: this.plan.items.length, sent, delivered, statuses };
  }

  private progressText(): string {
    return formatReplayProgress(this.totals(), this.invocation.terminal.isUtf8);
  }

  private isOver(): boolean {
    const { context, options } = this.invocation;
    const hasFailed = this.delivered < this.sent;
    return context.interrupt.aborted || (options.stopOnFailure && hasFailed);
  }

  private async send(item: ReplayItem): Promise<void> {
    const { context, terminal, args } = this.invocation;
    const { items, signer } = this.plan;
    const capture = readItem(item, this.store);
    // Imported before it is sent: an attempt can only be stored with a capture that exists.
    if (item.isNew) this.store.import([capture]);
    const changes = signer.changesFor(capture);
    const outgoing = toReplay(capture, item.target, changes);
    const at = context.now();
    const forward = toForward(outgoing, await this.sender.send(outgoing), { at, changes });
    this.store.write({ forwards: [[item.id, forward]] });
    this.sent += 1;
    if (isDelivered(forward.status)) this.delivered += 1;
    const status = String(forward.status ?? 'none');
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (context.interrupt.aborted) return;
    const isPlaced = args.length === 0 && this.progress === null;
    const place = isPlaced ? `${this.sent} of ${items.length}` : '';
    terminal.show(replayView(subjectOf(item, capture, signer), forward, place));
    this.progress?.update(() => this.progressText());
    await terminal.taken();
  }
}

/**
 * Where captures are sent: to the given target, else to the URL that each was last sent to. The command
 * that a listener prints under a failure therefore needs no `--to`.
 */
class ReplayTargets {
  private readonly terminal: Terminal;
  private readonly given: URL | undefined;
  /** The targets that were already named on stderr, by URL. */
  private readonly named = new Map<string, URL>();

  constructor(terminal: Terminal, given: URL | undefined) {
    this.terminal = terminal;
    this.given = given;
  }

  of(id: string, forwards: Capture['forwards']): URL {
    if (this.given !== undefined) return this.given;
    const url = forwards.at(-1)?.url;
    if (url === undefined) {
      throw new RelyableError(
        'USAGE',
        `expected a target: no --to, no forwardTo in a config file, and ${id} was never forwarded`,
        { hint: 'add --to with the address of your app, e.g. --to 3000/webhooks/relyable' },
      );
    }
    const known = this.named.get(url);
    if (known !== undefined) return known;
    const { errorStyle } = this.terminal;
    this.terminal.info(errorStyle.dim(`to ${safeLine(url)}, where ${safeLine(id)} was last sent`));
    const target = new URL(url);
    this.named.set(url, target);
    return target;
  }
}
