import * as z from 'zod';
import { type Delivery, startOf } from '../../relyable/delivery.ts';
import { requestOf } from '../../relyable/logged-request.ts';
import { type FoundRequest, type InputItem, unreadable } from './input.ts';
import { requireShape } from './json-input.ts';

/** The parts of a delivery that are needed to rebuild its request. */
export interface LoggedDelivery extends Pick<
  Delivery,
  'id' | 'endpoint' | 'requestBody' | 'requestHeaders'
> {
  /** When the first attempt began, ms since 1970; null before the first attempt. */
  readonly startedAt: number | null;
}

/** The request of a delivery; null if the log does not have the payload. */
export function toFound(delivery: Delivery): FoundRequest | null {
  const startedAt = startOf(delivery);
  return toFoundDelivery({
    ...delivery,
    startedAt: Number.isFinite(startedAt) ? startedAt : null,
  });
}

/** The same for a delivery of which only these fields are known. */
export function toFoundDelivery(delivery: LoggedDelivery): FoundRequest | null {
  const logged = requestOf(delivery);
  if (logged === null) return null;
  const { id, startedAt } = delivery;
  return {
    kind: 'request',
    request: logged.request,
    note: null,
    deliveryId: id,
    ...(startedAt === null ? {} : { receivedAt: startedAt }),
    ...(logged.isSigned ? {} : { signatureNotRecorded: true }),
  };
}

/** The error for a delivery without a payload. */
export function payloadMissing(source: string, id: string): Error {
  const problem = 'expected its payload, but the delivery log does not have it';
  return unreadable(source, `delivery ${id}`, problem);
}

const timeSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));

/** A delivery as `logs show --json` and `logs list --json` print it. */
const lineSchema = z.object({
  deliveryId: z.string().min(1),
  endpoint: z.string().nullish(),
  requestHeaders: z.record(z.string(), z.string()).default({}),
  requestBody: z.string().nullish(),
  attempts: z.array(z.object({ at: timeSchema })).default([]),
});

/** Whether a value is a delivery of `logs`. */
export function isDeliveryLine({
  type,
  v,
  deliveryId,
}: Readonly<Record<string, unknown>>): boolean {
  return type === 'delivery_log' && v === 1 && typeof deliveryId === 'string';
}

/** The request of a delivery that `logs` printed; INPUT_UNREADABLE where a field is not as documented. */
export function readDeliveryLine(value: unknown, source: string): InputItem {
  const line = requireShape(lineSchema, value, source, '$');
  const found = toFoundDelivery({
    id: line.deliveryId,
    endpoint: line.endpoint ?? null,
    requestBody: line.requestBody ?? null,
    requestHeaders: line.requestHeaders,
    startedAt: line.attempts[0]?.at ?? null,
  });
  if (found === null) throw payloadMissing(source, line.deliveryId);
  return found;
}
