import * as z from 'zod';
import { eventDataSchemas } from './schema.ts';
import { EVENT_TYPES, type EventType } from './event-type.ts';
import type { JsonValue } from '../json/json-value.ts';
import { SAMPLES } from './samples.ts';

export interface EventField {
  /** e.g. `data.score`. */
  readonly path: string;
  /** `text`, `number`, `whole number`, `URL`, `list of text`. */
  readonly type: string;
  /** Its value in the published sample. */
  readonly sample: JsonValue;
}

/** What is published of each event type. */
export function listEventFields(): ReadonlyArray<{ event: EventType; fields: EventField[] }> {
  return EVENT_TYPES.map((event) => {
    const { timestamp, data } = SAMPLES[event];
    const samples = data as Readonly<Record<string, JsonValue>>;
    return {
      event,
      fields: [
        { path: 'event', type: 'text', sample: event },
        { path: 'timestamp', type: 'time (ISO 8601)', sample: timestamp ?? null },
        ...Object.entries(eventDataSchemas[event].shape).map(([key, schema]) => ({
          path: `data.${key}`,
          type: nameType(schema),
          sample: samples[key] ?? null,
        })),
      ],
    };
  });
}

function nameType(schema: z.core.$ZodType): string {
  if (schema instanceof z.ZodArray) return `list of ${nameType(schema.element)}`;
  if (schema instanceof z.ZodURL) return 'URL';
  if (schema instanceof z.ZodNumber) return schema.isInt ? 'whole number' : 'number';
  return 'text';
}
