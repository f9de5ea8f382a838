import * as z from 'zod';
import { describeIssue } from '../json/describe-issue.ts';
import type { EventType } from './event-type.ts';

const id = z.string().min(1);
const score = z.number();
const count = z.int().min(0);
const timestamp = z.iso.datetime({ offset: true });

/** `data` of each event: exact for the published fields, open for others. */
export const eventDataSchemas = {
  'test_run.completed': z.looseObject({
    test_run_id: id,
    agent_id: id,
    agent_name: z.string(),
    score,
    previous_score: score,
    total_calls: count,
    passed_test_cases: count,
    failed_test_cases: count,
    duration_seconds: z.number().min(0),
    scenarios_tested: z.array(z.string()),
    view_url: z.url(),
  }),
  'test_run.failed': z.looseObject({
    test_run_id: id,
    agent_id: id,
    error: z.string(),
    calls_completed: count,
    calls_failed: count,
  }),
  'agent.score_dropped': z.looseObject({
    agent_id: id,
    agent_name: z.string(),
    current_score: score,
    previous_score: score,
    threshold: score,
    drop_percentage: z.number(),
    period: z.string(),
    view_url: z.url(),
  }),
  'test_case.critical_failure': z.looseObject({
    test_case_id: id,
    test_case_name: z.string(),
    agent_id: id,
    call_id: id,
    failure_reason: z.string(),
    call_recording_url: z.url(),
    transcript: z.string(),
  }),
} as const satisfies Record<EventType, z.ZodObject>;

function eventOf<T extends EventType, D extends z.ZodObject>(
  type: T,
  data: D,
): z.ZodObject<{ event: z.ZodLiteral<T>; timestamp: typeof timestamp; data: D }, z.core.$loose> {
  return z.looseObject({ event: z.literal(type), timestamp, data });
}

/** Each published event as a whole. */
export const eventSchemas = {
  'test_run.completed': eventOf('test_run.completed', eventDataSchemas['test_run.completed']),
  'test_run.failed': eventOf('test_run.failed', eventDataSchemas['test_run.failed']),
  'agent.score_dropped': eventOf('agent.score_dropped', eventDataSchemas['agent.score_dropped']),
  'test_case.critical_failure': eventOf(
    'test_case.critical_failure',
    eventDataSchemas['test_case.critical_failure'],
  ),
} as const;

const publishedEventSchema = z.discriminatedUnion('event', [
  eventSchemas['test_run.completed'],
  eventSchemas['test_run.failed'],
  eventSchemas['agent.score_dropped'],
  eventSchemas['test_case.critical_failure'],
]);

/** Any other event type: it may be new. */
export const otherEventSchema = z.looseObject({
  event: z.string().min(1),
  timestamp: timestamp.optional(),
  data: z.looseObject({}).optional(),
});

/** A field that does not fit the schema: its path, and what was expected. */
export interface EventProblem {
  /** Path with dots, e.g. `data.score`; empty for the payload as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Whether a parsed payload fits its event type; an unknown type only needs the common frame. */
export function checkEvent(payload: unknown): readonly EventProblem[] {
  const published = publishedEventSchema.safeParse(payload, { error: describeIssue });
  if (published.success) return [];
  const isOfOtherType = published.error.issues.some((issue) => issue.code === 'invalid_union');
  const result = isOfOtherType
    ? otherEventSchema.safeParse(payload, { error: describeIssue })
    : published;
  return (result.error?.issues ?? []).map((issue) => ({
    path: issue.path.join('.'),
    message: issue.message,
  }));
}
