import { EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { Pager } from '../../relyable/api/pager.ts';
import { entriesOf, type LogEntry } from '../../relyable/log-entries.ts';
import {
  type CaptureLinker,
  createProblemReporter,
  openApi,
  openCaptureLinker,
} from '../kit/api.ts';
import { type AttemptLine, attemptView } from '../kit/attempt-view.ts';
import { warnOfUnknownEvent } from '../kit/event-types.ts';
import { readConfig } from '../kit/invocation-config.ts';
import {
  countDeliveries,
  deliveryLineView,
  DeliveryTable,
  deliveryTotalsView,
} from './delivery-view.ts';
import { readEntryFilter } from './entry-filter.ts';
import type { LogsListOptions } from './options.ts';
import { type Listed, listDeliveries, listEntries } from './pages/list.ts';

/** The newest deliveries of the log, or with --attempts the newest attempts. */
export async function run(invocation: Invocation<LogsListOptions>): Promise<number> {
  const { context, terminal, options } = invocation;
  const filter = readEntryFilter(options, context.now());
  warnOfUnknownEvent(terminal, options.event);
  const config = await readConfig(invocation);
  const { client } = await openApi(invocation, config);
  const linker = await openCaptureLinker(invocation, config);
  const pager = new Pager(client);
  try {
    if (options.attempts) {
      const listed = await listEntries(pager, filter, options.limit);
      await showAttempts(invocation, listed, linker, client.serverNow());
    } else {
      const listed = await listDeliveries(pager, filter, options.limit);
      await showDeliveries(invocation, listed, linker, client.serverNow());
    }
  } finally {
    linker.close();
  }
  return EXIT_SUCCESS;
}

/** The attempts of a list in the order that was asked for, with what could not be read. */
function inOrder<T>(invocation: Invocation<LogsListOptions>, { items, problems }: Listed<T>): T[] {
  createProblemReporter(invocation)(problems);
  return invocation.options.reverse ? items.toReversed() : [...items];
}

async function showAttempts(
  invocation: Invocation<LogsListOptions>,
  listed: Listed<LogEntry>,
  linker: CaptureLinker,
  now: number,
): Promise<void> {
  const { context, terminal } = invocation;
  for (const entry of inOrder(invocation, listed)) {
    terminal.show(attemptView({ entry, captureId: linker.find(entry) }, now));
    await terminal.taken();
    context.interrupt.throwIfAborted();
  }
  if (listed.items.length === 0) terminal.info('no matching attempts in the delivery log');
}

async function showDeliveries(
  invocation: Invocation<LogsListOptions>,
  listed: Listed<LogEntry['delivery']>,
  linker: CaptureLinker,
  now: number,
): Promise<void> {
  const { context, terminal } = invocation;
  const table = new DeliveryTable(listed.items, terminal, now);
  for (const delivery of inOrder(invocation, listed)) {
    terminal.show(deliveryLineView(table, delivery, linesOf(delivery, linker, terminal.isJson)));
    await terminal.taken();
    context.interrupt.throwIfAborted();
  }
  if (listed.items.length === 0) terminal.info('no matching deliveries in the log');
  else terminal.show(deliveryTotalsView(countDeliveries(listed.items), listed.hasMore));
}

/** The attempts as lines. Captures are looked up only if they are shown. */
function linesOf(
  delivery: LogEntry['delivery'],
  linker: CaptureLinker,
  isJson: boolean,
): readonly AttemptLine[] {
  if (!isJson) return [];
  return entriesOf(delivery).map((entry) => ({ entry, captureId: linker.find(entry) }));
}
