import * as z from 'zod';
import { EVENT_TYPES, type EventType } from '../../../src/relyable/event-type.ts';
import { SAMPLES } from '../../../src/relyable/samples.ts';
import { eventSchemas } from '../../../src/relyable/schema.ts';

/** A published field: where it is, its JSON Schema and its value in the sample. */
export interface Field {
  readonly name: string;
  readonly schema: z.core.JSONSchema.JSONSchema;
  readonly sample: unknown;
}

/** The JSON Schema (2020-12) of a published event; open for fields that are not published. */
export function jsonSchemaOf(event: EventType): z.core.JSONSchema.JSONSchema {
  const schema = z.toJSONSchema(eventSchemas[event], {
    io: 'input',
    override: ({ jsonSchema }) => {
      // The format says it, and the pattern is 400 characters long.
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
    },
  });
  return { title: event, ...schema, examples: [{ ...SAMPLES[event] }] };
}

export function fieldsOf(event: EventType): readonly Field[] {
  const { data } = z.toJSONSchema(eventSchemas[event], { io: 'input' }).properties ?? {};
  const sample = SAMPLES[event]['data'] as Readonly<Record<string, unknown>>;
  const properties = (data as z.core.JSONSchema.JSONSchema).properties ?? {};
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    schema: schema as z.core.JSONSchema.JSONSchema,
    sample: sample[name],
  }));
}

/** `test_run.completed` → `TestRunCompleted`. */
export function className(event: EventType): string {
  return event.replace(/(?:^|[._])([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export { EVENT_TYPES };
