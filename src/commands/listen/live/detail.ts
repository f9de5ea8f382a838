import type { ChalkInstance } from 'chalk';
import type { Capture, Forward } from '../../../request/capture.ts';
import type { HeaderPair } from '../../../request/request.ts';
import type { Verification } from '../../../signature/verify.ts';
import { formatDuration, formatSize, formatTime } from '../../../terminal/format.ts';
import { prettyJson } from './pretty-json.ts';
import { safeLine, safeText } from '../../../terminal/safe-text.ts';
import { eventName } from '../../../request/event-name.ts';

/** The part of a body that is shown; `captures show` prints the whole. */
const MAX_BODY_LINES = 60;
const MAX_LINE_CHARS = 1000;
const MAX_BODY_BYTES = 64 * 1024;

/** A whole delivery: the verdict with cause and fix, the request, and the answer to each forward. */
export function formatDetail(
  capture: Capture,
  verification: Verification,
  style: ChalkInstance,
  isUtc: boolean,
): string {
  const { id, event, method, path, httpVersion, headers, body, forwards } = capture;
  return [
    `${style.bold(`── ${id}`)}  ${safeLine(eventName(event))}  ${formatTime(capture.receivedAt, isUtc)}`,
    ...verdictLines(verification, style),
    style.bold('request'),
    `  ${safeLine(`${method} ${path} HTTP/${httpVersion}`)}`,
    ...headerLines(headers, style),
    ...bodyLines(body, id, style),
    ...forwards.flatMap((forward) => forwardLines(forward, id, style, isUtc)),
    style.dim('──'),
  ].join('\n');
}

function verdictLines(verification: Verification, style: ChalkInstance): string[] {
  const { valid, reasons, detail, fix } = verification;
  if (valid) return [`${style.green('✓ signature')}  ${safeLine(detail)}`];
  return [
    `${style.red('✗ signature')}  ${safeLine(detail)} (${reasons.join(' + ')})`,
    ...(fix === null ? [] : [`  fix: ${safeLine(fix)}`]),
  ];
}

function headerLines(headers: readonly HeaderPair[], style: ChalkInstance): string[] {
  return headers.map(([name, value]) => `  ${style.dim(`${safeLine(name)}:`)} ${safeLine(value)}`);
}

function bodyLines(body: Buffer, id: string, style: ChalkInstance): string[] {
  if (body.length === 0) return [`  ${style.dim('(no body)')}`];
  const lines = linesOf(body);
  const shown = lines
    .slice(0, MAX_BODY_LINES)
    .map((line) => safeText(line.slice(0, MAX_LINE_CHARS)).replaceAll('\n', String.raw`\n`));
  const isWhole =
    lines.length <= MAX_BODY_LINES && !lines.some((line) => line.length > MAX_LINE_CHARS);
  const note = `… ${formatSize(body.length)} in total: relyable webhooks captures show ${id}`;
  return ['', ...shown.map((line) => `  ${line}`), ...(isWhole ? [] : [`  ${style.dim(note)}`])];
}

function linesOf(body: Buffer): string[] {
  const text = body.toString('utf8');
  try {
    JSON.parse(text);
    return prettyJson(text, MAX_BODY_LINES + 1);
  } catch {
    return text.slice(0, MAX_BODY_BYTES).split(/\r?\n/);
  }
}

function forwardLines(
  forward: Forward,
  id: string,
  style: ChalkInstance,
  isUtc: boolean,
): string[] {
  const { kind, at, url, status, durationMs, error, responseHeaders, responseBody } = forward;
  const answer = status === null ? 'no answer' : String(status);
  return [
    `${style.bold(`${kind} → ${answer}`)}  ${formatDuration(durationMs)}  ${safeLine(url)}  ${formatTime(at, isUtc)}`,
    ...(error === null ? [] : [`  ${style.red(safeLine(error))}`]),
    ...headerLines(responseHeaders, style),
    ...(status === null ? [] : bodyLines(responseBody, id, style)),
  ];
}
