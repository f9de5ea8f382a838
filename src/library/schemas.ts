import { eventSchemas as zodSchemas, otherEventSchema } from '../relyable/schema.ts';
import type { EventType, PublishedEvents, UnknownEvent } from './events.ts';
import type { StandardSchema } from './standard-schema.ts';

export type { StandardSchema } from './standard-schema.ts';

/**
 * A Standard Schema (standardschema.dev) for each published event. Every field is checked; fields that
 * are not published are left as they are.
 */
export const eventSchemas: { readonly [T in EventType]: StandardSchema<PublishedEvents[T]> } =
  zodSchemas;

/** The frame that an event of any other type has. */
export const unknownEventSchema: StandardSchema<UnknownEvent> =
  otherEventSchema as unknown as StandardSchema<UnknownEvent>;
