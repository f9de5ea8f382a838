import * as z from 'zod';
import { DELIVERY_STATES } from '../../../relyable/delivery.ts';
import { EVENT_TYPES } from '../../../relyable/event-type.ts';
import type { JsonValue } from '../../../json/json-value.ts';
import { refuseEndpointUrl } from './endpoints.ts';

/** The schemas of the API's requests. */
export const createEndpointSchema = z.strictObject({
  url: z.string().check((check) => {
    const refusal = refuseEndpointUrl(check.value);
    if (refusal !== undefined) {
      check.issues.push({ code: 'custom', message: refusal, input: check.value });
    }
  }),
  events: z.array(z.enum(EVENT_TYPES)).min(1).optional(),
  secret: z.string().min(1).optional(),
});

export const testEventSchema = z.strictObject({
  event: z.enum(EVENT_TYPES).optional(),
  data: z.record(z.string(), z.json() as z.ZodType<JsonValue>).optional(),
});

export const pageQuerySchema = z.object({
  page: z.coerce.number().int().min(1).default(1),
  limit: z.coerce.number().int().min(1).max(100).default(25),
});

export const listQuerySchema = pageQuerySchema.extend({
  event: z.enum(EVENT_TYPES).optional(),
  state: z.enum(DELIVERY_STATES).optional(),
  since: z.iso.datetime({ offset: true }).transform(Date.parse).optional(),
});

/** The problems of a request, in one line. */
export function describeIssues(error: z.ZodError): string {
  return error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}
