import { join } from 'node:path';
import type { SinceTime } from '../../config/values.ts';
import { errorMessage, EXIT_SUCCESS, RelyableError } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import type { ListenEvent, LogSourceEvent } from '../../pipeline/events.ts';
import type { Listener } from '../../pipeline/listener.ts';
import type { PipelineWorld } from '../../pipeline/pipeline.ts';
import { Backlog } from '../../relyable/api/backlog.ts';
import type { ApiClient } from '../../relyable/api/client.ts';
import { isBefore, Pager } from '../../relyable/api/pager.ts';
import { deliveredEventId } from '../../relyable/capture-link.ts';
import { type Delivery, startOf } from '../../relyable/delivery.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { requestOf, signWhereMissing } from '../../relyable/logged-request.ts';
import { isDelivered } from '../../relyable/retry.ts';
import type { CaptureReader } from '../../store/captures.ts';
import type { CaptureStore } from '../../store/writer.ts';
import { formatCount } from '../../terminal/format.ts';
import { createProblemReporter, openApi } from '../kit/api.ts';
import type { InvocationConfig } from '../kit/invocation-config.ts';
import { PayloadReader } from '../kit/payload-reader.ts';
import { ArrivedEvents } from './arrived-events.ts';
import { missingDeliveryView } from './view.ts';
import type { ListenOptions } from './options.ts';
import type { ListenSettings } from './settings.ts';

/** `last` begins this much earlier: attempts may have been under way when the listener ended, and clocks differ. */
const LAST_MARGIN_MS = 60_000;
/** The server's clock is known to the second only. Later deliveries reach the listener anyway. */
const CLOCK_MARGIN_MS = 2000;

/** Forwards deliveries that are in the delivery log but not in the store: `listen --since`. */
export class CatchUp {
  private readonly invocation: Invocation<ListenOptions>;
  private readonly settings: ListenSettings;
  private readonly client: ApiClient;
  /** ms since 1970 by the server's clock. */
  private readonly since: number;
  private readonly arrived: ArrivedEvents;
  private readonly payloads: PayloadReader;
  private readonly reportProblems: ReturnType<typeof createProblemReporter>;
  private readonly stopped: AbortController;
  private readonly progress = { events: 0, failed: 0 };
  private isOver = false;
  private running: Promise<void> = Promise.resolve();
  private report: (state: LogSourceEvent['state'], message?: string) => void = () => undefined;

  private constructor(
    invocation: Invocation<ListenOptions>,
    settings: ListenSettings,
    { client, since, stopped }: { client: ApiClient; since: number; stopped: AbortController },
  ) {
    this.invocation = invocation;
    this.settings = settings;
    this.client = client;
    this.since = since;
    this.arrived = new ArrivedEvents(since);
    this.stopped = stopped;
    this.payloads = new PayloadReader(invocation.terminal, client);
    this.reportProblems = createProblemReporter(invocation);
  }

  /** null without --since or with --from. Rejects if the API cannot be used, before anything listens. */
  static async open(
    invocation: Invocation<ListenOptions>,
    config: InvocationConfig<ListenOptions>,
    settings: ListenSettings,
  ): Promise<CatchUp | null> {
    const { context, options } = invocation;
    const since = sinceOf(options);
    if (since === null) return null;
    const last = since === 'last' ? await findLast(settings.storeFile) : 0;
    const stopped = new AbortController();
    const signal = AbortSignal.any([context.interrupt, stopped.signal]);
    const { client } = await openApi(invocation, config, { signal });
    // The first answer tells whether the key is right, and the server's time.
    await client.listDeliveries({ page: 1, limit: 1 });
    const skewMs = client.serverNow() - context.now();
    const from = since === 'last' ? last + skewMs : since(client.serverNow());
    return new CatchUp(invocation, settings, { client, since: from, stopped });
  }

  /** `--dry-run`: shows what would be forwarded, oldest first. */
  async list(): Promise<number> {
    const { terminal, context } = this.invocation;
    const reader = await this.openReader();
    const backlog = this.createBacklog();
    try {
      this.arrived.read(reader);
      let count = 0;
      for await (const delivery of this.missing(backlog, Infinity)) {
        terminal.show(missingDeliveryView(delivery, this.client.serverNow()));
        await terminal.taken();
        context.interrupt.throwIfAborted();
        count += 1;
      }
      terminal.info(`would forward ${formatCount(count, 'event')} from the delivery log`);
    } finally {
      backlog.close();
      reader?.close();
    }
    return EXIT_SUCCESS;
  }

  /** Wraps the listener's store to note what arrives, so that it is not forwarded again. */
  watch(store: PipelineWorld['store']): PipelineWorld['store'] {
    return {
      add: (capture, position) => {
        if (!this.isOver) this.arrived.add(capture);
        return store.add(capture, position);
      },
      addForward: (id, forward) => store.addForward(id, forward),
      setAnswered: (id, status) => store.setAnswered(id, status),
      setReason: (id, reason) => store.setReason(id, reason),
    };
  }

