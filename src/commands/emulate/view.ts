import type { ChalkInstance } from 'chalk';
import type { Delivery } from '../../relyable/delivery.ts';
import { DASHBOARD_URL } from '../../relyable/addresses.ts';
import {
  MAX_ATTEMPTS,
  retryOffsetsMs,
  type RetryReading,
  type Speed,
} from '../../relyable/retry.ts';
import { formatCount, formatDuration, wrapText } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';
import type { View } from '../../terminal/terminal.ts';

/** The state of an emulator that has started. */
export interface EmulatorReady {
  /** Base URL of its API. */
  readonly url: string;
  readonly endpoints: ReadonlyArray<{ readonly id: string; readonly url: string }>;
  readonly speed: Speed;
  readonly reading: RetryReading;
  /** null: state in memory. */
  readonly store: string | null;
  /** Deliveries of an earlier run that continue. */
  readonly resumed: number;
}

/** What an emulator did until it was stopped. */
export interface EmulatorSummary {
  readonly attempts: number;
  readonly delivered: number;
  readonly failed: number;
}

/** Where the API is, its endpoints, the schedule, and what to type next. */
export function readyView(ready: EmulatorReady): View {
  return {
    text: ({ errorStyle, columns }) => formatReady(ready, errorStyle, columns),
    json: () => ({ type: 'ready', v: 1, ...ready }),
  };
}

function formatReady(ready: EmulatorReady, style: ChalkInstance, columns: number): string {
  const [first] = ready.endpoints;
  const schedule = retryOffsetsMs(ready.reading)
    .map((ms) => (ms === 0 ? '0' : `+${formatDuration(ms)}`))
    .join(', ');
  const pace = ready.speed === 'instant' ? 'instant' : `${ready.speed}x`;
  const resumed = formatCount(ready.resumed, 'delivery', 'deliveries');
  return [
    `${style.bold('Emulating Relyable at')} ${style.cyan(ready.url)}`,
    ...ready.endpoints.map(({ id, url }) => `  endpoint  ${id}  ${safeLine(url)}`),
    ...(first === undefined ? ['  no endpoint yet (--endpoint <url>, or POST /webhooks)'] : []),
    `  ${wrapText(`attempts at  ${schedule} after the first, speed ${pace}`, '    ', columns)}`,
    `  state in  ${ready.store === null ? 'memory' : safeLine(ready.store)}`,
    ...(ready.resumed === 0 ? [] : [`  resuming  ${resumed} of an earlier run`]),
    style.dim(`  watch: relyable webhooks logs tail --api-url ${ready.url}`),
    style.dim(formatSend(`${ready.url}/webhooks/${first?.id ?? '<endpoint id>'}/test`, columns)),
  ].join('\n');
}

/** The command, in two lines if it is wider than the terminal. */
function formatSend(url: string, columns: number): string {
  const command = "  send:  curl -X POST -H 'Authorization: Bearer any'";
  const fits = command.length + 1 + url.length <= columns;
  return fits ? `${command} ${url}` : `${command} \\\n    ${url}`;
}

const BELOW = ' '.repeat(10);

/** The e-mail that Relyable would send when a delivery is given up. */
export function noticeView(delivery: Delivery): View {
  const { subject, text } = noticeMail(delivery);
  return {
    text: ({ errorStyle: style, columns, legible }) =>
      [
        style.red.bold(legible('✉ Relyable would send this e-mail now')),
        `Subject: ${safeLine(subject)}`,
        safeLine(text),
      ]
        .map((line) => `${BELOW}${wrapText(line, BELOW, columns)}`)
        .join('\n'),
    json: () => ({
      type: 'notice',
      v: 1,
      deliveryId: delivery.id,
      event: delivery.event,
      endpoint: delivery.endpoint,
      subject,
      text,
    }),
  };
}

function noticeMail({ id, event, endpoint, attempts }: Delivery): {
  subject: string;
  text: string;
} {
  const last = attempts.at(-1);
  const outcome =
    last === undefined || last.status === null
      ? `last error: ${last?.error ?? 'no answer'}`
      : `last status: ${last.status}`;
  return {
    subject: `Webhook delivery failed: ${event ?? 'event'}`,
    text: `${MAX_ATTEMPTS} attempts to deliver ${event ?? 'an event'} to ${endpoint ?? 'your endpoint'} failed; ${outcome}. Delivery ${id} is marked as failed. See Settings → Webhooks at ${DASHBOARD_URL}`,
  };
}

/** The last line: attempts, and how deliveries ended. */
export function summaryView(summary: EmulatorSummary): View {
  const { attempts, delivered, failed } = summary;
  return {
    text: () =>
      `${formatCount(attempts, 'attempt')}: ${formatCount(delivered, 'delivery', 'deliveries')} done, ${failed} failed for good`,
    json: () => ({ type: 'summary', v: 1, ...summary }),
  };
}
