import { type CaptureLine, captureToLine } from '../../request/capture-line.ts';
import type { Capture, Forward } from '../../request/capture.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { formatCount, formatSize, formatTime } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';
import { formatFailure, formatOutcome, shownText } from '../kit/capture-view.ts';

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

export function pruneView(removed: number, store: string): View {
  return {
    text: () => `removed ${formatCount(removed, 'capture')}`,
    json: () => ({ type: 'prune', v: 1, removed, store }),
  };
}

/** The store's file, for `$(…)` as well. */
export function storePathView(path: string): View {
  return { isRaw: true, text: () => path, json: () => ({ type: 'path', v: 1, path }) };
}

/** The object of an export's line, plus what the store knows about it. */
function captureToJson(
  capture: Capture,
): CaptureLine & Pick<Capture, 'event' | 'eventId' | 'duplicateOf'> & Record<string, unknown> {
  const { event, eventId, duplicateOf } = capture;
  return { ...captureToLine(capture), event, eventId, duplicateOf };
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
  const kind = `${forward.kind}${forward.edited ? ' (changed)' : ''}`;
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
