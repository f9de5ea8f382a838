import { type CaptureLine, captureToLine } from '../../request/capture-line.ts';
import type { Capture, Forward } from '../../request/capture.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { formatCount, formatSize, formatTime } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';
import { describeChange, formatFailure, formatOutcome, shownText } from '../kit/capture-view.ts';

/** How much of a body is shown, bytes; `--raw` writes all. */
const SHOWN_BODY_BYTES = 16 * 1024;

type Look = Pick<Terminal, 'style' | 'isUtc'>;

/** A capture in one line. */
export function captureLineView(capture: Capture): View {
  return {
    text: (terminal) => formatCaptureLine(capture, terminal),
    json: () => captureToJson(capture),
  };
}

/** A capture with its request, its verdict and every forward. */
export function captureView(capture: Capture): View {
  return {
    text: (terminal) => formatCapture(capture, terminal),
    json: () => captureToJson(capture),
  };
}

/** An imported capture: its id, its event, its verdict and where it stood. */
export function importedView(capture: Capture, place: string): View {
  const { id, event, receivedAt } = capture;
  return {
    text: ({ style, isUtc }) =>
      [
        id,
        style.dim(formatMoment(receivedAt, { style, isUtc })),
        style.bold(safeLine(event ?? '(no event)')),
        formatVerdict(capture, { style, isUtc }),
        style.dim(safeLine(place)),
      ].join('  '),
    // The ids are in the totals: a command that ends prints one object.
    json: () => null,
  };
}

/** What an import added to the store, and what not. */
export interface ImportTotals {
  readonly imported: number;
  /** Of the captures that are stored now. */
  readonly ids: readonly string[];
  /** Captures that the store had already. */
  readonly known: number;
  /** Requests that cannot be stored, and inputs or entries that cannot be read. */
  readonly unreadable: number;
}

export function importView(totals: ImportTotals, store: string): View {
  const { imported, known, unreadable } = totals;
  return {
    text: () =>
      [
        `imported ${formatCount(imported, 'capture')}`,
        ...(known === 0 ? [] : [`${known} already stored`]),
        ...(unreadable === 0 ? [] : [`${unreadable} not imported`]),
      ].join(', '),
    json: () => ({ type: 'import', v: 1, ...totals, store }),
  };
}

/** What a prune removed, or would remove. */
export interface PruneResult {
  readonly removed: number;
  /** Captures that the limits name. */
  readonly matching: number;
  readonly dryRun: boolean;
  readonly store: string;
}

export function pruneView({ removed, matching, dryRun, store }: PruneResult): View {
  return {
    text: () =>
      dryRun
        ? `would remove ${formatCount(matching, 'capture')}`
        : `removed ${formatCount(removed, 'capture')}`,
    json: () => ({ type: 'prune', v: 1, removed, matching, dryRun, store }),
  };
}

/** What an export wrote to a file. */
export function exportedView(result: {
  readonly exported: number;
  readonly format: string;
  readonly file: string;
}): View {
  return { text: () => null, json: () => ({ type: 'export', v: 1, ...result }) };
}

