import type { ChalkInstance } from 'chalk';
import type {
  HandledRequest,
  ListenEvent,
  Ready,
  Refused,
  SecretChanged,
  LogSourceEvent,
  RelaySourceEvent,
  Summary,
} from '../../pipeline/events.ts';
import type { ReportedClient } from '../../pipeline/reported-client.ts';
import type { TunnelEvent } from '../../tunnel/public-address.ts';
import { roundMs } from '../../system/latency.ts';
import { type PrintedOptions, refusalHints } from './refusal-hints.ts';
import { type Delivery, startOf } from '../../relyable/delivery.ts';
import { entriesOf } from '../../relyable/log-entries.ts';
import { isDelivered } from '../../relyable/retry.ts';
import { formatCount, formatDuration, formatTime, wrapText } from '../../terminal/format.ts';
import { safeLine, safeText } from '../../terminal/safe-text.ts';
import { formatDeliveryHead } from './delivery-head.ts';
import { shownResponse } from '../kit/shown-response.ts';
import { deliveryToJson as loggedDeliveryToJson, formatMoment } from '../kit/attempt-view.ts';
import type { JsonObject, Terminal, View } from '../../terminal/terminal.ts';
import { eventName } from '../../request/event-name.ts';

/**
 * An event of the listener: one line of NDJSON, or lines for people, with explanations wrapped to
 * the terminal's columns. `printed` follows the commands in them.
 */
export function listenEventView(event: ListenEvent, printed: PrintedOptions): View {
  return {
    text: (terminal) => formatEvent(event, terminal, printed),
    json: () => eventToJson(event),
  };
}

function eventToJson(event: ListenEvent): JsonObject {
  if (event.type === 'delivery') return deliveryToJson(event);
  const { type, ...rest } = event;
  const at = event.type === 'refused' ? { at: new Date(event.at).toISOString() } : {};
  return { type, v: 1, ...rest, ...at };
}

function deliveryToJson(delivery: HandledRequest): JsonObject {
  const { verification, forward } = delivery;
  return {
    type: 'delivery',
    v: 1,
    id: delivery.id,
    receivedAt: new Date(delivery.receivedAt).toISOString(),
    event: delivery.event,
    eventId: delivery.readEventId(),
    duplicateOf: delivery.duplicateOf,
    signature: {
      valid: verification.valid,
      reason: verification.reason,
      reasons: verification.reasons,
      detail: verification.detail,
      hint: verification.fix,
    },
    forward:
      forward === null
        ? null
        : {
            url: forward.url,
            status: forward.status,
            durationMs: roundMs(forward.durationMs),
            error: forward.error,
          },
    answered: delivery.answered,
    source: delivery.source,
    warnings: delivery.warnings,
    client: delivery.client,
    probe: delivery.isProbe,
  };
}

function formatEvent(
  event: ListenEvent,
  terminal: Terminal,
  printed: PrintedOptions,
): string | null {
  switch (event.type) {
    case 'ready':
      return formatReady(event, terminal);
    case 'delivery':
      return formatDelivery(event, terminal, printed);
    case 'refused':
      return formatRefused(event, terminal.style, terminal.isUtc);
    case 'tunnel':
      return formatTunnel(event, terminal.errorStyle);
    case 'secret_changed':
      return formatSecretChanged(event, terminal);
    case 'source':
      return event.source === 'log'
        ? formatLogSource(event, terminal.errorStyle)
        : formatRelaySource(event, terminal.errorStyle);
    case 'set_aside':
      return terminal.errorStyle.yellow(
        `message ${event.seq} of the stream (${safeLine(event.subject)}) was skipped: ${safeLine(event.reason)}`,
      );
    case 'summary':
      return formatSummary(event, terminal.errorStyle);
  }
}

/** null if a later line says it: the number of events follows once they are read. */
function formatRelaySource(
  { state, gapMs, events, message }: RelaySourceEvent,
  style: ChalkInstance,
): string | null {
  const about = message === null || message === '' ? '' : `: ${safeLine(message)}`;
  if (state === 'down') return style.red(`reading from the relay stopped${about}; trying again`);
  if (state === 'up') {
    if (gapMs !== null) return null;
    return style.green(
      `reading from the relay${about}, ${formatCount(events ?? 0, 'event')} waiting`,
    );
  }
  const caughtUp = formatCount(events ?? 0, 'event');
  if (gapMs === null) return events === 0 ? null : style.green(`caught up with ${caughtUp}`);
  return style.green(`NATS is back after ${formatDuration(gapMs)}, caught up with ${caughtUp}`);
}

