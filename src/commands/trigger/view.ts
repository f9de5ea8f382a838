import { roundMs } from '../../system/latency.ts';
import { completeHeaders, type Outgoing } from '../../http/client/send.ts';
import type { Attempt, RetryWait, TriggerRequest } from './deliver.ts';
import type { LoadProgress, LoadSummary } from './load.ts';
import type { HandlerDiagnosis } from './probe.ts';
import { KEPT_RESPONSE_BYTES } from '../../request/capture.ts';
import type { EventField } from '../../relyable/event-fields.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { MAX_ATTEMPTS } from '../../relyable/retry.ts';
import {
  formatCount,
  formatDuration,
  formatNumber,
  wrapParts,
  wrapText,
} from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import { describeAnswer, OUTCOME_WIDTH, paintOutcome } from '../kit/event-line.ts';
import { shownResponse } from '../kit/shown-response.ts';
import type { JsonObject, Terminal, View } from '../../terminal/terminal.ts';

type Look = Pick<Terminal, 'style' | 'columns'>;

/** The result of sending one event. */
export interface TriggerOutcome {
  readonly request: TriggerRequest;
  readonly attempts: readonly Attempt[];
  /** Whether the last answer was the expected one. */
  readonly isDelivered: boolean;
  readonly hint: string | null;
  /** null when nothing was probed. */
  readonly diagnosis: HandlerDiagnosis | null;
}

/** One attempt, shown to people when it ends; under `--json` it is part of the outcome. */
export function attemptView(request: TriggerRequest, attempt: Attempt, isExpected: boolean): View {
  return {
    text: (terminal) => formatAttempt(request, attempt, isExpected, terminal),
    json: () => null,
  };
}

/** The wait before an attempt, for stderr. */
export function formatWait({ waitMs, next }: RetryWait): string {
  return `waiting ${formatDuration(waitMs)} for attempt ${next} (--speed instant does not wait)`;
}

/** One event with all its attempts; for people only the diagnosis, since they have seen the rest. */
export function outcomeView(outcome: TriggerOutcome): View {
  const { diagnosis } = outcome;
  return {
    text: (terminal) => (diagnosis === null ? null : formatDiagnosis(diagnosis, terminal)),
    json: () => triggerToJson(outcome),
  };
}

/** A hint for people; objects have their own. */
export function hintView(hint: string): View {
  return {
    text: ({ errorStyle, columns }) =>
      wrapText(`${errorStyle.yellow('hint:')} ${safeLine(hint)}`, '  ', columns),
    json: () => null,
  };
}

/** One event as a JSON object; without attempts where it is only printed. */
export function triggerToJson(outcome: TriggerOutcome): JsonObject {
  const { request, attempts, isDelivered, hint, diagnosis } = outcome;
  const { outgoing, payload, signature } = request;
  const body = Buffer.from(outgoing.body);
  const text = body.toString('utf8');
  const isText = Buffer.from(text, 'utf8').equals(body);
  return {
    type: 'trigger',
    v: 1,
    event: payload.event,
    to: outgoing.url.href,
    request: {
      headers: completeHeaders(outgoing),
      body: text,
      ...(isText ? {} : { bodyBase64: body.toString('base64') }),
      signature,
    },
    attempts: attempts.map((attempt) => ({
      n: attempt.n,
      at: new Date(attempt.at).toISOString(),
      offsetMs: attempt.offsetMs,
      duplicate: attempt.isDuplicate,
      status: attempt.status,
      durationMs: roundMs(attempt.durationMs),
      error: attempt.error,
      responseBody:
        attempt.status === null
          ? null
          : attempt.body.subarray(0, KEPT_RESPONSE_BYTES).toString('utf8'),
    })),
    delivered: isDelivered,
    hint,
    ...(diagnosis === null ? {} : { diagnosis }),
  };
}

/**
 * `✓ → 200   12 ms  test_run.completed  run_xyz789`, and where it went; below it, the body of an answer that
 * is not the expected one.
 */
function formatAttempt(
  { payload, outgoing }: TriggerRequest,
  attempt: Attempt,
  isExpected: boolean,
  { style, columns }: Look,
): string {
  const mark = isExpected ? style.green('✓') : style.red('✗');
  const { text } = describeAnswer(attempt.status, attempt.durationMs);
  const outcome = paintOutcome(text.padEnd(OUTCOME_WIDTH), isExpected ? 'good' : 'bad', style);
  const { subjectId } = summarisePayload({ headers: [], body: payload.body });
  const parts = [
    `${mark} ${outcome}  ${style.bold(safeLine(payload.event ?? '(no event)'))}`,
    safeLine(subjectId ?? ''),
    ...[safeLine(outgoing.url.href), attemptNote(attempt)].map((it) => style.dim(it ?? '')),
  ];
  const lines = [wrapParts(parts, '  ', columns)];
  if (!isExpected) {
    const { error } = attempt;
    if (error !== null) lines.push(`  ${style.red(wrapText(safeLine(error), '  ', columns))}`);
    lines.push(...shownResponse(attempt.body, '  ', columns).map((text) => style.dim(text)));
  }
  return lines.join('\n');
}

function attemptNote({ n, of, offsetMs, isDuplicate }: Attempt): string | null {
  if (isDuplicate) return 'the same bytes again';
  if (of < MAX_ATTEMPTS) return null;
  const when = offsetMs === 0 ? 'immediately' : `${formatDuration(offsetMs)} after the first`;
  return `attempt ${n} of ${of}, in production: ${when}`;
}

