import type { EventType } from '../../relyable/event-type.ts';
import type { Override } from '../../json/overrides.ts';
import type { TriggerPayload } from './payload.ts';

/** The field that identifies an event among those of its type. */
const SUBJECT_KEYS: Readonly<Record<EventType, string>> = {
  'test_run.completed': 'test_run_id',
  'test_run.failed': 'test_run_id',
  'agent.score_dropped': 'agent_id',
  'test_case.critical_failure': 'call_id',
};

/**
 * Creates variants of an event: the subject's id gets a suffix wherever the bytes contain it, as
 * the URLs do. If the user set the id, all variants are the same. It works on the bytes, because
 * building thousands of events a second from their fields takes too long.
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
