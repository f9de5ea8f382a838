import type { ChalkInstance } from 'chalk';
import type { Delivery } from '../../relyable/delivery.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { MAX_ATTEMPTS } from '../../relyable/retry.ts';
import { formatCount, formatTime, wrapParts, wrapText } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';
import { truncateStart } from '../../terminal/width.ts';
import { type AttemptLine, deliveryToJson, formatMoment } from '../kit/attempt-view.ts';

/** The minimum width of the event column: in less, event types could not be told apart. */
const MIN_EVENT_COLUMNS = 8;
const GAP = '  ';

type Colour = (style: ChalkInstance) => ChalkInstance;

/** A delivery as the cells of its line. */
interface Row {
  readonly outcome: string;
  readonly tries: string;
  readonly time: string;
  readonly event: string;
  readonly id: string;
  readonly note: string;
  readonly colour: Colour;
}

/** Deliveries as lines of aligned columns that fit the terminal. */
export class DeliveryTable {
  private readonly terminal: Pick<Terminal, 'style' | 'isUtc' | 'columns'>;
  private readonly now: number;
  private readonly widths: Record<'outcome' | 'tries' | 'time' | 'event' | 'id', number>;
  /** Whether the terminal is too narrow to show seconds. */
  private readonly isNarrow: boolean;

  /** `now` is the clock of the log, ms since 1970: times of another day are shown with their date. */
  constructor(
    deliveries: readonly Delivery[],
    terminal: Pick<Terminal, 'style' | 'isUtc' | 'columns'>,
    now: number,
  ) {
    this.terminal = terminal;
    this.now = now;
    const rows = deliveries.map((delivery) => this.toRow(delivery));
    const widest = (cell: (row: Row) => string): number =>
      rows.reduce((width, row) => Math.max(width, cell(row).length), 0);
    const note = widest((row) => row.note);
    const gaps = (note === 0 ? 4 : 5) * GAP.length;
    const widths = {
      outcome: widest(({ outcome }) => outcome),
      tries: widest(({ tries }) => tries),
      time: widest(({ time }) => time),
      event: widest(({ event }) => event),
      id: widest(({ id }) => id),
    };
    const shortest = Math.min(widths.event, MIN_EVENT_COLUMNS);
    const roomForEvent = (): number => {
      const others = Object.values(widths).reduce((sum, width) => sum + width, -widths.event);
      return terminal.columns - others - gaps - note;
    };
    this.isNarrow = roomForEvent() < shortest;
    if (this.isNarrow) widths.time = widest(({ time }) => withoutSeconds(time));
    widths.event = Math.max(shortest, Math.min(widths.event, roomForEvent()));
    this.widths = widths;
  }

  /** `✗ 500   3/5  HH:MM:SS  <event>  <delivery id>  <what next>`. */
  line(delivery: Delivery): string {
    const { style } = this.terminal;
    const { widths } = this;
    const row = this.toRow(delivery);
    const { colour } = row;
    const event = truncateStart(row.event, widths.event, '…');
    return [
      colour(style)(row.outcome.padEnd(widths.outcome)),
      row.tries.padEnd(widths.tries),
      style.dim((this.isNarrow ? withoutSeconds(row.time) : row.time).padEnd(widths.time)),
      style.bold(event.padEnd(widths.event)),
      row.note === '' ? row.id : row.id.padEnd(widths.id),
      ...(row.note === '' ? [] : [colour(style)(row.note)]),
    ].join(GAP);
  }

  private toRow(delivery: Delivery): Row {
    const { isUtc } = this.terminal;
    const entries = entriesOf(delivery);
    const newest = entries.at(-1)?.attempt;
    const [mark, colour] = OUTCOMES[delivery.state];
    const status = newest === undefined ? '' : ` ${newest.status ?? 'none'}`;
    const at = delivery.attempts[0]?.at;
    return {
      outcome: `${mark}${status}`,
      tries: `${newest?.attempt ?? 0}/${MAX_ATTEMPTS}`,
      time: at === undefined ? '' : shortMoment(at, this.now, isUtc),
      event: safeLine(delivery.event ?? '(no event)'),
      id: safeLine(delivery.id),
      note: noteOf(delivery, isUtc),
      colour,
    };
  }
}

const OUTCOMES: Readonly<Record<Delivery['state'], readonly [mark: string, colour: Colour]>> = {
  delivered: ['✓', (style) => style.green],
  failed: ['✗', (style) => style.red],
  retrying: ['✗', (style) => style.yellow],
  pending: ['…', (style) => style.dim],
};

/** `HH:MM:SS`, or `MM-DD HH:MM` on another day. */
function shortMoment(at: number, now: number, isUtc: boolean): string {
  const moment = formatMoment(at, { now, isUtc });
  const dated = /^\d{4}-(\d\d-\d\d \d\d:\d\d)/.exec(moment)?.[1];
  return dated === undefined ? moment : `${dated}${isUtc ? 'Z' : ''}`;
}

