import type { ChalkInstance } from 'chalk';
import type { WireProblem } from '../../relyable/api/wire.ts';
import type { LogEntry } from '../../relyable/log-entries.ts';
import type { Delivery } from '../../relyable/delivery.ts';
import { isDelivered, MAX_ATTEMPTS } from '../../relyable/retry.ts';
import type { JsonObject, Terminal, View } from '../../terminal/terminal.ts';
import { formatDuration, formatTime, wrapParts, wrapText } from '../../terminal/format.ts';
import { safeLine, safeText } from '../../terminal/safe-text.ts';
import { displayWidth, padColumns } from '../../terminal/width.ts';
import { eventColumn, OUTCOME_WIDTH } from './event-line.ts';
import { shownResponse } from './shown-response.ts';
import { eventName } from '../../request/event-name.ts';

export interface AttemptLine {
  readonly entry: LogEntry;
  /** The capture that the local listener made of the same request; null where there is none. */
  readonly captureId: string | null;
}

/** An attempt; `now` is the clock that the next retry is counted from, ms since 1970. */
export function attemptView(line: AttemptLine, now: number): View {
  return {
    text: (terminal) => formatAttempt(line, now, terminal),
    json: () => attemptToJson(line),
  };
}

/** A delivery with its attempts and its request; `now` as in `attemptView`. */
export function deliveryLogView(
  delivery: Delivery,
  lines: readonly AttemptLine[],
  now: number,
): View {
  return {
    text: (terminal) => formatDelivery(delivery, lines, now, terminal),
    json: () => deliveryToJson(delivery, lines),
  };
}

function attemptToJson({ entry, captureId }: AttemptLine): JsonObject {
  const { delivery, attempt, state, nextRetryAt } = entry;
  return {
    type: 'attempt',
    v: 1,
    deliveryId: delivery.id,
    event: delivery.event,
    eventId: delivery.eventId,
    endpoint: delivery.endpoint,
    attempt: attempt.attempt,
    maxAttempts: MAX_ATTEMPTS,
    at: toIso(attempt.at),
    status: attempt.status,
    durationMs: attempt.durationMs,
    error: attempt.error,
    requestBody: delivery.requestBody,
    responseBody: attempt.responseBody,
    nextRetryAt: nextRetryAt === null ? null : toIso(nextRetryAt),
    state,
    captureId,
  };
}

type Look = Pick<Terminal, 'style' | 'isUtc' | 'columns' | 'legible'>;

const GAP = '  ';
const BELOW = ' '.repeat('HH:MM:SS  '.length);

/**
 * `HH:MM:SS  ✓|✗ <status> <duration>  n/5  <event>  <delivery id>  <what next>  <cap id>`; a failure is
 * followed by its reason and the response. In a narrow terminal the event is cut, and the last columns
 * continue on the next line.
 */
function formatAttempt({ entry, captureId }: AttemptLine, now: number, look: Look): string {
  const { delivery, attempt } = entry;
  const { style, legible, columns } = look;
  const time = formatMoment(attempt.at, { now, isUtc: look.isUtc });
  const outcome = padColumns(legible(outcomeOf(entry)), OUTCOME_WIDTH);
  const tries = `${attempt.attempt}/${MAX_ATTEMPTS}`;
  const id = safeLine(delivery.id);
  const room = columns - displayWidth([time, outcome, tries, '', id].join(GAP));
  const event = eventColumn(legible(safeLine(eventName(delivery.event))), room, legible('…'));
  const colour = entry.state === 'delivered' ? style.green : style.red;
  const line = [style.dim(time), colour(outcome), tries, style.bold(event), id].join(GAP);
  const note = [
    ...formatNext(entry, now, style),
    ...(captureId === null ? [] : [style.dim(captureId)]),
  ].join(GAP);
  const lines = [wrapParts([line, note], BELOW, columns)];
  if (!isDelivered(attempt.status)) {
    if (attempt.error !== null) {
      lines.push(`${BELOW}${style.red(wrapText(safeLine(attempt.error), BELOW, columns))}`);
    }
    lines.push(
      ...shownResponse(Buffer.from(attempt.responseBody ?? ''), BELOW, columns).map((text) =>
        style.dim(text),
      ),
    );
  }
  return lines.join('\n');
}