/** The result of the probes, shown below an attempt. */
function formatDiagnosis(
  { probes, to, cause, fix }: HandlerDiagnosis,
  { style, columns }: Look,
): string {
  // Each line comes after two more columns.
  const wrapped = (text: string): string => wrapText(text, '  ', columns - 2);
  const sent = formatCount(probes.length, 'further request');
  const where = to === undefined ? '' : ` to ${safeLine(to)}, the app behind the listener,`;
  const lines =
    probes.length === 0
      ? []
      : [
          style.dim(
            wrapped(
              `sent variants of the event${where} to find out why: ${sent} (--no-probe sends none)`,
            ),
          ),
        ];
  if (cause !== null) lines.push(wrapped(`${style.yellow('cause:')} ${safeLine(cause)}`));
  if (fix !== null) lines.push(wrapped(`${style.yellow('fix:')}   ${safeLine(fix)}`));
  if (cause === null) lines.push('no answer explains it');
  return lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`).join('\n');
}

/** The bytes of a request as an HTTP/1.1 message (RFC 9112). */
export function formatHttpRequest(outgoing: Outgoing): Buffer {
  const { method, url, body } = outgoing;
  const head = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    ...completeHeaders(outgoing).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

interface EventFields {
  readonly event: string;
  readonly fields: readonly EventField[];
}

/** The event types with their fields: a block or an object for each. */
export function eventListViews(events: readonly EventFields[]): View[] {
  const fields = events.flatMap((event) => event.fields);
  const width = Math.max(...fields.map(({ path }) => path.length));
  const types = Math.max(...fields.map(({ type }) => type.length));
  const formatField = ({ path, type, sample }: EventField, { style, columns }: Look): string => {
    const name = `  ${path.padEnd(width)}  ${type.padEnd(types)}`;
    return wrapParts([name, style.dim(JSON.stringify(sample))], '    ', columns);
  };
  return events.map((event, index) => ({
    text: (terminal) =>
      [
        ...(index === 0 ? [] : ['']),
        terminal.style.bold(event.event),
        ...event.fields.map((field) => formatField(field, terminal)),
      ].join('\n'),
    json: () => ({ type: 'event', v: 1, event: event.event, fields: event.fields }),
  }));
}

/** The counts of many requests. */
export function loadSummaryView(summary: LoadSummary, to: URL, expected: readonly number[]): View {
  return {
    text: (terminal) => formatLoadSummary(summary, expected, terminal),
    json: () => loadSummaryToJson(summary, to),
  };
}

function loadSummaryToJson(summary: LoadSummary, to: URL): JsonObject {
  const { endedBy, sent, asExpected, ...rest } = summary;
  return {
    type: 'summary',
    v: 1,
    to: to.href,
    sent,
    delivered: asExpected,
    failed: sent - asExpected,
    ...rest,
    endedBy,
  };
}

/** The counts as a small table. */
function formatLoadSummary(
  summary: LoadSummary,
  expected: readonly number[],
  { style, legible, columns }: Pick<Terminal, 'style' | 'legible' | 'columns'>,
): string {
  const { sent, asExpected, durationMs, perSecond, latencyMs } = summary;
  const isGood = sent > 0 && sent === asExpected;
  const head = `${isGood ? style.green('✓') : style.red('✗')} ${style.bold(formatCount(sent, 'request'))} in ${formatDuration(durationMs)}, ${formatRate(perSecond)} a second`;
  const rows: [string, number, string?][] = [
    ...Object.entries(summary.byEvent).map(([event, n]): [string, number] => [safeLine(event), n]),
    ...Object.entries(summary.statuses).map(([status, n]): [string, number, string] => [
      `→ ${status}`,
      n,
      expected.includes(Number(status)) ? '' : 'not as expected',
    ]),
    ...Object.entries(summary.errors).map(([error, n]): [string, number, string] => [
      '→ no answer',
      n,
      safeLine(error),
    ]),
  ];
  // Marks are replaced before the names are padded, because the words for them are wider.
  const names = rows.map(([name]) => legible(name));
  const width = Math.max(12, ...names.map((name) => name.length));
  const lines = rows.map(([, n, note = ''], index) =>
    `  ${(names[index] ?? '').padEnd(width)}  ${formatNumber(n).padStart(9)}  ${note}`.trimEnd(),
  );
  const { p50, p95, p99, max } = latencyMs;
  const latency =
    Object.keys(summary.statuses).length === 0
      ? []
      : [
          wrapParts(
            [
              `  ${'latency'.padEnd(width)}`,
              `p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}, p99 ${formatDuration(p99)}, worst ${formatDuration(max)}`,
            ],
            '    ',
            columns,
          ),
        ];
  return [head, ...lines, ...latency].join('\n');
}

/** `1,200 of 20,000 sent, 1,180 as expected, 15,300 a second`. */
export function formatLoadProgress(progress: LoadProgress, count: number | undefined): string {
  const { sent, asExpected, durationMs } = progress;
  const total = count === undefined ? '' : ` of ${formatNumber(count)}`;
  const perSecond = durationMs === 0 ? 0 : (sent * 1000) / durationMs;
  return `${formatNumber(sent)}${total} sent, ${formatNumber(asExpected)} as expected, ${formatRate(perSecond)} a second`;
}

function formatRate(perSecond: number): string {
  return perSecond < 100 ? String(Math.round(perSecond * 10) / 10) : formatNumber(perSecond);
}
