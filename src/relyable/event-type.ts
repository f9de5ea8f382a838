/** The four event types Relyable publishes (vendor page, "Webhook Events"). */
export const EVENT_TYPES = [
  'test_run.completed',
  'test_run.failed',
  'agent.score_dropped',
  'test_case.critical_failure',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

export function isEventType(value: unknown): value is EventType {
  return (EVENT_TYPES as readonly unknown[]).includes(value);
}
