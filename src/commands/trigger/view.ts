import type { ChalkInstance } from 'chalk';
import { roundMs } from '../../system/latency.ts';
import { completeHeaders, type Outgoing } from '../../http/client/send.ts';
import type { Attempt, TriggerRequest } from './deliver.ts';
import type { LoadProgress, LoadSummary } from './load.ts';
import type { Finding } from './probe.ts';
import { KEPT_RESPONSE_BYTES } from '../../request/capture.ts';
import type { EventField } from '../../relyable/event-fields.ts';
import { summarisePayload } from '../../relyable/payload-summary.ts';
import { MAX_ATTEMPTS } from '../../relyable/retry.ts';
import { formatCount, formatDuration, formatNumber } from '../../terminal/format.ts';
import { safeLine, safeText } from '../../terminal/safe-text.ts';
import type { Terminal } from '../../terminal/terminal.ts';

type JsonLine = { readonly type: string; readonly v: 1; readonly [key: string]: unknown };

/** How much of an app's answer is shown under a failure, bytes. */
const SHOWN_RESPONSE_BYTES = 500;

/** What became of one event. */
export interface TriggerOutcome {
  readonly request: TriggerRequest;
  readonly attempts: readonly Attempt[];
  /** The last answer was the expected one. */
  readonly isDelivered: boolean;
  readonly hint: string | null;
  /** null when nothing was probed. */
  readonly finding: Finding | null;
}

/** One event as its JSON object; without attempts where it is only shown. */
export function triggerToJson(outcome: TriggerOutcome): JsonLine {
  const { request, attempts, isDelivered, hint, finding } = outcome;
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
    ...(finding === null ? {} : { diagnosis: finding }),
  };
}

/** `✓ test_run.completed run_xyz789 → 200 in 12 ms  http://localhost:3000/hook`, and what it said. */
export function formatAttempt(
  { payload, outgoing }: TriggerRequest,
  attempt: Attempt,
  isExpected: boolean,
  style: ChalkInstance,
): string {
  const mark = isExpected ? style.green('✓') : style.red('✗');
  const colour = isExpected ? style.green : style.red;
  const name = style.bold(safeLine(payload.event ?? '(no event)'));
  const { subjectId } = summarisePayload({ headers: [], body: payload.body });
  const subject = subjectId === null ? '' : ` ${safeLine(subjectId)}`;
  const duration = formatDuration(attempt.durationMs);
  const outcome =
    attempt.status === null
      ? style.red(`→ no answer after ${duration}`)
      : `→ ${colour(String(attempt.status))} in ${duration}`;
  const line = `${mark} ${name}${subject} ${outcome}  ${style.dim(safeLine(outgoing.url.href))}`;
  const note = attemptNote(attempt);
  const lines = [note === null ? line : `${line}  ${style.dim(note)}`];
  if (!isExpected) {
    if (attempt.error !== null) lines.push(`  ${style.red(safeLine(attempt.error))}`);
    for (const text of shownResponse(attempt.body)) lines.push(`  ${style.dim(`│ ${text}`)}`);
  }
  return lines.join('\n');
}

function attemptNote({ n, of, offsetMs, isDuplicate }: Attempt): string | null {
  if (isDuplicate) return 'the same bytes again';
  if (of < MAX_ATTEMPTS) return null;
  const when = offsetMs === 0 ? 'at once' : `${formatDuration(offsetMs)} after the first`;
  return `attempt ${n} of ${of}, in production ${when}`;
}

function shownResponse(body: Buffer): string[] {
  const text = body.subarray(0, SHOWN_RESPONSE_BYTES).toString('utf8').trimEnd();
  if (text === '') return [];
  const lines = safeText(text).split('\n');
  return body.length > SHOWN_RESPONSE_BYTES
    ? [...lines, `… ${formatCount(body.length - SHOWN_RESPONSE_BYTES, 'more byte')}`]
    : lines;
}

/** What probing found, for under an attempt. */
export function formatFinding({ probes, cause, fix }: Finding, style: ChalkInstance): string {
  const sent = formatCount(probes.length, 'further request');
  const lines = [
    style.dim(`sent the event in other ways to find out why: ${sent} (--no-probe sends none)`),
  ];
  if (cause !== null) lines.push(`${style.yellow('cause:')} ${safeLine(cause)}`);
  if (fix !== null) lines.push(`${style.yellow('fix:')}   ${safeLine(fix)}`);
  if (cause === null) lines.push('no answer came that explains it');
  return lines.map((line) => `  ${line}`).join('\n');
}

/** A request as the bytes of its HTTP/1.1 message (RFC 9112). */
export function formatHttpRequest(outgoing: Outgoing): Buffer {
  const { method, url, body } = outgoing;
  const head = [
    `${method} ${url.pathname}${url.search} HTTP/1.1`,
    ...completeHeaders(outgoing).map(([name, value]) => `${name}: ${value}`),
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`, 'latin1'), body]);
}

/** Event types with their fields, one block each. */
export function formatEventList(
  events: ReadonlyArray<{ readonly event: string; readonly fields: readonly EventField[] }>,
  style: ChalkInstance,
): string {
  const width = Math.max(...events.flatMap(({ fields }) => fields.map(({ path }) => path.length)));
  const types = Math.max(...events.flatMap(({ fields }) => fields.map(({ type }) => type.length)));
  return events
    .map(({ event, fields }) =>
      [
        style.bold(event),
        ...fields.map(
          ({ path, type, sample }) =>
            `  ${path.padEnd(width)}  ${type.padEnd(types)}  ${style.dim(JSON.stringify(sample))}`,
        ),
      ].join('\n'),
    )
    .join('\n\n');
}

/** The counts of many requests as their JSON object. */
export function loadSummaryToJson(summary: LoadSummary, to: URL): JsonLine {
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

/** The counts of many requests as a small table. */
export function formatLoadSummary(
  summary: LoadSummary,
  expected: readonly number[],
  { style, legible }: Pick<Terminal, 'style' | 'legible'>,
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
  // Made legible first: words are wider than marks.
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
          `  ${'latency'.padEnd(width)}  p50 ${formatDuration(p50)}, p95 ${formatDuration(p95)}, p99 ${formatDuration(p99)}, worst ${formatDuration(max)}`,
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
