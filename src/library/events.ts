// Generated from src/relyable/schema.ts: `npm run schemas:update` writes it again.

export interface TestRunCompletedEvent {
  event: 'test_run.completed';
  /** ISO 8601, e.g. "2025-01-15T10:30:00Z" */
  timestamp: string;
  data: {
    /** e.g. "run_xyz789" */
    test_run_id: string;
    /** e.g. "agent_abc123" */
    agent_id: string;
    /** e.g. "Real Estate Inbound Agent" */
    agent_name: string;
    /** e.g. 73.5 */
    score: number;
    /** e.g. 68.2 */
    previous_score: number;
    /** e.g. 5 */
    total_calls: number;
    /** e.g. 15 */
    passed_test_cases: number;
    /** e.g. 5 */
    failed_test_cases: number;
    /** e.g. 420 */
    duration_seconds: number;
    /** e.g. ["scenario_buying_1","scenario_selling_1"] */
    scenarios_tested: string[];
    /** e.g. "https://app.relyable.ai/agents/agent_abc123/runs/run_xyz789" */
    view_url: string;
  };
}

export interface TestRunFailedEvent {
  event: 'test_run.failed';
  /** ISO 8601, e.g. "2025-01-15T10:30:00Z" */
  timestamp: string;
  data: {
    /** e.g. "run_xyz789" */
    test_run_id: string;
    /** e.g. "agent_abc123" */
    agent_id: string;
    /** e.g. "Phone number not reachable" */
    error: string;
    /** e.g. 2 */
    calls_completed: number;
    /** e.g. 3 */
    calls_failed: number;
  };
}

export interface AgentScoreDroppedEvent {
  event: 'agent.score_dropped';
  /** ISO 8601, e.g. "2025-01-15T10:30:00Z" */
  timestamp: string;
  data: {
    /** e.g. "agent_abc123" */
    agent_id: string;
    /** e.g. "Real Estate Inbound Agent" */
    agent_name: string;
    /** e.g. 62.5 */
    current_score: number;
    /** e.g. 78.2 */
    previous_score: number;
    /** e.g. 70 */
    threshold: number;
    /** e.g. 20.1 */
    drop_percentage: number;
    /** e.g. "last_24_hours" */
    period: string;
    /** e.g. "https://app.relyable.ai/agents/agent_abc123" */
    view_url: string;
  };
}

export interface TestCaseCriticalFailureEvent {
  event: 'test_case.critical_failure';
  /** ISO 8601, e.g. "2025-01-15T10:30:00Z" */
  timestamp: string;
  data: {
    /** e.g. "tc_emergency_routing" */
    test_case_id: string;
    /** e.g. "Agent must route emergency calls" */
    test_case_name: string;
    /** e.g. "agent_abc123" */
    agent_id: string;
    /** e.g. "call_def456" */
    call_id: string;
    /** e.g. "Agent did not transfer emergency call within 10 seconds" */
    failure_reason: string;
    /** e.g. "https://app.relyable.ai/calls/call_def456" */
    call_recording_url: string;
    /** e.g. "..." */
    transcript: string;
  };
}

/** The published events by their type. */
export interface PublishedEvents {
  'test_run.completed': TestRunCompletedEvent;
  'test_run.failed': TestRunFailedEvent;
  'agent.score_dropped': AgentScoreDroppedEvent;
  'test_case.critical_failure': TestCaseCriticalFailureEvent;
}

/** The event types that are published. */
export type EventType = keyof PublishedEvents;

/** The event of a published type. */
export type EventOf<T extends EventType> = PublishedEvents[T];

/** The mark of a text that is none of the published types. A `switch` cannot leave out a plain `string`. */
declare enum UnknownType {
  unknown = '(not published)',
}

/** An event of a type that this version does not know: it may be new. */
export interface UnknownEvent {
  /** Any text but a published type; compare it as `event.event as string`. */
  event: UnknownType;
  timestamp?: string;
  data?: Record<string, unknown>;
}

/** What `constructEvent` returns: `event` tells which one it is. */
export type WebhookEvent = PublishedEvents[EventType] | UnknownEvent;
