import type { ChalkInstance } from 'chalk';
import type { Delivery } from '../../relyable/delivery.ts';
import { DASHBOARD_URL } from '../../relyable/dashboard.ts';
import {
  MAX_ATTEMPTS,
  retryOffsetsMs,
  type RetryReading,
  type Speed,
} from '../../relyable/retry.ts';
import { formatCount, formatDuration } from '../../terminal/format.ts';
import { safeLine } from '../../terminal/safe-text.ts';

type JsonLine = { readonly type: string; readonly v: 1; readonly [key: string]: unknown };

export interface EmulatorReady {
  /** Base URL of its API. */
  readonly url: string;
  readonly endpoints: ReadonlyArray<{ readonly id: string; readonly url: string }>;
  readonly speed: Speed;
  readonly reading: RetryReading;
  /** null: state in memory. */
  readonly store: string | null;
  /** Deliveries of an earlier run that go on. */
  readonly resumed: number;
}

export interface EmulatorSummary {
  readonly attempts: number;
  readonly delivered: number;
  readonly failed: number;
}

export function readyToJson(ready: EmulatorReady): JsonLine {
  return { type: 'ready', v: 1, ...ready };
}

export function formatReady(ready: EmulatorReady, style: ChalkInstance): string {
  const [first] = ready.endpoints;
  const schedule = retryOffsetsMs(ready.reading)
    .map((ms) => (ms === 0 ? '0' : `+${formatDuration(ms)}`))
    .join(', ');
  const pace = ready.speed === 'instant' ? 'instant' : `${ready.speed}x`;
  return [
    `${style.bold('Emulating Relyable at')} ${style.cyan(ready.url)}`,
    ...ready.endpoints.map(({ id, url }) => `  endpoint  ${id}  ${safeLine(url)}`),
    ...(first === undefined ? ['  no endpoint yet (--endpoint <url>, or POST /webhooks)'] : []),
    `  attempts at  ${schedule} after the first, speed ${pace}`,
    `  state in  ${ready.store === null ? 'memory' : safeLine(ready.store)}`,
    ...(ready.resumed === 0
      ? []
      : [
          `  goes on with  ${formatCount(ready.resumed, 'delivery', 'deliveries')} of an earlier run`,
        ]),
    style.dim(`  watch: relyable webhooks logs tail --api-url ${ready.url}`),
    style.dim(
      `  send:  curl -X POST -H 'Authorization: Bearer any' ${ready.url}/webhooks/${first?.id ?? '<endpoint id>'}/test`,
    ),
  ].join('\n');
}

/** What Relyable's e-mail would say when a delivery is given up. */
export function noticeText(delivery: Delivery): { subject: string; text: string } {
  const last = delivery.attempts.at(-1);
  const answer =
    last?.status === null || last === undefined
      ? (last?.error ?? 'no answer')
      : `status ${last.status}`;
  return {
    subject: `Webhook delivery failed: ${delivery.event ?? 'event'}`,
    text: `${MAX_ATTEMPTS} attempts to deliver ${delivery.event ?? 'an event'} to ${delivery.endpoint ?? 'your endpoint'} failed; the last ended with ${answer}. Delivery ${delivery.id} is marked as failed. See Settings → Webhooks at ${DASHBOARD_URL}`,
  };
}

export function noticeToJson(delivery: Delivery): JsonLine {
  return {
    type: 'notice',
    v: 1,
    deliveryId: delivery.id,
    event: delivery.event,
    endpoint: delivery.endpoint,
    ...noticeText(delivery),
  };
}

export function formatNotice(delivery: Delivery, style: ChalkInstance): string {
  const { subject, text } = noticeText(delivery);
  return [
    `          ${style.red.bold('✉ Relyable would send this e-mail now')}`,
    `          ${style.bold('Subject:')} ${safeLine(subject)}`,
    `          ${safeLine(text)}`,
  ].join('\n');
}

export function summaryToJson(summary: EmulatorSummary): JsonLine {
  return { type: 'summary', v: 1, ...summary };
}

export function formatSummary({ attempts, delivered, failed }: EmulatorSummary): string {
  return `${formatCount(attempts, 'attempt')}: ${formatCount(delivered, 'delivery', 'deliveries')} done, ${failed} failed for good`;
}