function outcomeOf({ attempt, state }: LogEntry): string {
  const mark = state === 'delivered' ? '✓' : '✗';
  if (attempt.status === null) return `${mark} no answer`;
  const duration =
    attempt.durationMs === null ? '' : formatDuration(attempt.durationMs).padStart(8);
  return `${mark} ${attempt.status}${duration}`;
}

function formatNext(
  { attempt, state, nextRetryAt }: LogEntry,
  now: number,
  style: ChalkInstance,
): string[] {
  if (state === 'failed') {
    return [style.red.bold(`FAILED for good after ${attempt.attempt} attempts`)];
  }
  if (nextRetryAt === null) return [];
  const leftMs = nextRetryAt - now;
  return [
    style.yellow(leftMs < 1000 ? 'next retry now' : `next retry in ${formatDuration(leftMs)}`),
  ];
}

/** The time, and the date where it is not today's. */
export function formatMoment(
  at: number,
  { now, isUtc }: { readonly now: number; readonly isUtc: boolean },
): string {
  const day = (ms: number): string =>
    isUtc ? new Date(ms).toISOString().slice(0, 10) : localDay(new Date(ms));
  const time = formatTime(at, isUtc);
  return day(at) === day(now) ? time : `${day(at)} ${time}`;
}

function localDay(date: Date): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** The object of a delivery, with its request and every attempt. */
export function deliveryToJson(delivery: Delivery, lines: readonly AttemptLine[]): JsonObject {
  return {
    type: 'delivery_log',
    v: 1,
    deliveryId: delivery.id,
    event: delivery.event,
    eventId: delivery.eventId,
    endpoint: delivery.endpoint,
    state: delivery.state,
    maxAttempts: MAX_ATTEMPTS,
    nextRetryAt: delivery.nextRetryAt === null ? null : toIso(delivery.nextRetryAt),
    requestHeaders: delivery.requestHeaders,
    requestBody: delivery.requestBody,
    attempts: lines.map(({ entry: { attempt, state }, captureId }) => ({
      attempt: attempt.attempt,
      at: toIso(attempt.at),
      status: attempt.status,
      durationMs: attempt.durationMs,
      error: attempt.error,
      responseBody: attempt.responseBody,
      state,
      captureId,
    })),
  };
}

/** The facts about a delivery, its attempts, its request. */
function formatDelivery(
  delivery: Delivery,
  lines: readonly AttemptLine[],
  now: number,
  look: Look,
): string {
  const { style } = look;
  const facts = [
    ['endpoint', delivery.endpoint ?? '(unknown)'],
    ['event id', delivery.eventId ?? '(none)'],
    ['state', delivery.state === 'failed' ? 'failed for good' : delivery.state],
  ] as const;
  const headers = Object.entries(delivery.requestHeaders).map(
    ([name, value]) => `  ${safeLine(name)}: ${safeLine(value)}`,
  );
  return [
    `${style.bold(safeLine(eventName(delivery.event)))}  ${safeLine(delivery.id)}`,
    ...facts.map(([name, value]) => `  ${style.dim(name.padEnd(8))}  ${safeLine(value)}`),
    '',
    ...lines.map((line) => formatAttempt(line, now, look)),
    ...(lines.length === 0 ? ['no attempt yet'] : []),
    '',
    style.dim('request'),
    ...headers,
    `  ${safeText(delivery.requestBody ?? '(the log has no request)').replaceAll('\n', '\n  ')}`,
  ].join('\n');
}

/** A warning in one line: which field of which delivery is not valid, and how it was handled. */
export function formatProblem({ delivery, path, message, effect }: WireProblem): string {
  const where = path === '' ? `delivery ${delivery}` : `delivery ${delivery}: ${path}`;
  if (effect === 'assumed') return `${where} ${message}`;
  return `${where}: ${message} (${effect === 'left_out' ? 'left out' : 'ignored'})`;
}

function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
