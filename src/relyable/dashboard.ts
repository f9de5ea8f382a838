import { DASHBOARD_URL } from './addresses.ts';
import { parsePayload } from './payload-summary.ts';

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

/** The payload's `data.view_url` where it is an `https:` address without credentials, else undefined. */
export function viewUrlOf(body: Buffer): string | undefined {
  const data = (parsePayload(body) as { data?: { view_url?: unknown } } | null | undefined)?.data;
  const text = data?.view_url;
  if (typeof text !== 'string' || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' && url.username === '' && url.password === ''
    ? url.href
    : undefined;
}
