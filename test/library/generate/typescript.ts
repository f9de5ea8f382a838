import type * as z from 'zod';
import type { EventType } from '../../../src/relyable/event-type.ts';
import { REASONS } from '../../../src/signature/verify.ts';
import { className, EVENT_TYPES, fieldsOf } from './json-schemas.ts';

/** `src/library/events.ts`: the types of the events, from the schemas of `src/relyable/schema.ts`. */
export function typescriptTypes(): string {
  return `${HEAD}
${EVENT_TYPES.map(interfaceOf).join('\n')}
/** The published events by their type. */
export interface PublishedEvents {
${EVENT_TYPES.map((event) => `  '${event}': ${className(event)}Event;`).join('\n')}
}

/** The event types that are published. */
export type EventType = keyof PublishedEvents;

/** The event of a published type. */
export type EventOf<T extends EventType> = PublishedEvents[T];

/** The mark of a text that is none of the published types. A \`switch\` cannot leave out a plain \`string\`. */
declare enum UnknownType {
  unknown = '(not published)',
}

/** An event of a type that this version does not know: it may be new. */
export interface UnknownEvent {
  /** Any text but a published type; compare it as \`event.event as string\`. */
  event: UnknownType;
  timestamp?: string;
  data?: Record<string, unknown>;
}

/** What \`constructEvent\` returns: \`event\` tells which one it is. */
export type WebhookEvent = PublishedEvents[EventType] | UnknownEvent;
`;
}

/** `src/library/reasons.ts`: the closed list of reasons, apart from the types of Node beside it. */
export function reasonTypes(): string {
  return `// Generated from src/signature/verify.ts: \`npm run schemas:update\` writes it again.

/** Why a request is genuine (\`ok\`) or not: what \`relyable webhooks verify\` prints. */
export type Reason = ${REASONS.map((reason) => `'${reason}'`).join(' | ')};
`;
}

const HEAD = `// Generated from src/relyable/schema.ts: \`npm run schemas:update\` writes it again.
`;

function interfaceOf(event: EventType): string {
  const fields = fieldsOf(event).map(
    ({ name, schema, sample }) =>
      `    /** e.g. ${JSON.stringify(sample)} */\n    ${name}: ${typeOf(schema)};\n`,
  );
  return `export interface ${className(event)}Event {
  event: '${event}';
  /** ISO 8601, e.g. "2025-01-15T10:30:00Z" */
  timestamp: string;
  data: {
${fields.join('')}  };
}
`;
}

function typeOf(schema: z.core.JSONSchema.JSONSchema): string {
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'array':
      return `${typeOf(schema.items as z.core.JSONSchema.JSONSchema)}[]`;
    default:
      throw new Error(`no TypeScript type for ${JSON.stringify(schema)}`);
  }
}