  /** Begins to catch up beside a listener that accepts requests already. */
  start(listener: Pick<Listener, 'ingestLogged'>, emit: (event: ListenEvent) => void): void {
    const liveAt = this.client.serverNow();
    const gapMs = Math.max(0, liveAt - this.since);
    this.report = (state, message) =>
      emit({
        type: 'source',
        source: 'log',
        state,
        gapMs,
        ...this.progress,
        skipped: this.payloads.missing,
        message: message ?? null,
      });
    this.running = this.run(listener, liveAt + CLOCK_MARGIN_MS);
  }

  /** Resolves once the event that is under way is done. */
  async stop(): Promise<void> {
    if (!this.isOver) this.report('down', 'the listener was stopped');
    this.isOver = true;
    this.stopped.abort();
    await this.running;
  }

  private async run(listener: Pick<Listener, 'ingestLogged'>, until: number): Promise<void> {
    const backlog = this.createBacklog();
    let store: CaptureStore | undefined;
    try {
      const { openStore } = await import('../../store/writer.ts');
      store = openStore(this.settings.storeFile);
      this.arrived.read(store);
      // By our own clock, which also timed the ends of listeners.
      const since = this.since - this.client.serverNow() + this.invocation.context.now();
      store.listeners.catchUpStarted(since);
      this.report('up');
      for await (const delivery of this.missing(backlog, until)) {
        await this.bring(delivery, listener);
      }
      if (this.isStopped()) return;
      store.listeners.caughtUp(since);
      this.report('caught-up');
      this.isOver = true;
    } catch (error) {
      if (this.isStopped()) return;
      this.report('down', errorMessage(error));
      this.isOver = true;
    } finally {
      backlog.close();
      store?.close();
    }
  }

  /** The missing deliveries that began before `until`, oldest first, each judged when its turn comes. */
  private async *missing(backlog: Backlog, until: number): AsyncGenerator<Delivery> {
    for await (const page of new Pager(this.client).walk()) {
      this.reportProblems(page.problems);
      for (const delivery of page.deliveries) {
        const entries = entriesOf(delivery);
        const isInWindow =
          startOf(delivery) < until && entries.some(({ attempt }) => attempt.at >= this.since);
        const eventId = deliveredEventId(delivery);
        const isMissing = isInWindow && (eventId === null || !this.arrived.has(eventId));
        // Only its first attempt, so that the delivery is in the backlog once.
        if (isMissing) backlog.add(delivery, entries.slice(0, 1));
      }
      if (this.isStopped() || (page.isOrdered && isBefore(page, this.since))) break;
    }
    for (const { delivery } of backlog.drain()) {
      if (this.isStopped()) return;
      const whole = await this.payloads.read(delivery);
      const eventId = whole === null ? null : deliveredEventId(whole);
      // Meanwhile it may have come by itself, or with another delivery of the same event.
      if (whole !== null && eventId !== null && !this.arrived.has(eventId)) yield whole;
    }
  }

  private async bring(delivery: Delivery, listener: Pick<Listener, 'ingestLogged'>): Promise<void> {
    const logged = requestOf(delivery);
    if (logged === null) return;
    const request = signWhereMissing(logged, this.settings.listener.secrets[0].value);
    const isResigned = !logged.isSigned;
    const { forward } = await listener.ingestLogged(request, isResigned);
    this.progress.events += 1;
    if (forward !== null && !isDelivered(forward.status)) this.progress.failed += 1;
  }

  private isStopped(): boolean {
    return this.stopped.signal.aborted || this.invocation.context.interrupt.aborted;
  }

  private createBacklog(): Backlog {
    const { paths, pid } = this.invocation.context;
    return new Backlog(join(paths.data, `catch-up-backlog.${pid}`));
  }

  private async openReader(): Promise<CaptureReader | undefined> {
    const { openReader } = await import('../../store/writer.ts');
    return openReader(this.settings.storeFile);
  }
}

/** Where the store's last listener ended; USAGE where there was none. */
async function findLast(storeFile: string): Promise<number> {
  const { readListenersEnd } = await import('../../store/writer.ts');
  const end = readListenersEnd(storeFile);
  if (end !== undefined) return end - LAST_MARGIN_MS;
  throw new RelyableError(
    'USAGE',
    `--since last: no listener has used the store ${storeFile} yet`,
    {
      hint: 'say how far back to look, e.g. --since 2h',
    },
  );
}

/** Where catching up begins; null where the delivery log is not asked. */
function sinceOf({ since, from, dryRun }: ListenOptions): SinceTime | 'last' | null {
  if (from !== undefined) {
    if (dryRun)
      throw new RelyableError(
        'USAGE',
        '--dry-run lists the delivery log, not the stream of --from',
      );
    return null;
  }
  if (since === 'all' || since === 'new') {
    throw new RelyableError('USAGE', `--since ${since} needs --from`, {
      hint: 'for the delivery log it is last, a duration such as 2h, or a time',
    });
  }
  return since ?? null;
}