/** The indent of the lines below a delivery: the width of its time. */
const BELOW = ' '.repeat('HH:MM:SS  '.length);

function formatReady(ready: Ready, { errorStyle: style, columns }: Terminal): string {
  const target = ready.forwardTo ?? 'nowhere; answers 200 (--forward-to names your app)';
  // Without --to, `trigger` would send to the app that a config file names.
  const to = ready.forwardTo === null ? '' : ` --to ${ready.port}`;
  const stop = '  Ctrl-C stops it. Try:';
  const command = `relyable webhooks trigger test_run.completed${to}`;
  // The command stays on one line, to be copied.
  const isWide = stop.length + 1 + command.length <= columns;
  const { publicUrl, tunnel } = ready;
  const reached =
    publicUrl === null
      ? []
      : [
          `  reached at  ${style.bold.green(safeLine(publicUrl))}${tunnel === null ? '' : style.dim(` (${safeLine(tunnel)})`)}`,
          `  paste that address into Settings → Webhooks: ${DASHBOARD_COMMAND}`,
        ];
  const lines = [
    `${style.bold('Listening on')} ${style.cyan(ready.url)}`,
    ...reached,
    `  forwards to  ${safeLine(target)}`,
    ...Object.entries(ready.routes).map(
      ([event, url]) => `  forwards ${safeLine(event)} to  ${safeLine(url)}`,
    ),
    `  verifies with  ${safeLine(ready.secretSource)}`,
    `  stores captures in  ${safeLine(ready.store)}`,
    ...(ready.inspectUrl === null ? [] : [`  inspector at  ${style.cyan(ready.inspectUrl)}`]),
  ];
  return [
    ...lines.map((line) => wrapText(line, '    ', columns)),
    ...(isWide ? [`${stop} ${command}`] : [stop, `    ${command}`]).map((line) => style.dim(line)),
  ].join('\n');
}

function formatSecretChanged(
  { secretSource, previousSource }: SecretChanged,
  { errorStyle: style }: Terminal,
): string {
  const change = `verifies with another secret from here on: ${safeLine(secretSource)} (until now ${safeLine(previousSource)})`;
  return style.cyan(change);
}

/** A delivery that `--since --dry-run` names; `now` is the clock of the log, ms since 1970. */
export function missingDeliveryView(delivery: Delivery, now: number): View {
  const entries = entriesOf(delivery);
  return {
    text: ({ style, isUtc }) =>
      [
        'would forward',
        style.dim(formatMoment(startOf(delivery), { now, isUtc })),
        style.bold(safeLine(eventName(delivery.event))),
        safeLine(delivery.id),
      ].join('  '),
    json: () => ({
      ...loggedDeliveryToJson(
        delivery,
        entries.map((entry) => ({ entry, captureId: null })),
      ),
      dryRun: true,
    }),
  };
}

/** How the catch-up from the delivery log began or ended. */
function formatLogSource(event: LogSourceEvent, style: ChalkInstance): string {
  const { state, events, failed, skipped, message } = event;
  if (state === 'up') {
    return style.dim(
      `reading the delivery log for what is missing of the last ${formatDuration(event.gapMs)}`,
    );
  }
  const lines = [`${formatCount(events, 'event')} from the delivery log`];
  if (failed > 0) {
    lines.push(`${failed} failed: relyable webhooks captures replay --failed`);
  }
  if (skipped > 0) {
    lines.push(`${skipped} left out: the log does not have the payload`);
  }
  if (state === 'caught-up') return style.green(`caught up: ${lines.join('\n  ')}`);
  const why = safeText(message ?? '');
  return style.red(
    `stopped catching up: ${why}\n  ${lines.join('\n  ')}\n  continue with --since last`,
  );
}

const DASHBOARD_COMMAND = 'relyable open webhooks';

