import type { ChalkInstance } from 'chalk';
import { isDelivered } from '../../relyable/retry.ts';
import { formatDuration } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';
import { displayWidth, padColumns, truncate, truncateStart } from '../../terminal/width.ts';
import { eventName } from '../../request/event-name.ts';

/** What a line about one event shows, in the order of its columns. */
export interface EventCells {
  readonly time: string;
  /** What happened to it, e.g. how the app answered. */
  readonly outcome: OutcomeCell;
  /** The verdict on its signature; null where it was not judged. */
  readonly isValid: boolean | null;
  readonly event: string | null;
  readonly subjectId: string | null;
  readonly id: string;
  /** Whether the whole line is less important. */
  readonly isDim?: boolean;
}

/** The text of an outcome, and its tone: good (green), doubtful (yellow) or bad (red). */
export interface OutcomeCell {
  readonly text: string;
  readonly tone: 'good' | 'doubtful' | 'bad' | 'plain';
}

/** The width of the longest usual outcome: `→ 200   12 ms`, `not forwarded`. */
export const OUTCOME_WIDTH = 13;
/** The width of the longest published event type. */
const EVENT_WIDTH = 26;
const SUBJECT_WIDTH = 16;
/** A subject cut shorter than this is left out. */
const MIN_SUBJECT = 4;
/** The shortest that an event is cut to. In a narrower terminal the line wraps; the id is never cut. */
const MIN_EVENT = 8;
const GAP = '  ';

/** How the app answered: `→ 200   12 ms` or `→ no answer`. */
export function describeAnswer(status: number | null, durationMs: number): OutcomeCell {
  if (status === null) return { text: '→ no answer', tone: 'bad' };
  const text = `→ ${status}${formatDuration(durationMs).padStart(8)}`;
  if (isDelivered(status)) return { text, tone: 'good' };
  return { text, tone: status < 400 ? 'doubtful' : 'bad' };
}

/**
 * One line about an event, in columns: time, outcome, verdict, event, subject and id. To fit a narrow
 * terminal, the word `signature` is left out first; then the subject is cut, then the event.
 */
export function formatEventLine(
  cells: EventCells,
  { style, legible, columns }: Pick<Terminal, 'style' | 'legible' | 'columns'>,
): string {
  const { time, isValid, id } = cells;
  const outcome = padColumns(legible(cells.outcome.text), OUTCOME_WIDTH);
  const mark = legible(markOf(isValid));
  const fixed = [time, outcome, mark, '', id].join(GAP);
  const room = columns - displayWidth(fixed);
  const word = ' signature';
  const isWide = room >= EVENT_WIDTH + GAP.length + SUBJECT_WIDTH + word.length;
  const event = legible(safeLine(eventName(cells.event)));
  const subject = legible(safeLine(cells.subjectId ?? ''));
  const what = isWide
    ? inColumns(event, subject, room - word.length, legible('…'))
    : squeezed(event, subject, Math.max(MIN_EVENT, room), legible('…'));
  const verdict = isWide ? `${mark}${word}` : mark;
  if (cells.isDim === true) return style.dim([time, outcome, verdict, what.text, id].join(GAP));
  return [
    style.dim(time),
    paintOutcome(outcome, cells.outcome.tone, style),
    paintVerdict(verdict, isValid, style),
    what.text.replace(what.event, () => style.bold(what.event)),
    style.dim(id),
  ].join(GAP);
}

function markOf(isValid: boolean | null): string {
  if (isValid === null) return '?';
  return isValid ? '✓' : '✗';
}

interface What {
  readonly event: string;
  /** The event and its subject, padded. */
  readonly text: string;
}

/** An event in a column of its own, cut to the room that the terminal leaves: event types differ at their ends. */
export function eventColumn(event: string, room: number, ellipsis: string): string {
  const widest = Math.max(MIN_EVENT, room);
  return padColumns(truncateStart(event, widest, ellipsis), Math.min(EVENT_WIDTH, widest));
}

/** Event and subject in columns of their own. */
function inColumns(event: string, subject: string, room: number, ellipsis: string): What {
  const left = room - GAP.length - Math.max(EVENT_WIDTH, displayWidth(event));
  // A longer event takes the subject's place.
  if (left < SUBJECT_WIDTH) return squeezed(event, subject, room, ellipsis);
  const cut = truncate(subject, left, ellipsis);
  return {
    event,
    text: `${padColumns(event, EVENT_WIDTH)}${GAP}${padColumns(cut, SUBJECT_WIDTH)}`,
  };
}

/** Event and subject in one column, the subject cut to what the event leaves. */
function squeezed(whole: string, subject: string, room: number, ellipsis: string): What {
  const event = truncateStart(whole, room, ellipsis);
  const left = room - displayWidth(event) - GAP.length;
  const cut = left < MIN_SUBJECT ? '' : truncate(subject, left, ellipsis);
  return { event, text: padColumns(cut === '' ? event : `${event}${GAP}${cut}`, room) };
}

function paintVerdict(text: string, isValid: boolean | null, style: ChalkInstance): string {
  if (isValid === null) return style.yellow(text);
  return isValid ? style.green(text) : style.red(text);
}

/** Status and duration: the status has the colour. */
export function paintOutcome(
  text: string,
  tone: OutcomeCell['tone'],
  style: ChalkInstance,
): string {
  const [, arrow = '', word = '', rest = ''] = /^(\S+ )?(\S+)(.*)$/.exec(text) ?? [];
  switch (tone) {
    case 'good':
      return `${arrow}${style.green(word)}${rest}`;
    case 'doubtful':
      return `${arrow}${style.yellow(word)}${rest}`;
    case 'bad':
      return style.red(text);
    case 'plain':
      return text;
  }
}
