import type { ChalkInstance } from 'chalk';
import { roundMs } from '../../system/latency.ts';
import type { Capture, Forward } from '../../request/capture.ts';
import { type CaptureLine, captureToLine } from '../../request/capture-line.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { isDelivered } from '../../relyable/retry.ts';
import { formatDuration, formatSize, formatTime } from '../../terminal/format.ts';
import { safeLine, safeText } from '../../terminal/safe-text.ts';

/** How much of a body or an answer is shown, bytes; `--raw` writes all. */
const SHOWN_BODY_BYTES = 16 * 1024;
const SHOWN_RESPONSE_BYTES = 500;

export interface CaptureView {
  readonly style: ChalkInstance;
  readonly isUtc: boolean;
}

/** A capture as its line of NDJSON: that of an export, with what the store knows beside it. */
export function captureToJson(
  capture: Capture,
): CaptureLine & Pick<Capture, 'event' | 'eventId' | 'duplicateOf'> & Record<string, unknown> {
  const { event, eventId, duplicateOf } = capture;
  return { ...captureToLine(capture), event, eventId, duplicateOf };
}

/** `YYYY-MM-DD HH:MM:SS  <cap id>  <event>  <subject id>  ✓|✗ <reason>  → <status> <duration>`. */
export function formatCaptureLine(capture: Capture, view: CaptureView): string {
  const { style } = view;
  const { subjectId } = summarisePayload(capture);
  const last = capture.forwards.at(-1);
  const tries = capture.forwards.length;
  return [
    style.dim(formatMoment(capture.receivedAt, view)),
    capture.id,
    style.bold(safeLine(capture.event ?? '(no event)')),
    ...(subjectId === null ? [] : [safeLine(subjectId)]),
    formatVerdict(capture, style),
    last === undefined ? style.dim(formatUnforwarded(capture)) : formatOutcome(last, style),
    ...(tries > 1 ? [style.dim(`(${tries} tries)`)] : []),
    ...(capture.duplicateOf === null ? [] : [style.dim('repeat')]),
  ].join('  ');
}

/** The whole of a capture for people: request, verdict, what came of it. */
export function formatCapture(capture: Capture, view: CaptureView): string {
  const { style } = view;
  const { method, path, httpVersion, headers, body } = capture;
  const lines = [
    `${style.bold(capture.id)}  ${formatMoment(capture.receivedAt, view)}  ${safeLine(capture.event ?? '(no event)')}`,
    `event id   ${safeLine(capture.eventId)}`,
    ...(capture.duplicateOf === null ? [] : [`repeats    ${capture.duplicateOf}`]),
    `signature  ${formatVerdict(capture, style)}`,
    ...(capture.answered === null ? [] : [`answered   ${capture.answered}`]),
    '',
    style.bold(safeLine(`${method} ${path} HTTP/${httpVersion}`)),
    ...headers.map(([name, value]) => `${style.cyan(safeLine(name))}: ${safeLine(value)}`),
    '',
    ...shownText(body, SHOWN_BODY_BYTES),
  ];
  if (body.length > SHOWN_BODY_BYTES) {
    lines.push(style.dim(`… ${formatSize(body.length)} in all; --raw writes them`));
  }
  for (const forward of capture.forwards) lines.push('', ...formatForward(forward, view));
  return lines.join('\n');
}

/** What came of sending a capture again. */
export function formatReplay(id: string, forward: Forward, style: ChalkInstance): string {
  const note = forward.edited ? style.dim(' (changed)') : '';
  const lines = [`${formatOutcome(forward, style)}  ${id}  ${safeLine(forward.url)}${note}`];
  if (!isDelivered(forward.status)) lines.push(...failureLines(forward, style));
  return lines.join('\n');
}

export function replayToJson(
  id: string,
  forward: Forward,
): { readonly type: 'replay'; readonly v: 1; readonly [key: string]: unknown } {
  return {
    type: 'replay',
    v: 1,
    id,
    at: new Date(forward.at).toISOString(),
    url: forward.url,
    edited: forward.edited,
    status: forward.status,
    durationMs: roundMs(forward.durationMs),
    error: forward.error,
    responseBody: forward.responseBody.toString('utf8'),
  };
}

function formatForward(forward: Forward, view: CaptureView): string[] {
  const kind = `${forward.kind}${forward.edited ? ' (changed)' : ''}`;
  return [
    `${view.style.bold(kind)}  ${formatMoment(forward.at, view)}  ${safeLine(forward.url)}  ${formatOutcome(forward, view.style)}`,
    ...failureLines(forward, view.style),
  ];
}

function failureLines(forward: Forward, style: ChalkInstance): string[] {
  const lines = forward.error === null ? [] : [`  ${style.red(safeLine(forward.error))}`];
  const shown = shownText(forward.responseBody, SHOWN_RESPONSE_BYTES);
  return [...lines, ...shown.map((line) => style.dim(`  │ ${line}`))];
}

function formatUnforwarded({ answered }: Capture): string {
  return answered === null ? 'not forwarded' : `answered ${answered}`;
}

function formatVerdict({ verification }: Capture, style: ChalkInstance): string {
  return verification.valid ? style.green('✓ ok') : style.red(`✗ ${verification.reason}`);
}

function formatOutcome({ status, durationMs }: Forward, style: ChalkInstance): string {
  const duration = formatDuration(durationMs);
  if (status === null) return style.red(`→ no answer after ${duration}`);
  const colour = isDelivered(status) ? style.green : status < 400 ? style.yellow : style.red;
  return `→ ${colour(String(status))} ${duration}`;
}

function shownText(bytes: Buffer, limit: number): string[] {
  const text = bytes.subarray(0, limit).toString('utf8').trimEnd();
  return text === '' ? [] : safeText(text).split('\n');
}

/** `2026-01-31 10:00:00` in the local zone, or in UTC with a `Z`. */
function formatMoment(epochMs: number, { isUtc }: CaptureView): string {
  const date = new Date(epochMs);
  const pad = (value: number): string => String(value).padStart(2, '0');
  const day = isUtc
    ? date.toISOString().slice(0, 10)
    : `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${formatTime(epochMs, isUtc)}`;
}
