import scoreDropped from '../../fixtures/events/agent.score_dropped.json' with { type: 'json' };
import criticalFailure from '../../fixtures/events/test_case.critical_failure.json' with { type: 'json' };
import runCompleted from '../../fixtures/events/test_run.completed.json' with { type: 'json' };
import runFailed from '../../fixtures/events/test_run.failed.json' with { type: 'json' };
import type { EventType } from './event-type.ts';
import type { JsonObject } from '../json/json-value.ts';

/** The vendor's four sample payloads (vendor page, "Webhook Events"), parsed. */
export const SAMPLES: Readonly<Record<EventType, JsonObject>> = {
  'test_run.completed': runCompleted,
  'test_run.failed': runFailed,
  'agent.score_dropped': scoreDropped,
  'test_case.critical_failure': criticalFailure,
};
