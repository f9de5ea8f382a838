import scoreDropped from '../../../schemas/agent.score_dropped.json?raw';
import criticalFailure from '../../../schemas/test_case.critical_failure.json?raw';
import runCompleted from '../../../schemas/test_run.completed.json?raw';
import runFailed from '../../../schemas/test_run.failed.json?raw';
import { parseOneOf } from '../../config/values.ts';
import { EXIT_SUCCESS } from '../../errors.ts';
import type { Invocation } from '../../invocation.ts';
import { EVENT_TYPES, type EventType } from '../../relyable/event-type.ts';
import type { View } from '../../terminal/terminal.ts';

/** The files of `schemas/`, which are made from the schemas that the program itself uses. */
const SCHEMAS: Readonly<Record<EventType, string>> = {
  'test_run.completed': runCompleted,
  'test_run.failed': runFailed,
  'agent.score_dropped': scoreDropped,
  'test_case.critical_failure': criticalFailure,
};

/** Prints the JSON Schema of an event. */
export async function run({ terminal, args: [name = ''] }: Invocation<unknown>): Promise<number> {
  const event = parseOneOf(EVENT_TYPES)(name, 'schema');
  terminal.show(schemaView(event));
  return EXIT_SUCCESS;
}

/** The schema as it is in its file; with `--json` as a member of an object like any other. */
function schemaView(event: EventType): View {
  const text = SCHEMAS[event];
  return {
    text: () => text.trimEnd(),
    json: () => ({ type: 'schema', v: 1, event, schema: JSON.parse(text) as object }),
  };
}
