import type { EventType } from '../../../relyable/event-type.ts';
import { serialisePayload } from '../../../relyable/payload.ts';
import type { JsonObject } from '../../../json/json-value.ts';
import { createSeededSample } from '../../../relyable/seeded-sample.ts';

/** The bytes of a test event: the sample of a seed with the current time, and `data` merged over its own. */
export function makeTestEvent(
  type: EventType,
  seed: number,
  now: number,
  data: JsonObject = {},
): Buffer {
  const sample = createSeededSample(type, seed);
  const payload = {
    ...sample,
    // Whole seconds, as in the published samples.
    timestamp: `${new Date(now).toISOString().slice(0, 19)}Z`,
    data: { ...(sample['data'] as JsonObject), ...data },
  };
  return serialisePayload(payload, 'compact');
}
