import { type CaptureLine, captureToLine } from '../../request/capture-line.ts';
import type { Capture, Forward } from '../../request/capture.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { formatCount, formatSize, formatTime, wrapParts } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal, View } from '../../terminal/terminal.ts';
import { describeAnswer, formatEventLine, type OutcomeCell } from '../kit/event-line.ts';
import { REASON_WORDS } from '../../signature/reason-words.ts';
import type { Reason } from '../../signature/verify.ts';
import { describeChange, formatFailure, formatOutcome, shownText } from '../kit/capture-view.ts';

/** How much of a body is shown, bytes; `--raw` prints all of it. */
const SHOWN_BODY_BYTES = 16 * 1024;

type Look = Pick<Terminal, 'style' | 'isUtc' | 'columns'>;

/** A capture in one line; `now` in ms since 1970. */
export function captureLineView(capture: Capture, now: number): View {
  return {
    text: (terminal) => formatCaptureLine(capture, now, terminal),
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

/** An imported capture: its id, its event, its verdict and its place in the input. */
export function importedView(capture: Capture, place: string): View {
  const { id, event, receivedAt } = capture;
  return {
    text: (terminal) => {
      const { style } = terminal;
      return [
        id,
        style.dim(formatMoment(receivedAt, terminal)),
        style.bold(safeLine(event ?? '(no event)')),
        formatVerdict(capture, terminal),
        style.dim(safeLine(place)),
      ].join('  ');
    },
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
  /** Captures that the limits select. */
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

/**
 * `MM-DD HH:MM:SS  → <status> <duration>  ✓|✗ signature  <event>  <subject id>  <cap id>`, then notes: why it
 * is not valid, how often it was sent, that it repeats another, that it comes from the delivery log.
 */
function formatCaptureLine(capture: Capture, now: number, terminal: Terminal): string {
  const { style, columns } = terminal;
  const { verification, forwards, answered, duplicateOf, source } = capture;
  const last = forwards.at(-1);
  const unforwarded: OutcomeCell = {
    text: answered === null ? 'not forwarded' : `answered ${answered}`,
    tone: 'plain',
  };
  const line = formatEventLine(
    {
      time: formatListed(capture.receivedAt, now, terminal),
      outcome: last === undefined ? unforwarded : describeAnswer(last.status, last.durationMs),
      isValid: isUndecided(verification.reason) ? null : verification.valid,
      event: capture.event,
      subjectId: summarisePayload(capture).subjectId,
      id: capture.id,
    },
    terminal,
  );
  const notes = [
    ...(verification.valid ? [] : [describeReason(verification.reason)]),
    ...(forwards.length > 1 ? [`${forwards.length} tries`] : []),
    ...(duplicateOf === null ? [] : ['repeat']),
    ...(source === undefined ? [] : ['from the delivery log']),
  ].join(', ');
  return wrapParts([line, notes === '' ? '' : style.dim(notes)], LISTED_INDENT, columns);
}

/** A reason in words, with its code in brackets. A newer version may have stored a reason that is unknown here. */
function describeReason(reason: Reason): string {
  if (!Object.hasOwn(REASON_WORDS, reason)) return safeLine(reason);
  return isUndecided(reason) ? REASON_WORDS[reason] : `${REASON_WORDS[reason]} (${reason})`;
}

/** Whether a request was stored without a verdict, which `?` says. */
function isUndecided(reason: Reason): boolean {
  return reason === 'not_verified' || reason === 'signature_not_recorded';
}

const LISTED_INDENT = ' '.repeat('MM-DD HH:MM:SS  '.length);

/** The columns of a line with date, time and the shortest event. */
const DATED_COLUMNS = 'MM-DD HH:MM:SS  not forwarded  ✓  test_ru…  cap_0123456789abcdef'.length;

/**
 * The date and time, without the year if it is the current one. In a narrow terminal, only the time of
 * a capture of today, and only the date of any other.
 */
function formatListed(epochMs: number, now: number, look: Look): string {
  const whole = formatMoment(epochMs, look);
  const today = formatMoment(now, look);
  const year = '2026-'.length;
  const day = '2026-01-31'.length;
  const shared = today.slice(0, year) === whole.slice(0, year) ? year : 0;
  if (look.columns >= DATED_COLUMNS) return whole.slice(shared);
  if (today.slice(0, day) === whole.slice(0, day)) return whole.slice(day + 1);
  return whole.slice(shared, day).padEnd('HH:MM:SS'.length);
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
    `${style.bold(kind)}  ${formatMoment(forward.at, look)}  ${safeLine(forward.url)}  ${formatOutcome(forward, style).replace(/ {2,}/, ' ')}`,
    ...formatFailure(forward, look),
  ];
}

function formatVerdict({ verification }: Capture, { style }: Look): string {
  const { valid, reason } = verification;
  if (isUndecided(reason)) return style.yellow(`? ${describeReason(reason)}`);
  return valid ? style.green('✓ ok') : style.red(`✗ ${describeReason(reason)}`);
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