/** One line for a tunnel that is up or down; a block that cannot be missed for a changed address. */
function formatTunnel(
  { state, url, provider, message }: TunnelEvent,
  style: ChalkInstance,
): string {
  const name = provider === null ? 'the public address' : `the tunnel (${safeLine(provider)})`;
  switch (state) {
    case 'up':
      return style.green(`${name} is up: ${safeLine(url)}`);
    case 'down':
      return style.red(`${name} is down: ${safeText(message ?? '')}; opening it again`);
    case 'changed': {
      const lines = [
        'THE PUBLIC ADDRESS HAS CHANGED',
        `now  ${safeLine(url)}`,
        safeLine(message ?? ''),
        `replace the address under Settings → Webhooks: ${DASHBOARD_COMMAND}`,
      ];
      const rule = '='.repeat(Math.max(...lines.map(({ length }) => length)));
      return style.bold.red(['', rule, ...lines, rule, ''].join('\n'));
    }
  }
}

/** The line of a delivery, and below it what is wrong with it and how to replay it. */
function formatDelivery(
  delivery: HandledRequest,
  terminal: Terminal,
  printed: PrintedOptions,
): string {
  const { style, columns } = terminal;
  const { verification, forward } = delivery;
  const lines = [formatDeliveryHead(delivery, terminal)];
  // A probe is sent to be refused; the event before it has the explanation.
  if (delivery.isProbe) return lines.join('\n');
  const below = (text: string): number => lines.push(`${BELOW}${text}`);
  const wrapped = (text: string): string => wrapText(safeLine(text), BELOW, columns);
  if (delivery.source === 'relay') {
    const note = forward === null ? '' : ': this answer is not sent back';
    below(style.dim(`from the relay${note}`));
  }
  if (delivery.source === 'log') below(style.cyan('from the delivery log'));
  if (delivery.client !== null) below(style.dim(formatClient(delivery.client)));
  if (!verification.valid) {
    const reasons = verification.reasons.join(' + ');
    const proof = wrapped(`${verification.detail} (${reasons})`);
    below(proof.replace(`(${reasons})`, style.red(`(${reasons})`)));
    if (verification.fix !== null) below(wrapped(`fix: ${verification.fix}`));
  }
  if (forward !== null && !isDelivered(forward.status)) {
    if (forward.error !== null) below(style.red(wrapped(forward.error)));
    for (const line of shownResponse(forward.responseBody, BELOW, columns)) {
      lines.push(style.dim(line));
    }
    const { hints, command } = refusalHints(delivery, printed);
    for (const hint of hints) below(style.yellow(wrapped(hint)));
    if (command !== null) below(safeLine(`check: ${command}`));
    below(safeLine(`replay: relyable webhooks captures replay ${delivery.id}${printed.store}`));
  }
  for (const warning of delivery.warnings) below(style.yellow(wrapped(`! ${warning.message}`)));
  return lines.join('\n');
}

/** The sender's address, and which provider reports it. */
function formatClient({ address, reportedBy }: ReportedClient): string {
  return `from ${safeLine(address)}, as ${safeLine(reportedBy)} reports`;
}

function formatRefused(refused: Refused, style: ChalkInstance, isUtc: boolean): string {
  return `${style.dim(formatTime(refused.at, isUtc))}  ${style.red(`✗ answered ${refused.status}`)}  ${safeLine(refused.reason)}`;
}

function formatSummary(summary: Summary, style: ChalkInstance): string {
  const head = [
    formatCount(summary.received, 'request'),
    `${summary.valid} valid`,
    `${summary.invalid} invalid`,
    `${summary.forwarded} forwarded`,
    `${summary.failed} failed`,
    ...(summary.notStored === 0 ? [] : [`${summary.notStored} not stored (answered 503)`]),
  ].join(', ');
  const events = Object.entries(summary.byEvent).map(
    ([event, count]) => `  ${safeLine(event)}  ${count}`,
  );
  const { p50, p95, max } = summary.latencyMs;
  const latency =
    summary.received === 0
      ? []
      : [
          `  answered in ${formatDuration(p50)} (median), ${formatDuration(p95)} (p95), ${formatDuration(max)} (worst)`,
        ];
  return [style.bold(head), ...events, ...latency].join('\n');
}

/** The secret alone: `$(…)` would capture anything else. */
export function secretView(secret: string): View {
  return {
    isRaw: true,
    text: () => secret,
    json: () => ({ type: 'secret', v: 1, secret }),
  };
}
