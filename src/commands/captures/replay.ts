import { knownSecrets, type Secrets } from '../../config/secrets.ts';
import { EXIT_CHECK_FAILED, EXIT_SUCCESS, EXIT_UNREACHABLE, RelyableError } from '../../errors.ts';
import { changeAnswers, createSender, type Outgoing, type Sender } from '../../http/client/send.ts';
import { readTlsOptions, type TlsOptions } from '../../http/target.ts';
import type { Invocation } from '../../invocation.ts';
import { isDelivered } from '../../relyable/retry.ts';
import type { Capture } from '../../request/capture.ts';
import type { CaptureReader } from '../../store/captures.ts';
import type { CaptureStore } from '../../store/writer.ts';
import { type Conceal, createConceal } from '../../signature/conceal.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { replayView } from '../kit/capture-view.ts';
import { announceSecrets, interruptedCode, readConfig } from '../kit/invocation-config.ts';
import { openCaptures, requireCapture } from '../kit/open-captures.ts';
import { readFilter } from './capture-filter.ts';
import { type CapturesReplayOptions, replayOptions } from './options.ts';
import { type ReplayChanges, toForward, toReplay } from '../../pipeline/replay-capture.ts';
import { plannedReplayView, replayTotalsView, type ReplayTotals } from './view.ts';

/** What is sent again, and how. */
interface ReplayPlan {
  readonly storeFile: string;
  /** In their order. The captures are read when they are sent: their bodies may be large. */
  readonly ids: readonly string[];
  readonly changes: ReplayChanges;
  readonly target: ReplayTarget;
  /** For the answers, before anything is shown or stored of them. */
  readonly conceal: Conceal;
  readonly timeoutMs: number;
  readonly tls: TlsOptions;
}

/** Sends captures again; each attempt is stored with its capture, never as a new one. */
export async function run(invocation: Invocation<CapturesReplayOptions>): Promise<number> {
  const { context, terminal, args, options } = invocation;
  const plan = await planReplay(invocation);
  if (plan.ids.length === 0) {
    terminal.info('no matching captures');
    return EXIT_SUCCESS;
  }
  if (options.dryRun) return showPlan(invocation, plan);
  const totals = await sendAll(invocation, plan);
  if (context.interrupt.aborted) return interruptedCode(context);
  if (args.length === 0) terminal.show(replayTotalsView(totals));
  if (totals.delivered === totals.sent) return EXIT_SUCCESS;
  return totals.statuses['none'] === undefined ? EXIT_CHECK_FAILED : EXIT_UNREACHABLE;
}

/** Nothing is sent unless every capture exists and can be changed as asked. */
async function planReplay(invocation: Invocation<CapturesReplayOptions>): Promise<ReplayPlan> {
  const { context, terminal, options } = invocation;
  requireSelection(invocation);
  const config = await readConfig(invocation);
  const overrides = options.set;
  const secrets = options.resign || overrides.length > 0 ? config.secrets() : undefined;
  const changes = { overrides, secret: secrets?.chosen[0].value };
  const conceal = createConceal(
    [...(secrets?.chosen ?? []), ...knownSecrets(context, config.layers)].map(({ value }) => value),
  );
  const { to, timeout } = config.settings(replayOptions);
  const tls = readTlsOptions(options);
  const storeFile = config.storeFile();
  const target = new ReplayTarget(terminal, to.value);
  const ids: string[] = [];
  const reader = await openCaptures(storeFile);
  try {
    for (const capture of selectCaptures(invocation, reader)) {
      toReplay(capture, target.of(capture), changes);
      ids.push(capture.id);
    }
  } finally {
    reader.close();
  }
  if (secrets !== undefined) announceSigning(invocation, secrets, overrides.length > 0);
  return { storeFile, ids, changes, target, conceal, timeoutMs: timeout.value, tls };
}

function requireSelection({ args, options }: Invocation<CapturesReplayOptions>): void {
  const { all, failed, invalid, event, since } = options;
  const isFiltered = failed || invalid || event !== undefined || since !== undefined;
  if (args.length > 0 !== (all || isFiltered)) return;
  throw new RelyableError(
    'USAGE',
    args.length > 0
      ? 'expected capture ids, or --all, --failed, --invalid, --event or --since, got both'
      : 'expected capture ids, or --all, --failed, --invalid, --event or --since',
    { hint: 'relyable webhooks captures replay last, or --failed --since 2h' },
  );
}

