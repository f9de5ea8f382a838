import { expect, expectTypeOf, it } from 'vitest';
import {
  eventSchemas,
  type StandardSchema,
  unknownEventSchema,
} from '../../src/library/schemas.ts';
import type { EventOf } from '../../src/library/events.ts';
import { EVENT_TYPES } from '../../src/relyable/event-type.ts';
import { SAMPLES } from '../../src/relyable/samples.ts';

it.each(EVENT_TYPES)('accepts the sample of %s, as Standard Schema has it', async (type) => {
  const { version, validate } = eventSchemas[type]['~standard'];
  expect(version).toBe(1);
  expect(await validate(SAMPLES[type])).toEqual({ value: SAMPLES[type] });
});

it('names the field that is wrong', async () => {
  const wrong = { ...SAMPLES['test_run.failed'], data: { test_run_id: 7 } };
  const { issues } = await eventSchemas['test_run.failed']['~standard'].validate(wrong);
  expect(issues?.map(({ path }) => path)).toContainEqual(['data', 'test_run_id']);
});

it('accepts the frame of an unknown event', async () => {
  const event = { event: 'agent.archived', extra: 1 };
  expect(await unknownEventSchema['~standard'].validate(event)).toEqual({ value: event });
});

it('has the types of the events', () => {
  expectTypeOf(eventSchemas['test_run.failed']).toEqualTypeOf<
    StandardSchema<EventOf<'test_run.failed'>>
  >();
});
