import { parsePayload } from './payload-summary.ts';

/** The dashboard; the published samples' `view_url`s are below it. */
export const DASHBOARD_URL = 'https://app.relyable.ai/';
export const DOCS_URL = 'https://help-center.relyable.ai/';

/** An agent's page, as in the `view_url` of the published `agent.score_dropped`. */
export function agentUrl(agentId: string): string {
  return `${DASHBOARD_URL}agents/${encodeURIComponent(agentId)}`;
}

/** A run's page, as in the `view_url` of the published `test_run.completed`. */
export function runUrl(agentId: string, runId: string): string {
  return `${agentUrl(agentId)}/runs/${encodeURIComponent(runId)}`;
}

/** The agent and the run that a payload names; undefined where it does not. */
export function subjectsOf(body: Buffer): {
  agentId: string | undefined;
  runId: string | undefined;
} {
  const data = (parsePayload(body) as { data?: Record<string, unknown> } | null | undefined)?.data;
  const text = (value: unknown): string | undefined =>
    typeof value === 'string' && value !== '' ? value : undefined;
  return { agentId: text(data?.['agent_id']), runId: text(data?.['test_run_id']) };
}