/** The captures named, in their order; those of a filter oldest first. */
function* selectCaptures(
  invocation: Invocation<CapturesReplayOptions>,
  reader: CaptureReader,
): Generator<Capture> {
  const { args } = invocation;
  if (args.length === 0) yield* reader.each(readFilter(invocation));
  for (const name of args) yield requireCapture(reader, name);
}

async function showPlan(
  { context, terminal }: Invocation<unknown>,
  { storeFile, ids, changes, target }: ReplayPlan,
): Promise<number> {
  const reader = await openCaptures(storeFile);
  try {
    for (const id of ids) {
      const capture = requireCapture(reader, id);
      const { url } = toReplay(capture, target.of(capture), changes);
      terminal.show(plannedReplayView(capture, url.href));
      await terminal.taken();
      context.interrupt.throwIfAborted();
    }
  } finally {
    reader.close();
  }
  return EXIT_SUCCESS;
}

async function sendAll(
  invocation: Invocation<CapturesReplayOptions>,
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
    const workers = Math.min(connections, plan.ids.length);
    await Promise.all(Array.from({ length: workers }, () => run.work()));
  } finally {
    sender.close();
    store.close();
  }
  return run.totals();
}

/** The counts of a run, which its workers share. */
class ReplayRun {
  private readonly invocation: Invocation<CapturesReplayOptions>;
  private readonly plan: ReplayPlan;
  private readonly store: CaptureStore;
  private readonly sender: Sender;
  private started = 0;
  private sent = 0;
  private delivered = 0;
  private readonly statuses = new Map<string, number>();

  constructor(
    invocation: Invocation<CapturesReplayOptions>,
    plan: ReplayPlan,
    store: CaptureStore,
    sender: Sender,
  ) {
    this.invocation = invocation;
    this.plan = plan;
    this.store = store;
    this.sender = sender;
  }

  /** Sends one capture after the other until the run is over. */
  async work(): Promise<void> {
    const { ids, target, changes } = this.plan;
    for (;;) {
      const id = this.isOver() ? undefined : ids[this.started++];
      if (id === undefined) return;
      const capture = requireCapture(this.store, id);
      await this.send(id, toReplay(capture, target.of(capture), changes));
    }
  }

  totals(): ReplayTotals {
    const { sent, delivered } = this;
    const statuses = Object.fromEntries(this.statuses);
    return { selected: this.plan.ids.length, sent, delivered, statuses };
  }

  private isOver(): boolean {
    const { context, options } = this.invocation;
    const hasFailed = this.delivered < this.sent;
    return context.interrupt.aborted || (options.stopOnFailure && hasFailed);
  }

  private async send(id: string, outgoing: Outgoing): Promise<void> {
    const { context, terminal, args } = this.invocation;
    const { ids, changes } = this.plan;
    const at = context.now();
    const forward = toForward(outgoing, await this.sender.send(outgoing), { at, changes });
    this.store.write({ forwards: [[id, forward]] });
    this.sent += 1;
    if (isDelivered(forward.status)) this.delivered += 1;
    const status = String(forward.status ?? 'none');
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    if (context.interrupt.aborted) return;
    const place = args.length > 0 ? '' : `${this.sent} of ${ids.length}`;
    terminal.show(replayView(id, forward, place));
    await terminal.taken();
  }
}

function announceSigning(
  invocation: Invocation<unknown>,
  secrets: Secrets,
  isBodyChanged: boolean,
): void {
  announceSecrets(invocation, secrets);
  const why = isBodyChanged ? '--set changes the body, so it is' : 'it is';
  invocation.terminal.info(`${why} signed again with the secret from ${secrets.chosen[0].source}`);
}

/**
 * Where a capture is sent: the target given, else where it was last sent. The command that a listener
 * prints under a failure needs no `--to`.
 */
class ReplayTarget {
  private readonly terminal: Terminal;
  private readonly given: URL | undefined;
  /** Targets that have been named on stderr. */
  private readonly named = new Set<string>();

  constructor(terminal: Terminal, given: URL | undefined) {
    this.terminal = terminal;
    this.given = given;
  }

  of({ id, forwards }: Capture): URL {
    if (this.given !== undefined) return this.given;
    const url = forwards.at(-1)?.url;
    if (url === undefined) {
      throw new RelyableError(
        'USAGE',
        `expected a target: no --to, no forwardTo in a config file, and ${id} was never forwarded`,
        { hint: 'relyable webhooks captures replay last --to 3000/webhooks/relyable' },
      );
    }
    if (!this.named.has(url)) {
      const { errorStyle } = this.terminal;
      this.terminal.info(errorStyle.dim(`to ${safeLine(url)}, where ${id} was last sent`));
    }
    this.named.add(url);
    return new URL(url);
  }
}
