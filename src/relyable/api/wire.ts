import * as z from 'zod';
import { describeIssue } from '../../json/describe-issue.ts';
import { type Attempt, type Delivery, DELIVERY_STATES, impliedState } from '../delivery.ts';

/** A field of a delivery that does not fit the contract. */
export interface WireProblem {
  /** The delivery's id; without one, its position on the page (`number 3`). */
  readonly delivery: string;
  /** Path with dots, e.g. `attempts.0.delivered_at`; empty for the delivery as a whole. */
  readonly path: string;
  readonly message: string;
  /**
   * `left_out`: the delivery or attempt cannot be shown; `ignored`: only that field;
   * `assumed`: read in the way the message says.
   */
  readonly effect: 'left_out' | 'ignored' | 'assumed';
}

const NO_ZONE = 'has no time zone; read as UTC';

/** A date and time, with or without a zone; a space for the `T` and a zone without a colon are accepted. */
const TIMESTAMP =
  /^(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?([Zz]|([+-]\d\d):?(\d\d)?)?$/;

const timestampSchema = z.string().transform((text, context) => {
  const [, date, time, zone, hours, minutes = '00'] = TIMESTAMP.exec(text) ?? [];
  const offset = hours === undefined ? 'Z' : `${hours}:${minutes}`;
  const ms = Date.parse(`${date}T${time}${offset}`);
  if (Number.isNaN(ms)) {
    const got = JSON.stringify(text.slice(0, 60));
    context.addIssue({ code: 'custom', message: `expected a date and time, got ${got}` });
    return z.NEVER;
  }
  return { ms, isZoned: zone !== undefined };
});

/** Text, which some servers send as JSON values. */
const bodySchema = z
  .unknown()
  .optional()
  .transform((value) => {
    if (value === undefined || value === null) return null;
    return typeof value === 'string' ? value : JSON.stringify(value);
  });

const idSchema = z.union([z.string().min(1), z.number()]).transform(String);

const attemptSchema = z.object({
  attempt: z.int().min(1).nullish(),
  delivered_at: timestampSchema,
  response_status: z.int().nullish(),
  response_body: bodySchema,
  duration_ms: z.number().min(0).nullish(),
  error: bodySchema,
});

const deliverySchema = z.object({
  id: idSchema,
  event_id: idSchema.nullish(),
  event: z.string().nullish(),
  endpoint: z.string().nullish(),
  state: z.enum(DELIVERY_STATES).nullish(),
  request: z
    .object({ body: bodySchema, headers: z.record(z.string(), z.string()).nullish() })
    .nullish(),
  attempts: z.array(z.unknown()).nullish(),
  next_retry_at: timestampSchema.nullish(),
});

const REQUIRED = ['event', 'endpoint', 'state', 'attempts'] as const;

type Report = (path: string, message: string, effect: WireProblem['effect']) => void;

/**
 * Parses the fields that fit. An optional field that does not fit is left out and reported; a record
 * with a required field that does not fit is undefined.
 */
function parseFitting<T>(schema: z.ZodType<T>, raw: unknown, report: Report): T | undefined {
  const first = schema.safeParse(raw, { error: describeIssue });
  if (first.success) return first.data;
  const fields = new Set<PropertyKey>();
  for (const { path, message } of first.error.issues) {
    if (path[0] !== undefined) fields.add(path[0]);
    report(path.join('.'), message, 'ignored');
  }
  if (typeof raw !== 'object' || raw === null || fields.size === 0) return undefined;
  const rest = Object.entries(raw).filter(([key]) => !fields.has(key));
  const second = schema.safeParse(Object.fromEntries(rest));
  return second.success ? second.data : undefined;
}

/**
 * One delivery of the log, read leniently; undefined where it does not have an id. What does not fit
 * is added to `problems`; `place` names a delivery without an id.
 */
export function parseDelivery(
  raw: unknown,
  place: string,
  problems: WireProblem[],
): Delivery | undefined {
  const found: Array<Omit<WireProblem, 'delivery'>> = [];
  const report: Report = (path, message, effect) => found.push({ path, message, effect });
  const wire = parseFitting(deliverySchema, raw, report);
  if (wire === undefined) {
    for (const problem of found) problems.push({ delivery: place, ...problem, effect: 'left_out' });
    return undefined;
  }
  for (const field of REQUIRED) {
    const isMissing = wire[field] === undefined || wire[field] === null;
    if (isMissing && !found.some(({ path }) => path.split('.')[0] === field)) {
      report(field, 'expected a value, got none', 'ignored');
    }
  }
  const attempts = parseAttempts(wire.attempts ?? [], report);
  noteZone('next_retry_at', wire.next_retry_at, report);
  for (const problem of found) problems.push({ delivery: wire.id, ...problem });
  const nextRetryAt = wire.next_retry_at?.ms ?? null;
  return {
    id: wire.id,
    eventId: wire.event_id ?? null,
    event: wire.event ?? null,
    endpoint: wire.endpoint ?? null,
    state: wire.state ?? impliedState(attempts, nextRetryAt),
    requestBody: wire.request?.body ?? null,
    requestHeaders: wire.request?.headers ?? {},
    attempts,
    nextRetryAt,
  };
}

function parseAttempts(raw: readonly unknown[], report: Report): Attempt[] {
  const attempts: Attempt[] = [];
  for (const [index, item] of raw.entries()) {
    const place = `attempts.${index}`;
    const found: Array<[path: string, message: string]> = [];
    const wire = parseFitting(attemptSchema, item, (path, message) => found.push([path, message]));
    for (const [path, message] of found) {
      const effect = wire === undefined ? 'left_out' : 'ignored';
      report([place, path].filter(Boolean).join('.'), message, effect);
    }
    if (wire === undefined) continue;
    noteZone(`${place}.delivered_at`, wire.delivered_at, report);
    // Null fields are an attempt that has not ended; missing fields are a log that does not have them.
    const isUntold = ['response_status', 'duration_ms', 'error'].every(
      (field) => !Object.hasOwn(item as object, field),
    );
    attempts.push({
      attempt: wire.attempt ?? index + 1,
      at: wire.delivered_at.ms,
      status: wire.response_status ?? null,
      responseBody: wire.response_body,
      durationMs: wire.duration_ms ?? null,
      error: isUntold ? 'the log has no outcome' : wire.error,
    });
  }
  return attempts.sort((a, b) => a.attempt - b.attempt || a.at - b.at);
}

function noteZone(
  path: string,
  timestamp: { readonly isZoned: boolean } | null | undefined,
  report: Report,
): void {
  if (timestamp?.isZoned === false) report(path, NO_ZONE, 'assumed');
}

/** A delivery in the shape of the contract. */
export function toWireDelivery(delivery: Delivery): Record<string, unknown> {
  return {
    id: delivery.id,
    event_id: delivery.eventId,
    event: delivery.event,
    endpoint: delivery.endpoint,
    state: delivery.state,
    request: { body: delivery.requestBody ?? '', headers: delivery.requestHeaders },
    attempts: delivery.attempts.map((attempt) => ({
      attempt: attempt.attempt,
      delivered_at: toIso(attempt.at),
      response_status: attempt.status,
      response_body: attempt.responseBody,
      duration_ms: attempt.durationMs,
      error: attempt.error,
    })),
    next_retry_at: delivery.nextRetryAt === null ? null : toIso(delivery.nextRetryAt),
  };
}

function toIso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