/** A replay that `--dry-run` shows and does not send. */
export function plannedReplayView(capture: Capture, url: string): View {
  const { id, event } = capture;
  return {
    text: (terminal) => `would send ${formatCaptureLine(capture, terminal)}  to ${safeLine(url)}`,
    json: () => ({ type: 'replay', v: 1, id, event, url, dryRun: true }),
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

export function replayTotalsView(totals: ReplayTotals): View {
  return {
    text: () => formatReplayTotals(totals),
    json: () => ({ type: 'summary', v: 1, ...totals }),
  };
}

/** `sent 12 of 15 captures: 10 answered 200, 2 not (500: 1, no answer: 1)`. */
function formatReplayTotals({ selected, sent, delivered, statuses }: ReplayTotals): string {
  const others = Object.entries(statuses)
    .filter(([status]) => status !== '200')
    .map(([status, count]) => `${status === 'none' ? 'no answer' : status}: ${count}`);
  const failed = others.length === 0 ? '' : `, ${sent - delivered} not (${others.join(', ')})`;
  return `sent ${sent} of ${formatCount(selected, 'capture')}: ${delivered} answered 200${failed}`;
}

/** The store's file, for `$(…)` as well. */
export function storePathView(path: string): View {
  return { isRaw: true, text: () => path, json: () => ({ type: 'path', v: 1, path }) };
}

/** What the store knows about a capture beyond the line of an export. */
export function storedFields(capture: Capture): Record<string, unknown> {
  const { event, eventId, duplicateOf, importedAt } = capture;
  return {
    event,
    eventId,
    duplicateOf,
    importedAt: importedAt === undefined ? null : new Date(importedAt).toISOString(),
  };
}

function captureToJson(capture: Capture): CaptureLine & Record<string, unknown> {
  return { ...captureToLine(capture), ...storedFields(capture) };
}

/** `YYYY-MM-DD HH:MM:SS  <cap id>  <event>  <subject id>  ✓|✗ <reason>  → <status> <duration>`. */
function formatCaptureLine(capture: Capture, look: Look): string {
  const { style } = look;
  const { subjectId } = summarisePayload(capture);
  const last = capture.forwards.at(-1);
  const tries = capture.forwards.length;
  return [
    style.dim(formatMoment(capture.receivedAt, look)),
    capture.id,
    style.bold(safeLine(capture.event ?? '(no event)')),
    ...(subjectId === null ? [] : [safeLine(subjectId)]),
    formatVerdict(capture, look),
    last === undefined ? style.dim(formatUnforwarded(capture)) : formatOutcome(last, style),
    ...(tries > 1 ? [style.dim(`(${tries} tries)`)] : []),
    ...(capture.duplicateOf === null ? [] : [style.dim('repeat')]),
    ...(capture.source === undefined ? [] : [style.dim('from the delivery log')]),
  ].join('  ');
}

function formatCapture(capture: Capture, look: Look): string {
  const { style } = look;
  const { method, path, httpVersion, headers, body } = capture;
  const lines = [
    `${style.bold(capture.id)}  ${formatMoment(capture.receivedAt, look)}  ${safeLine(capture.event ?? '(no event)')}`,
    `event id   ${safeLine(capture.eventId)}`,
    ...(capture.duplicateOf === null ? [] : [`repeats    ${capture.duplicateOf}`]),
    `signature  ${formatVerdict(capture, look)}`,
    ...(capture.answered === null ? [] : [`answered   ${capture.answered}`]),
    ...(capture.source === undefined ? [] : ['source     the delivery log']),
    ...(capture.importedAt === undefined
      ? []
      : [`imported   ${formatMoment(capture.importedAt, look)}`]),
    '',
    style.bold(safeLine(`${method} ${path} HTTP/${httpVersion}`)),
    ...headers.map(([name, value]) => `${style.cyan(safeLine(name))}: ${safeLine(value)}`),
    '',
    ...shownText(body, SHOWN_BODY_BYTES),
  ];
  if (body.length > SHOWN_BODY_BYTES) {
    lines.push(style.dim(`… ${formatSize(body.length)} in all; --raw writes all of it`));
  }
  for (const forward of capture.forwards) lines.push('', ...formatForward(forward, look));
  return lines.join('\n');
}

function formatForward(forward: Forward, look: Look): string[] {
  const { style } = look;
  const kind = `${forward.kind}${describeChange(forward)}`;
  return [
    `${style.bold(kind)}  ${formatMoment(forward.at, look)}  ${safeLine(forward.url)}  ${formatOutcome(forward, style)}`,
    ...formatFailure(forward, style),
  ];
}

function formatUnforwarded({ answered }: Capture): string {
  return answered === null ? 'not forwarded' : `answered ${answered}`;
}

function formatVerdict({ verification }: Capture, { style }: Look): string {
  if (verification.reason === 'not_verified') return style.yellow('? not verified here');
  return verification.valid ? style.green('✓ ok') : style.red(`✗ ${verification.reason}`);
}

/** `2026-01-31 10:00:00` in the local zone, or in UTC with a `Z`. */
function formatMoment(epochMs: number, { isUtc }: Look): string {
  const date = new Date(epochMs);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = isUtc
    ? date.toISOString().slice(0, 10)
    : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${formatTime(epochMs, isUtc)}`;
}
