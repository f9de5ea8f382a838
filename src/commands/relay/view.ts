import type { ChalkInstance } from 'chalk';
import type { RelayEvent, RelayReady, RelaySource } from '../../relay/relay-events.ts';
import type { RelayStreamConfig, StreamChange, StreamFinding } from '../../relay/stream.ts';
import { roundMs } from '../../system/latency.ts';
import { formatCount, formatDuration, formatSize, formatTime } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { JsonObject, Terminal, View } from '../../terminal/terminal.ts';
import { eventName } from '../../request/event-name.ts';

/** An event of the relay: one line of NDJSON, or lines for people. */
export function relayEventView(event: RelayEvent): View {
  return {
    text: (terminal) => formatEvent(event, terminal),
    json: () => eventToJson(event),
  };
}

function eventToJson(event: RelayEvent): JsonObject {
  const { type, ...rest } = event;
  if (event.type === 'relayed') {
    const { at, isDuplicate, durationMs, ...facts } = event;
    return {
      ...facts,
      type,
      v: 1,
      at: new Date(at).toISOString(),
      duplicate: isDuplicate,
      durationMs: roundMs(durationMs),
    };
  }
  const at = event.type === 'refused' ? { at: new Date(event.at).toISOString() } : {};
  return { type, v: 1, ...rest, ...at };
}

function formatEvent(event: RelayEvent, { style, errorStyle, isUtc }: Terminal): string {
  switch (event.type) {
    case 'ready':
      return formatReady(event, errorStyle);
    case 'source':
      return formatSource(event, errorStyle);
    case 'relayed': {
      const { signature } = event;
      const verdict =
        signature === null
          ? style.dim('not verified')
          : signature.valid
            ? style.green('✓ signature')
            : style.red(`✗ signature (${signature.reason})`);
      const parts = [
        style.dim(formatTime(event.at, isUtc)),
        style.bold(safeLine(eventName(event.event))),
        verdict,
        `→ ${event.isDuplicate ? 'already stored as' : 'stored as'} ${event.seq}`,
        formatDuration(event.durationMs),
      ];
      return parts.join('  ');
    }
    case 'refused':
      return `${style.dim(formatTime(event.at, isUtc))}  ${style.red(`✗ answered ${event.status}`)}  ${safeLine(event.reason)}`;
    case 'summary':
      return errorStyle.bold(
        `${formatCount(event.relayed, 'request')} stored, ${event.duplicates} of them already in the stream, ${event.refused} refused`,
      );
  }
}

function formatReady(ready: RelayReady, style: ChalkInstance): string {
  return [
    `${style.bold('Relaying from')} ${style.cyan(ready.url)}`,
    `  publishes to  ${safeLine(ready.nats)}, stream ${ready.stream}`,
    `  verifies with  ${ready.secretSource === null ? 'nothing: every request is published' : safeLine(ready.secretSource)}`,
    `  seals with  ${ready.keyId === null ? 'nothing: the server of the stream can read requests' : `key ${ready.keyId}`}`,
    `  health and metrics at  ${ready.adminUrl}/readyz, ${ready.adminUrl}/metrics`,
  ].join('\n');
}

function formatSource({ state, gapMs, message }: RelaySource, style: ChalkInstance): string {
  if (state === 'up') return style.green(`NATS is back after ${formatDuration(gapMs ?? 0)}`);
  const why = message === null || message === '' ? '' : `: ${safeLine(message)}`;
  return style.red(
    `the connection to NATS was lost${why}; trying again, requests are answered 503`,
  );
}

/** What `relay init` found or did. */
export interface InitReport {
  readonly stream: string;
  /** `missing` under `--dry-run` alone. */
  readonly state: 'created' | 'updated' | 'found' | 'missing';
  readonly config: RelayStreamConfig;
  /** What `--update` changed, or would change. */
  readonly changes: readonly StreamChange[];
  /** What the stream stores; null if it does not exist. */
  readonly stored: { readonly messages: number; readonly bytes: number } | null;
  readonly findings: readonly StreamFinding[];
}

const STATES: Readonly<Record<InitReport['state'], string>> = {
  created: 'was created',
  updated: 'was changed',
  found: 'is there',
  missing: 'is not there; without --dry-run it would be created',
};

/** What `relay init` found or did, and what falls short. */
export function initView(report: InitReport): View {
  return {
    json: () => ({ type: 'stream', v: 1, ...report }),
    text: ({ style }) => formatReport(report, style),
  };
}

function formatReport(report: InitReport, style: ChalkInstance): string {
  const { config, stored } = report;
  const holds =
    stored === null
      ? []
      : [`  it stores ${formatCount(stored.messages, 'message')} (${formatSize(stored.bytes)})`];
  return [
    `${style.bold(`stream ${report.stream}`)} ${STATES[report.state]}`,
    `  keeps requests ${formatSetting('max_age', config.max_age)}, ${formatSetting('max_bytes', config.max_bytes)}`,
    ...holds,
    ...report.changes.map((change) => `  ${formatChange(change, report.state)}`),
    ...report.findings.map(({ level, text }) => `  ${mark(level, style)} ${safeLine(text)}`),
  ].join('\n');
}

/** Nanoseconds in a millisecond. */
const NANOS = 1_000_000;
const DAY_MS = 86_400_000;

function formatChange({ setting, from, to }: StreamChange, state: InitReport['state']): string {
  const verb = state === 'updated' ? 'changed' : '--update changes';
  return `${verb} ${setting}: ${formatSetting(setting, from)} → ${formatSetting(setting, to)}`;
}

function formatSetting(setting: StreamChange['setting'], value: StreamChange['from']): string {
  if (typeof value !== 'number') return safeLine(String(value));
  if (setting === 'max_age') return value === 0 ? 'for ever' : `for ${formatAge(value / NANOS)}`;
  if (setting === 'max_bytes') return value < 0 ? 'without a limit' : `up to ${formatSize(value)}`;
  return setting === 'duplicate_window' ? formatDuration(value / NANOS) : String(value);
}

/** `14 days`; `1h 30m` for what is not a number of days. */
function formatAge(ms: number): string {
  return ms % DAY_MS === 0 ? formatCount(ms / DAY_MS, 'day') : formatDuration(ms);
}

function mark(level: StreamFinding['level'], style: ChalkInstance): string {
  switch (level) {
    case 'ok':
      return style.green('✓');
    case 'wrong':
      return style.red('✗');
    case 'short':
      return style.yellow('!');
    case 'unknown':
      return style.dim('?');
  }
}
