import { expect, it } from 'vitest';
import { agentUrl, runUrl, subjectsOf } from '../../src/relyable/dashboard.ts';

it('builds the addresses of the published samples', () => {
  expect(agentUrl('agent_abc123')).toBe('https://app.relyable.ai/agents/agent_abc123');
  expect(runUrl('agent_abc123', 'run_xyz789')).toBe(
    'https://app.relyable.ai/agents/agent_abc123/runs/run_xyz789',
  );
});

it.each(['//evil.example/', '@evil.example', '../..', 'a?b#c', '\u001B]8;;x'])(
  'stays in the dashboard whatever the id is: %j',
  (id) => {
    const url = new URL(runUrl(id, id));
    expect(url.origin).toBe('https://app.relyable.ai');
    expect([url.search, url.hash]).toEqual(['', '']);
    expect(runUrl(id, id)).not.toContain('\u001B');
  },
);

it('reads agent and run of a payload, of any bytes', () => {
  const read = (text: string): unknown => subjectsOf(Buffer.from(text));
  const none = { agentId: undefined, runId: undefined };
  expect(read('{"data":{"agent_id":"a","test_run_id":"r"}}')).toEqual({ agentId: 'a', runId: 'r' });
  expect(read('{"data":{"agent_id":7,"test_run_id":""}}')).toEqual(none);
  for (const text of ['', 'null', '[]', '{"data":null}', '{"data":"x"}', 'not json']) {
    expect(read(text)).toEqual(none);
  }
});
