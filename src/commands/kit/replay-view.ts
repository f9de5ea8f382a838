import { roundMs } from '../../system/latency.ts';
import type { Capture, Forward } from '../../request/capture.ts';
import { isDelivered } from '../../relyable/retry.ts';
import { formatCount, formatNumber, wrapParts } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';
import { describeChange, formatFailure, formatOutcome } from './capture-view.ts';
import { formatProgressBar } from './progress-line.ts';
import { eventName } from '../../request/event-name.ts';

/** What is sent again, as it is shown. */
export interface ReplaySubject {
  /** The id of the capture that the attempt is stored with. */
  readonly captureId: string;
  /** Set for a delivery of the API's log: it is shown by its own id. */
  readonly deliveryId?: string | undefined;
  /** What is special about the request, e.g. that it is signed again; null for nothing. */
  readonly note: string | null;
}

/** The outcome of sending a capture again; `place` says which of how many it is. */
export function replayView(subject: ReplaySubject, forward: Forward, place = ''): View {
  return {
    text: (terminal) => formatReplay(subject, forward, terminal, place),
    json: () => ({
      type: 'replay',
      v: 1,
      ...subjectToJson(subject),
      at: new Date(forward.at).toISOString(),
      url: forward.url,
      edited: forward.edited,
      resigned: forward.resigned === true,
      status: forward.status,
      durationMs: roundMs(forward.durationMs),
      error: forward.error,
      responseBody: forward.responseBody.toString('utf8'),
    }),
  };
}

/** A replay that `--dry-run` shows and does not send. */
export function plannedReplayView(
  subject: ReplaySubject,
  event: Capture['event'],
  url: string,
): View {
  return {
    text: ({ style, columns }) => {
      const what = `would send ${nameOf(subject)}  ${style.bold(safeLine(eventName(event)))}`;
      return wrapParts([what, `→ ${safeLine(url)}`, formatNote(subject)], '  ', columns);
    },
    json: () => ({
      type: 'replay',
      v: 1,
      ...subjectToJson(subject),
      event,
      url,
      dryRun: true,
    }),
  };
}

/** What became of many replays. */
export interface ReplayTotals {
  readonly selected: number;
  readonly sent: number;
  /** Answered 200. */
  readonly delivered: number;
  /** Answers by status; `none` for no answer. */
  readonly statuses: Readonly<Record<string, number>>;
}

/** `nouns` are what was sent, e.g. `['capture', 'captures']`. */
export function replayTotalsView(
  totals: ReplayTotals,
  nouns: readonly [one: string, many: string],
): View {
  return {
    text: () => formatReplayTotals(totals, nouns),
    json: () => ({ type: 'summary', v: 1, ...totals }),
  };
}

/** `sent 12 of 15 captures: 10 answered 200, 2 not (500: 1, no answer: 1)`. */
function formatReplayTotals(
  { selected, sent, delivered, statuses }: ReplayTotals,
  nouns: readonly [string, string],
): string {
  const others = Object.entries(statuses)
    .filter(([status]) => status !== '200')
    .map(([status, count]) => `${status === 'none' ? 'no answer' : status}: ${count}`);
  const failed = others.length === 0 ? '' : `, ${sent - delivered} not (${others.join(', ')})`;
  return `sent ${sent} of ${formatCount(selected, ...nouns)}: ${delivered} answered 200${failed}`;
}

/** `█████░░░░░░░░░░░░░░░  12 of 40 sent, 9 answered 200` */
export function formatReplayProgress(totals: ReplayTotals, isUtf8: boolean): string {
  const { selected, sent, delivered } = totals;
  return `${formatProgressBar(sent, selected, isUtf8)} sent, ${formatNumber(delivered)} answered 200`;
}

/** `→ <status> <duration>  <id>  <url>`, what is special, and under a failure why and the answer. */
function formatReplay(
  subject: ReplaySubject,
  forward: Forward,
  look: Pick<Terminal, 'style' | 'columns'>,
  place: string,
): string {
  const { style, columns } = look;
  const isTold = subject.note !== null;
  const change = isTold && !forward.edited ? '' : describeChange(forward).trim();
  const note = [change, place, formatNote(subject)].filter(Boolean).join('  ');
  const head = `${formatOutcome(forward, style)}  ${nameOf(subject)}`;
  const parts = [head, safeLine(forward.url), note === '' ? '' : style.dim(note)];
  const lines = [wrapParts(parts, '  ', columns)];
  if (!isDelivered(forward.status)) lines.push(...formatFailure(forward, look));
  return lines.join('\n');
}

function nameOf({ captureId, deliveryId }: ReplaySubject): string {
  return safeLine(deliveryId ?? captureId);
}

function formatNote({ deliveryId, note }: ReplaySubject): string {
  const parts = [...(deliveryId === undefined ? [] : ['from the delivery log']), note ?? ''];
  return safeLine(parts.filter(Boolean).join('; '));
}

function subjectToJson({ captureId, deliveryId, note }: ReplaySubject): Record<string, unknown> {
  return {
    id: captureId,
    ...(deliveryId === undefined ? {} : { deliveryId, source: 'log' }),
    ...(note === null ? {} : { note }),
  };
}
