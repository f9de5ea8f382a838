import type { EventType } from '../../relyable/event-type.ts';
import type { Override } from '../../json/overrides.ts';
import type { TriggerPayload } from './payload.ts';

/** The id by which two events of a type are two. */
const SUBJECT_KEYS: Readonly<Record<EventType, string>> = {
  'test_run.completed': 'test_run_id',
  'test_run.failed': 'test_run_id',
  'agent.score_dropped': 'agent_id',
  'test_case.critical_failure': 'call_id',
};

/**
 * Makes many events of one: the subject's id gets a suffix, wherever it stands in the bytes (the
 * URLs hold it too). An id that the user set stays, and with it the bytes. Works on the bytes,
 * because thousands of events a second leave no time to build each from its fields.
 */
export function createVariants(
  base: TriggerPayload,
  event: EventType,
  overrides: readonly Override[],
): (suffix: string) => TriggerPayload {
  const key = SUBJECT_KEYS[event];
  const isSet = overrides.some(
    ({ path }) => path[0] === 'data' && (path.length === 1 || path[1] === key),
  );
  const { data } = base.payload as { data: Readonly<Record<string, unknown>> };
  const id = isSet ? undefined : data[key];
  if (typeof id !== 'string') return () => base;
  const text = base.body.toString('utf8');
  return (suffix) => ({ ...base, body: Buffer.from(text.replaceAll(id, `${id}_${suffix}`)) });
}