/** `HH:MM` of `HH:MM:SS`; other texts as they are. */
function withoutSeconds(time: string): string {
  return time.replace(/^(\d\d:\d\d):\d\d/, '$1');
}

function noteOf({ state, nextRetryAt }: Delivery, isUtc: boolean): string {
  if (state === 'delivered') return '';
  if (state !== 'retrying') return state;
  // Seconds would not fit 80 columns beside a long event type.
  return nextRetryAt === null ? state : `→ ${formatTime(nextRetryAt, isUtc).slice(0, 5)}`;
}

/** One delivery of a list. */
export function deliveryLineView(
  table: DeliveryTable,
  delivery: Delivery,
  lines: readonly AttemptLine[],
): View {
  return {
    text: () => table.line(delivery),
    json: () => deliveryToJson(delivery, lines),
  };
}

/** What became of the deliveries of a list. */
export interface DeliveryTotals {
  readonly deliveries: number;
  readonly delivered: number;
  readonly pending: number;
  readonly retrying: number;
  readonly failed: number;
  /** The earliest retry that is planned, ms since 1970; null for none. */
  readonly nextRetryAt: number | null;
  /** Endpoints with deliveries that are not delivered. */
  readonly byEndpoint: readonly EndpointTotals[];
}

interface EndpointTotals {
  readonly endpoint: string;
  readonly retrying: number;
  readonly failed: number;
  /** Newest attempts by status; `none` for no answer. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** Counts deliveries by state, and those in trouble by endpoint and status. */
export function countDeliveries(deliveries: readonly Delivery[]): DeliveryTotals {
  const count = (state: Delivery['state']): number =>
    deliveries.filter((delivery) => delivery.state === state).length;
  const inTrouble = deliveries.filter(({ state }) => state === 'failed' || state === 'retrying');
  const endpoints = new Set(inTrouble.map(({ endpoint }) => endpoint));
  const retries = deliveries.flatMap(({ nextRetryAt }) => nextRetryAt ?? []);
  return {
    deliveries: deliveries.length,
    delivered: count('delivered'),
    pending: count('pending'),
    retrying: count('retrying'),
    failed: count('failed'),
    nextRetryAt: retries.length === 0 ? null : retries.reduce((a, b) => Math.min(a, b)),
    byEndpoint: [...endpoints].map((endpoint) =>
      countEndpoint(
        endpoint,
        inTrouble.filter((delivery) => delivery.endpoint === endpoint),
      ),
    ),
  };
}

function countEndpoint(endpoint: string | null, deliveries: readonly Delivery[]): EndpointTotals {
  const statuses = new Map<string, number>();
  for (const delivery of deliveries) {
    const newest = entriesOf(delivery).at(-1)?.attempt;
    if (newest === undefined) continue;
    const status = String(newest.status ?? 'none');
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  return {
    endpoint: endpoint ?? '(unknown)',
    retrying: deliveries.filter(({ state }) => state === 'retrying').length,
    failed: deliveries.filter(({ state }) => state === 'failed').length,
    statuses: Object.fromEntries(statuses),
  };
}

/** `hasMore`: the log has older ones that were not counted. */
export function deliveryTotalsView(totals: DeliveryTotals, hasMore: boolean): View {
  return {
    text: (terminal) => formatTotals(totals, hasMore, terminal),
    json: () => ({
      type: 'summary',
      v: 1,
      ...totals,
      nextRetryAt: totals.nextRetryAt === null ? null : new Date(totals.nextRetryAt).toISOString(),
      hasMore,
    }),
  };
}

function formatTotals(
  totals: DeliveryTotals,
  hasMore: boolean,
  { isUtc, columns }: Pick<Terminal, 'isUtc' | 'columns'>,
): string {
  const { nextRetryAt, byEndpoint } = totals;
  const next = nextRetryAt === null ? '' : ` (next at ${formatTime(nextRetryAt, isUtc)})`;
  const counts = [
    `${totals.delivered} delivered`,
    ...(totals.pending === 0 ? [] : [`${totals.pending} pending`]),
    `${totals.retrying} retrying${next}`,
    `${totals.failed} failed`,
  ];
  const what = formatCount(totals.deliveries, 'delivery', 'deliveries');
  const head = `${hasMore ? 'the newest ' : ''}${what}: ${counts.join(', ')}`;
  return [
    wrapText(head, '  ', columns),
    ...byEndpoint.map((endpoint) => formatEndpoint(endpoint, columns)),
  ].join('\n');
}

function formatEndpoint(
  { endpoint, retrying, failed, statuses }: EndpointTotals,
  columns: number,
): string {
  const byStatus = Object.entries(statuses).map(
    ([status, count]) => `${status === 'none' ? 'no answer' : status}: ${count}`,
  );
  const why = byStatus.length === 0 ? '' : ` (${byStatus.join(', ')})`;
  const counts = `${failed} failed, ${retrying} retrying${why}`;
  return wrapParts([`  ${safeLine(endpoint)}`, counts], '    ', columns);
}
